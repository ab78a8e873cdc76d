"""One ticket to read: its conversation, or its history, drawn line by line.

The last messages are laid out first and older ones on demand; the lines of a message are kept per width, so a live
change lays out one message. A change of the ticket never moves what is being read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, tzinfo
from operator import itemgetter
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from desk.views import MessageView, TicketView
from procedure.terms import MessageKind
from tui.actions import Context, bindings
from tui.widgets.conversation_lines import PORTION, Line, Look, Spot, SpotKind, event_lines, message_lines, older_line

Mode = Literal["conversation", "history"]

QUOTABLE = 4
"""Messages before one in which the words of its quotes are looked for."""

BATCH = 30
"""Messages laid out at first, and with each request for older ones."""

STEP = 3
"""Lines per key press: scrolling repaints the whole widget, whatever the distance."""

STYLES = ("customer", "staff", "note", "dim", "late", "good", "fold", "spot", "strong")


class Conversation(ScrollView, can_focus=True):
    """A ticket's messages, oldest first, or its events (``mode``)."""

    ALLOW_SELECT = False  # a drag with shift is the terminal's own selection

    DEFAULT_CSS = """
    Conversation {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        border: round $border-blurred;
        background: $background;
        color: $foreground;
        & > .conversation--customer { color: $text-primary; text-style: bold; }
        & > .conversation--staff { color: $text-success; text-style: bold; }
        & > .conversation--note { color: $text-warning; text-style: bold; }
        & > .conversation--late { color: $text-error; text-style: bold; }
        & > .conversation--good { color: $text-success; }
        & > .conversation--dim { color: $text-muted; }
        & > .conversation--strong { text-style: bold; }
        & > .conversation--fold { color: $text-accent; }
        & > .conversation--spot { text-style: bold reverse; }
        &:focus { border: round $border; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"conversation--{name}" for name in STYLES}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.READING)]

    def __init__(self, clock: Callable[[], datetime], *, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._clock, self._zone = clock, zone
        self._ticket: TicketView | None = None
        self._mode: Mode = "conversation"
        self._laid_out: LRUCache[tuple[object, ...], tuple[Line, ...]] = LRUCache(256)
        self._lines: list[Line] = []
        self._starts: dict[int, int] = {}
        self._spots: list[tuple[int, Spot]] = []
        self._reset()

    def _reset(self) -> None:
        self._unfolded: dict[int, frozenset[int]] = {}
        self._shown: dict[int, int] = {}
        self._limit = BATCH
        self._spot: Spot | None = None
        self._is_new = True

    @property
    def ticket(self) -> TicketView | None:
        """Return the ticket that is shown."""
        return self._ticket

    @property
    def mode(self) -> Mode:
        """Return what is shown of it."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode != self._mode:
            self._mode, self._is_new, self._spot = mode, True, None
            self._rebuild()

    def show(self, ticket: TicketView | None) -> None:
        """Show a ticket; the same one again keeps the place, the folds and the mode, unchanged it paints nothing."""
        if ticket is not None and ticket == self._ticket:
            return
        before, self._ticket = self._ticket, ticket
        if before is None or ticket is None or before.id != ticket.id:
            self._reset()
            self._mode, self.border_subtitle = "conversation", None
        self._rebuild()
        # Asked after the layout: who read at the end is no longer there once something was added below.
        if before is not None and ticket is not None and before.id == ticket.id:
            new = len(ticket.messages) - len(before.messages)
            if new > 0 and not self.is_vertical_scroll_end:
                self.border_subtitle = f"{new} new below · press G"

    # Lines

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _rebuild(self) -> None:
        """Lay out anew and keep the line at the top of the view where it is."""
        if self._width <= 0:
            return
        top = self.scroll_offset.y
        starts = sorted(self._starts.items(), key=itemgetter(1))
        anchor = next((start for start in reversed(starts) if start[1] <= top), starts[0] if starts else None)
        self._lines, self._starts = [], {}
        if self._ticket is not None:
            look = Look(self._width, self._clock().replace(second=0, microsecond=0), self._zone)
            self._lay_out_history(self._ticket, look) if self._mode == "history" else self._lay_out(self._ticket, look)
        self._spots = [(number, line.spot) for number, line in enumerate(self._lines) if line.spot is not None]
        self.virtual_size = Size(self._width, len(self._lines))
        if self._is_new:
            self._is_new = False
            self._go_to(self._opening_line())
        elif anchor is not None and anchor[0] in self._starts:
            self._go_to(top + self._starts[anchor[0]] - anchor[1])
        self.refresh()

    def _opening_line(self) -> int:
        """Return where reading begins: at the newest word of a person, which an acknowledgement must not hide."""
        messages = self._ticket.messages if self._ticket and self._mode == "conversation" else ()
        machines = {message.id for message in messages if message.kind is MessageKind.SYSTEM}
        words = [line for number, line in self._starts.items() if number not in machines]
        return max(words or self._starts.values(), default=0)

    def _lay_out(self, ticket: TicketView, look: Look) -> None:
        older = len(ticket.messages) - self._limit
        if older > 0:
            self._lines.append(older_line(older))
        talk: deque[MessageView] = deque(maxlen=QUOTABLE)
        for number, message in enumerate(ticket.messages):
            if number >= older:
                self._starts[message.id] = len(self._lines)
                self._lines += self._lines_of(message, look, tuple(talk))
            if message.kind in (MessageKind.CUSTOMER, MessageKind.STAFF):
                talk.append(message)

    def _lines_of(self, message: MessageView, look: Look, talk: tuple[MessageView, ...]) -> tuple[Line, ...]:
        """Return a message as lines; ``talk`` are the last words with a customer before it, which it may quote."""
        unfolded, shown = self._unfolded.get(message.id, frozenset()), self._shown.get(message.id, PORTION)
        earlier = talk if message.kind is MessageKind.CUSTOMER else ()
        key = (message, look.width, look.now.date(), unfolded, shown, tuple(one.id for one in earlier))
        lines = self._laid_out.get(key)
        if lines is None:
            said = tuple(one.text for one in earlier)
            lines = self._laid_out[key] = message_lines(message, look, unfolded, shown, said)
        return lines

    def _lay_out_history(self, ticket: TicketView, look: Look) -> None:
        for event in ticket.events:
            self._starts[event.id] = len(self._lines)
            self._lines += event_lines(event, look)

    # Spots

    def _current_spot(self) -> Spot | None:
        """Return the marked spot if it is in view, else the first one in view."""
        top = self.scroll_offset.y
        in_view = [spot for number, spot in self._spots if top <= number < top + self.size.height]
        return self._spot if self._spot in in_view else next(iter(in_view), None)

    def _open(self, spot: Spot) -> None:
        """Open what is folded there, or fold what is open."""
        if spot.kind is SpotKind.OLDER:
            self._limit += BATCH
        elif spot.kind is SpotKind.REST:
            self._shown[spot.message_id] = self._shown.get(spot.message_id, PORTION) + PORTION
        else:
            unfolded = self._unfolded.get(spot.message_id, frozenset())
            self._unfolded[spot.message_id] = unfolded ^ {spot.number}
            self._spot = spot
        self._rebuild()

    def _to_spot(self, direction: int) -> None:
        """Mark the next or previous spot and bring it into view."""
        spots, current = self._spots, self._current_spot()
        if not spots:
            return
        top = self.scroll_offset.y
        here = next((number for number, spot in spots if spot == current), top - direction)
        ahead = [item for item in spots if (item[0] - here) * direction > 0]
        number, self._spot = (min if direction > 0 else max)(ahead, default=(here, current))
        if not top <= number < top + self.size.height:
            self._go_to(number - self.size.height // 2)
        self.refresh()

    # Keys and mouse

    def go_to_message(self, message_id: int) -> None:
        """Bring the beginning of a message to the top of the view."""
        if self._mode == "conversation" and message_id in self._starts:
            self._go_to(self._starts[message_id])

    def _go_to(self, y: int) -> None:
        self.scroll_to(y=y, animate=False, force=True)
        if self.is_vertical_scroll_end and self.border_subtitle:
            self.border_subtitle = None

    def _by(self, lines: int) -> None:
        self._go_to(self.scroll_offset.y + lines)

    def action_reading_up(self) -> None:
        """Scroll up."""
        self._by(-STEP)

    def action_reading_down(self) -> None:
        """Scroll down."""
        self._by(STEP)

    def action_reading_page_up(self) -> None:
        """Scroll one page up."""
        self._by(1 - self.size.height)

    def action_reading_page_down(self) -> None:
        """Scroll one page down."""
        self._by(self.size.height - 1)

    def action_reading_first(self) -> None:
        """Go to the beginning."""
        self._go_to(0)

    def action_reading_last(self) -> None:
        """Go to the end."""
        self._go_to(len(self._lines))

    def action_reading_next_fold(self) -> None:
        """Go to the next line that opens."""
        self._to_spot(1)

    def action_reading_previous_fold(self) -> None:
        """Go to the previous line that opens."""
        self._to_spot(-1)

    def action_reading_unfold(self) -> None:
        """Open or fold what is marked."""
        spot = self._current_spot()
        if spot is not None:
            self._open(spot)

    def action_reading_unfold_all(self) -> None:
        """Open every quote, or fold them all when all are open."""
        folds = {spot for _, spot in self._spots if spot.kind is SpotKind.FOLD}
        is_open = {s for s in folds if s.number in self._unfolded.get(s.message_id, frozenset())}
        self._unfolded = {}
        for spot in folds if is_open != folds else ():
            self._unfolded[spot.message_id] = self._unfolded.get(spot.message_id, frozenset()) | {spot.number}
        self._rebuild()

    def on_click(self, event: events.Click) -> None:
        """Open the line that was clicked, if it opens."""
        number = event.get_content_offset_capture(self).y + self.scroll_offset.y
        spot = self._lines[number].spot if 0 <= number < len(self._lines) else None
        if spot is not None:
            self._open(spot)

    # Paint

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new width."""
        self._rebuild()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Take the note of new messages away once the end is in view."""
        super().watch_scroll_y(old_value, new_value)
        if self.border_subtitle and self.is_vertical_scroll_end:
            self.border_subtitle = None

    def render_line(self, y: int) -> Strip:
        """Draw one line from what is laid out."""
        number, width = y + self.scroll_offset.y, self._width
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[number]
        is_marked = self.has_focus and line.spot is not None and line.spot == self._current_spot()
        style = self._style("spot" if is_marked else line.style)
        segments = [Segment(line.gutter, self._style("dim")), Segment(line.text, style)]
        return Strip(segments).adjust_cell_length(width, self.rich_style).simplify()

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"conversation--{name}") if name else self.rich_style
