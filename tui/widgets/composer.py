"""Where answers and notes are written. The words are a draft in the store before they are anything else."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static, TextArea

from procedure.terms import MessageKind, Status
from tui.actions import Context, bindings
from tui.safe import safe
from tui.widgets.writing import Writing

SAVE_AFTER = 2.0
"""Seconds after the first unsaved letter until the draft is stored; typing on does not put it off."""

AFTERWARDS: dict[Status, str] = {
    Status.PENDING: "pending, the customer's turn",
    Status.SOLVED: "solved",
    Status.OPEN: "open, still our turn",
}


class Composer(Vertical):
    """A frame that says what is written, and the text. It asks its screen to send, to keep, to throw away."""

    DEFAULT_CSS = """
    Composer {
        height: 12; border: round $border-blurred; background: $surface; display: none;
        border-title-color: $text-muted; border-subtitle-color: $text-muted;
        & > .warning { height: auto; max-height: 3; color: $text-error; text-style: bold; padding: 0 1; }
        & > TextArea, & > TextArea:focus { height: 1fr; border: none; background: $surface; padding: 0 1; }
        &:focus-within { border: round $border; border-title-color: $foreground; border-title-style: bold; }
        &.-note:focus-within { border: round $text-warning; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.COMPOSER)]

    class Asked(Message):
        """The writer wants something done with the words."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    class DraftDue(Message):
        """The words should be stored now."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = MessageKind.STAFF
        self.then = Status.PENDING
        self.ticket_id: int | None = None
        self.seen_message: int | None = None
        self._about = ""
        self._warning = ""
        self._saved = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out warning and text."""
        yield Static(classes="warning", markup=False)
        yield Writing(soft_wrap=True, tab_behavior="focus")

    @property
    def is_writing(self) -> bool:
        """Tell whether the composer is open."""
        return bool(self.display)

    @property
    def text(self) -> str:
        """Return the words as they stand."""
        return self.query_one(Writing).text

    @text.setter
    def text(self, text: str) -> None:
        writing = self.query_one(Writing)
        writing.load_text(text)
        writing.move_cursor(writing.document.end)

    @property
    def is_unsaved(self) -> bool:
        """Tell whether there are words that the store does not have."""
        return self.is_writing and self.text != self._saved

    def begin(self, kind: MessageKind, ticket_id: int, about: str, draft: str, seen_message: int | None) -> None:
        """Open for an answer or a note, with the draft there was."""
        self.kind, self.ticket_id, self.seen_message = kind, ticket_id, seen_message
        draft = safe(draft, multiline=True)
        self.then, self._about, self._warning, self._saved = Status.PENDING, about, "", draft
        self.text = draft
        self.set_class(kind is MessageKind.NOTE, "-note")
        self.display = True
        self._retitle("draft restored" if draft else "")
        self.query_one(Writing).focus()

    def end(self) -> None:
        """Close; what was to be kept has been stored."""
        self._stop_timer()
        self.display = False
        self.ticket_id = None
        self.text = ""
        self._saved = ""

    def saved(self, text: str, moment: str) -> None:
        """Take note that the store has these words."""
        self._saved = text
        self._retitle(f"draft kept {moment}")

    def warn(self, sentence: str) -> None:
        """Show that the conversation went on, above the words."""
        self._warning = sentence
        self._retitle("")

    def _retitle(self, state: str) -> None:
        """Say in the border what is written to whom and what comes after, and above the text what is amiss."""
        if self.kind is MessageKind.NOTE:
            title = f"Internal note on {self._about} · the customer does not see it"
        else:
            title = f"Answer to {self._about} · then {AFTERWARDS[self.then]}"
        self.border_title = Content(safe(title))
        self.border_subtitle = Content(safe(state)) if state else None
        warning = self.query_one(".warning", Static)
        warning.update(Content(safe(self._warning)))
        warning.display = bool(self._warning)

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self.try_again()

    def _due(self) -> None:
        self._stop_timer()
        if self.is_unsaved:
            self.post_message(self.DraftDue())

    def try_again(self) -> None:
        """Ask for unsaved words to be stored in a while: there are new ones, or the store did not take them."""
        if self._timer is None and self.is_unsaved:
            self._timer = self.set_timer(SAVE_AFTER, self._due)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def action_composer_send(self) -> None:
        """Send the answer, or store the note."""
        self.post_message(self.Asked("send"))

    def action_composer_editor(self) -> None:
        """Write in one's own editor."""
        self.post_message(self.Asked("editor"))

    def action_composer_then(self) -> None:
        """Go through what the ticket can become after the answer."""
        order = list(AFTERWARDS)
        self.then = order[(order.index(self.then) + 1) % len(order)]
        self._retitle("")

    def action_composer_discard(self) -> None:
        """Throw the draft away."""
        self.post_message(self.Asked("discard"))

    def action_composer_close(self) -> None:
        """Close and keep the draft."""
        self.post_message(self.Asked("close"))
