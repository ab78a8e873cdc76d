"""A ticket's clocks explained: what was counted, what was paused and why, what lay out of hours, and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from procedure import clock_words
from procedure.clocks import Clock
from tui.safe import safe


def described(clocks: Sequence[Clock], now: datetime, zone: tzinfo | None = None) -> Content:
    """Return the clocks as text, those that run first, then the newest."""
    order = sorted(clocks, key=lambda clock: (clock.is_running, clock.began_at), reverse=True)
    parts: list[Content] = []
    for clock in order:
        is_late = clock.is_met is False or (clock.is_running and clock.due_at is not None and clock.due_at < now)
        parts.append(Content.styled(clock_words.summary(clock, now, zone), "bold $text-error" if is_late else "bold"))
        parts += [Content(f"  {safe(line)}") for line in clock_words.lines(clock, zone)]
    return Content("\n").join(parts)


class ClockScreen(ModalScreen[None]):
    """The explanation; any way out leaves it."""

    DEFAULT_CSS = """
    ClockScreen {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 96; max-width: 98%; height: auto; max-height: 96%; border: round $border; background: $surface;
            padding: 0 1;
        }
        & VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
        & .help { color: $text-muted; height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w,question_mark", "leave", "leave"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, ref: str, text: Content) -> None:
        super().__init__()
        self._ref, self._text = ref, text

    def compose(self) -> ComposeResult:
        """Lay out the explanation."""
        with Vertical() as box:
            box.border_title = Content(f"Clocks · {safe(self._ref)}")
            with VerticalScroll(can_focus=False):
                yield Static(self._text, id="clocks", markup=False)
            yield Static(Content("+ counted · = paused · . out of hours · esc closes"), classes="help", markup=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
