"""``?``: the keys of the place one is in, made from the bindings that are live at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.actions import BY_ID, Action, Context, key_word
from tui.safe import safe
from tui.widgets.hints import Live

HelpRow = tuple[str, str, str]
"""Keys, label, help."""


def live_rows(live: Sequence[Live]) -> list[HelpRow]:
    """Return the help of live keys, all keys of an action in one line."""
    keys: dict[str, list[str]] = {}
    for key, action in live:
        words = keys.setdefault(action.id, [])
        word = key_word(key)
        if word not in words:
            words.append(word)
    shown = sorted((BY_ID[action_id] for action_id in BY_ID if action_id in keys), key=_rank)
    return [(" ".join(keys[action.id]), action.label, action.help) for action in shown]


def _rank(action: Action) -> int:
    """Return where an action stands: what is done here first, then moving about, then what is the same everywhere."""
    if Context.GLOBAL in action.contexts:
        return 2
    return 1 if {Context.LIST, Context.READING}.intersection(action.contexts) else 0


def matching(rows: Sequence[HelpRow], text: str) -> list[HelpRow]:
    """Return the rows that hold every word of ``text``."""
    words = text.lower().split()
    return [row for row in rows if all(word in " ".join(row).lower() for word in words)]


def table(rows: Sequence[HelpRow]) -> Content:
    """Return the rows as aligned text."""
    if not rows:
        return Content("No key does that here. esc closes this help.")
    wide = max(cell_len(keys) for keys, _, _ in rows)
    lines: list[Content] = []
    for keys, _, help_text in rows:
        pad = " " * (wide - cell_len(keys))
        lines.append(Content.assemble((keys, "bold $text-accent"), f"{pad}  {help_text}"))
    return Content("\n").join(lines)


class Help(ModalScreen[None]):
    """The keys of a place; typing narrows them down."""

    DEFAULT_CSS = """
    Help {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 76; max-width: 98%; height: auto; max-height: 96%; border: round $border; background: $surface;
            padding: 0 1;
        }
        & VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
        & Input, & Input:focus { border: none; background: $background; height: 1; padding: 0 1; }
        & .fact { height: auto; margin-bottom: 1; }
        & .help { color: $text-muted; height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "leave", "leave", priority=True),
        Binding("down", "scroll_down", show=False, priority=True),
        Binding("up", "scroll_up", show=False, priority=True),
        Binding("pagedown", "page_down", show=False, priority=True),
        Binding("pageup", "page_up", show=False, priority=True),
    ]

    def __init__(self, place: str, rows: Sequence[HelpRow], facts: Sequence[str] = ()) -> None:
        super().__init__()
        self._place, self._rows, self._facts = place, list(rows), facts

    def compose(self) -> ComposeResult:
        """Lay out the filter and the keys."""
        with Vertical() as box:
            box.border_title = Content(f"Keys · {safe(self._place)}")
            yield Input(placeholder="type to search the keys", select_on_focus=False)
            with VerticalScroll(can_focus=False):
                for fact in self._facts:
                    yield Static(Content(safe(fact)), classes="fact", markup=False)
                yield Static(table(self._rows), id="keys", markup=False)
            yield Static(Content("shift and drag copies text · esc closes"), classes="help", markup=False)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self.query_one("#keys", Static).update(table(matching(self._rows, event.value)))

    def action_scroll_down(self) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_page_down(self) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_page_up(animate=False)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
