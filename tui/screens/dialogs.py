"""Questions: choose one of a few, write a line or some lines, yes or no. Esc always leaves things as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from tui.actions import Context, bindings
from tui.safe import safe
from tui.widgets.writing import Writing

T = TypeVar("T")

_BOX = """
    align: center middle;
    background: $background 60%;
    & > Vertical {
        width: 66; max-width: 96%; height: auto; max-height: 90%;
        border: round $border; background: $surface; padding: 0 1;
    }
    & .question { text-style: bold; height: auto; }
    & .help { color: $text-muted; height: auto; }
    & OptionList, & OptionList:focus { height: auto; max-height: 14; border: none; background: $surface; padding: 0; }
    & OptionList { text-wrap: nowrap; text-overflow: ellipsis; }
    & Input, & Input:focus { border: none; background: $background; height: 1; padding: 0 1; }
    & TextArea, & TextArea:focus { height: 8; border: none; background: $background; padding: 0 1; }
"""


@dataclass(frozen=True)
class Choice(Generic[T]):
    """An answer that can be chosen; ``key`` picks it at once."""

    key: str
    label: str
    value: T


class Choose(ModalScreen[T | None], Generic[T]):
    """Choose one: by its key, or with the cursor and enter."""

    DEFAULT_CSS = f"Choose {{ {_BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]

    def __init__(self, question: str, choices: Sequence[Choice[T]], help_text: str = "") -> None:
        super().__init__()
        self._question, self._choices = question, list(choices)
        self._help = " · ".join([*([help_text] if help_text else []), "key or enter chooses", "esc leaves it"])

    def compose(self) -> ComposeResult:
        """Lay out the question and its answers."""
        options = [
            Option(Content.assemble((f" {safe(choice.key):>2} ", "bold $text-accent"), f" {safe(choice.label)}"))
            for choice in self._choices
        ]
        with Vertical():
            yield Static(Content(safe(self._question)), classes="question", markup=False)
            yield OptionList(*options, markup=False)
            yield Static(Content(safe(self._help)), classes="help", markup=False)

    def on_key(self, event: object) -> None:
        """Pick by key."""
        character = getattr(event, "character", None)
        for choice in self._choices:
            if character is not None and character == choice.key:
                event.stop()  # type: ignore[attr-defined]  # a key event
                self.dismiss(choice.value)
                return

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index].value)

    def action_cursor_down(self) -> None:
        """Go to the next answer."""
        self.query_one(OptionList).action_cursor_down()

    def action_cursor_up(self) -> None:
        """Go to the previous answer."""
        self.query_one(OptionList).action_cursor_up()

    def action_leave(self) -> None:
        """Leave things as they are."""
        self.dismiss(None)


class AskLine(ModalScreen[str | None]):
    """Write one line."""

    DEFAULT_CSS = f"AskLine {{ {_BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def __init__(self, question: str, value: str = "", help_text: str = "") -> None:
        super().__init__()
        self._question, self._value = question, value
        self._help = help_text or "enter takes it · esc leaves it as it is"

    def compose(self) -> ComposeResult:
        """Lay out the question and the line."""
        with Vertical():
            yield Static(Content(safe(self._question)), classes="question", markup=False)
            yield Input(safe(self._value), select_on_focus=False)
            yield Static(Content(safe(self._help)), classes="help", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """Leave things as they are."""
        self.dismiss(None)


class AskText(ModalScreen[str | None]):
    """Write some lines, such as a handover note."""

    DEFAULT_CSS = f"AskText {{ {_BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "take", priority=True),
        Binding("escape", "leave", "leave", priority=True),
    ]

    def __init__(
        self, question: str, value: str = "", help_text: str = "", keep: Callable[[str], None] = lambda text: None
    ) -> None:
        super().__init__()
        self._question, self._value, self._help, self._keep = question, value, help_text, keep

    def compose(self) -> ComposeResult:
        """Lay out the question and the text."""
        with Vertical():
            yield Static(Content(safe(self._question)), classes="question", markup=False)
            yield Writing(safe(self._value, multiline=True), soft_wrap=True, tab_behavior="focus")
            said = f"{self._help} · " if self._help else ""
            yield Static(Content(f"{safe(said)}ctrl+s takes it · esc leaves it as it is"), classes="help", markup=False)

    def action_take(self) -> None:
        """Take the text."""
        self.dismiss(self.query_one(TextArea).text)

    def action_leave(self) -> None:
        """Leave things as they are; whoever asked may keep the words for the next time."""
        self._keep(self.query_one(TextArea).text)
        self.dismiss(None)


class Confirm(ModalScreen[bool]):
    """Yes or no; no is the safe answer that enter and esc give."""

    DEFAULT_CSS = f"Confirm {{ {_BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Context.DIALOG),
        Binding("enter", "dialog_no", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical():
            yield Static(Content(safe(self._question)), classes="question", markup=False)
            yield Static(Content("y does it · n, esc or enter leaves it as it is"), classes="help", markup=False)

    def action_dialog_yes(self) -> None:
        """Do it."""
        self.dismiss(True)

    def action_dialog_no(self) -> None:
        """Leave things as they are."""
        self.dismiss(False)
