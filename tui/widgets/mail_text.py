"""A mail of the ledger as text: what is known of it in words, or a part of its bytes made safe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from desk.views import LedgerRow, RawPart
from procedure.terms import ref
from tui.actions import Context, bindings
from tui.safe import safe
from tui.words import NOTHING, moment, size

NAME = 12
"""Cells of the names on the left."""


class MailText(VerticalScroll, can_focus=True):
    """Text that scrolls by the keys of reading."""

    DEFAULT_CSS = """
    MailText {
        height: 1fr; border: round $border-blurred; padding: 0 1; scrollbar-size-vertical: 1;
        &:focus { border: round $border; }
        & Static { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.READING)]

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static("", markup=False)

    def show(self, text: Content, title: str) -> None:
        """Show a text; what is scrolled to stays."""
        heading = Content(safe(title))
        if self.border_title != heading:
            self.border_title = heading
        self.query_one(Static).update(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the keys of folds, of which there are none here."""
        return hasattr(self, f"action_{action}")

    def action_reading_up(self) -> None:
        """Scroll up."""
        self.scroll_up(animate=False)

    def action_reading_down(self) -> None:
        """Scroll down."""
        self.scroll_down(animate=False)

    def action_reading_page_up(self) -> None:
        """Scroll one page up."""
        self.scroll_page_up(animate=False)

    def action_reading_page_down(self) -> None:
        """Scroll one page down."""
        self.scroll_page_down(animate=False)

    def action_reading_first(self) -> None:
        """Go to the beginning."""
        self.scroll_home(animate=False)

    def action_reading_last(self) -> None:
        """Go to the end."""
        self.scroll_end(animate=False)


def described(mail: LedgerRow, now: datetime, zone: tzinfo | None) -> Content:
    """Return what is known of a mail: envelope, decision, every rule that had a say; its fate is in the title."""
    lines = [_line(name, value) for name, value in _facts(mail, now, zone)]
    lines += [Content(""), Content.styled("Why", "bold")]
    wide = max((len(hit.rule) for hit in mail.rules), default=0) + 2
    lines += [_line(hit.rule, hit.because, wide) for hit in mail.rules]
    if not mail.rules:
        lines.append(Content.styled("No rule had a say yet.", "$text-muted"))
    measured = (("size", size(mail.size)), ("attempts", str(mail.attempts)), ("digest", mail.digest))
    lines += [Content(""), *(_line(name, value) for name, value in measured)]
    return Content("\n").join(lines)


def _facts(mail: LedgerRow, now: datetime, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    decision = mail.decision
    logged_in = f", logged in as {mail.user}" if mail.user else ""
    yield "received", f"{moment(mail.received_at, now, zone)} from {mail.peer or NOTHING}{logged_in}"
    yield "from", mail.mail_from or "<> (nobody)"
    yield "to", ", ".join(mail.rcpt_to)
    yield "reason", mail.reason or NOTHING
    if mail.ticket_id is not None:
        yield "ticket", ref(mail.ticket_id)
    if mail.wants_ticket_id is not None:
        yield "wants", f"to join {ref(mail.wants_ticket_id)}"
    if mail.duplicate_of is not None:
        yield "same as", f"mail {mail.duplicate_of}"
    if mail.flood_of is not None:
        yield "flood", f"one of the flood of mail {mail.flood_of}"
    elif mail.folded:
        yield "flood", f"stands for {mail.folded + 1:,} mails"
    if decision is not None:
        into = f" {ref(decision.ticket_id)}" if decision.ticket_id is not None else ""
        yield "decided", f"{decision.act}{into} by {decision.by}, {moment(decision.at, now, zone)}"


def _line(name: str, value: str, wide: int = NAME) -> Content:
    shown = safe(name)
    gap = " " * max(1, wide - len(shown))
    return Content.assemble((shown, "$text-muted"), gap, safe(value))


def raw_text(part: RawPart) -> Content:
    """Return bytes as text that no terminal obeys; what is no UTF-8 shows as replaced."""
    text = part.content.decode("utf-8", "replace").replace("\r\n", "\n")
    return Content(safe(text, multiline=True))
