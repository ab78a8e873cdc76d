"""A list of tickets drawn line by line: cursor, keys, mouse and paint, without a word about where rows come from.

It is no ``ScrollView``: Textual's scrolling keeps a list inside its bounds and lays the screen out anew whenever its
length changes, while a line that keeps its place needs ``top`` outside the bounds at times (``queue_window``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from desk.views import QueueRow
from procedure.terms import ref
from tui.actions import Context, bindings
from tui.safe import safe
from tui.widgets.queue_columns import Piece, header, line, placeholder
from tui.widgets.queue_rows import QueueRows, Row
from tui.widgets.queue_window import QueueWindow

STYLES = ("late", "ours", "dim", "good", "cursor", "header")

WHEEL_ROWS = 3


class QueueView(Widget, can_focus=True):
    """A header line and the rows of a ``QueueWindow`` under it."""

    ALLOW_SELECT = False  # a drag with shift is the terminal's own selection

    DEFAULT_CSS = """
    QueueView {
        height: 1fr;
        border: round $border-blurred;
        background: $background;
        color: $foreground;
        & > .queue--header { color: $text-muted; text-style: bold; }
        & > .queue--late { color: $text-error; text-style: bold; }
        & > .queue--ours { color: $text-accent; }
        & > .queue--good { color: $text-success; }
        & > .queue--dim { color: $text-muted; }
        & > .queue--cursor {
            color: $block-cursor-blurred-foreground; background: $block-cursor-blurred-background; text-style: bold;
        }
        &:focus { border: round $border; }
        &:focus > .queue--cursor {
            color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
        }
        &:ansi > .queue--cursor { text-style: bold reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"queue--{name}" for name in STYLES}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.LIST)]

    class Highlighted(Message):
        """The cursor is on another ticket (None: the list is empty)."""

        def __init__(self, sender: QueueView, ticket_id: int | None) -> None:
            super().__init__()
            self.sender = sender
            self.ticket_id = ticket_id

        @property
        def control(self) -> QueueView:
            """Return the list, for ``@on`` selectors."""
            return self.sender

    class Opened(Message):
        """Somebody wants to see the ticket."""

        def __init__(self, sender: QueueView, ticket_id: int) -> None:
            super().__init__()
            self.sender = sender
            self.ticket_id = ticket_id

        @property
        def control(self) -> QueueView:
            """Return the list, for ``@on`` selectors."""
            return self.sender

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        empty_text: str = "No ticket here.",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.window = QueueWindow()
        self._rows = QueueRows()
        self._clock, self._empty_text = clock, empty_text
        self._now = self._minute()
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(128)
        self._announced: int | None = None

    def _minute(self) -> datetime:
        """Return the clock's minute: ages are told in minutes, and lines are kept as long as they read the same."""
        return self._clock().replace(second=0, microsecond=0)

    @property
    def selected_id(self) -> int | None:
        """Return the ticket under the cursor."""
        return self.window.selected_id

    @property
    def selected_row(self) -> QueueRow | None:
        """Return the selected ticket's row, None while it is not here."""
        row = self._in_hand()
        return row if isinstance(row, QueueRow) else None

    def _in_hand(self) -> Row | None:
        return None if self.selected_id is None else self._rows.get(self.selected_id)

    @property
    def new_above(self) -> int:
        """Return how many new tickets wait above the view."""
        return self.window.new_above

    @property
    def empty_text(self) -> str:
        """Return what an empty list says: why it is empty and what to do."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, text: str) -> None:
        self._empty_text = text
        if not self.window.ids:
            self.refresh()

    def select(self, ticket_id: int) -> None:
        """Move the cursor to a ticket of the list."""
        self._with_cursor(lambda: self.window.select(ticket_id))

    def _view_changed(self) -> None:
        """Follow a change of the whole list or of the view."""
        count = self.window.new_above
        subtitle = f"{count} new above · press g" if count else None
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle
        self._announce()
        self.refresh(self.content_size.region)

    def _announce(self) -> None:
        if self.selected_id != self._announced:
            self._announced = self.selected_id
            self.post_message(self.Highlighted(self, self.selected_id))

    def _with_cursor(self, change: Callable[[], None]) -> None:
        """Carry out a change of the cursor and repaint its two lines, or all when the view has moved."""
        window = self.window
        before, top, length = window.selected_id, window.top, len(window.ids)
        change()
        if (window.top, len(window.ids)) != (top, length):
            self._view_changed()
        elif window.selected_id != before:
            self._refresh_tickets(before, window.selected_id)
            self._announce()

    # Keys and mouse

    def _step(self, rows: int) -> None:
        self._with_cursor(lambda: self.window.step(rows))

    def action_list_up(self) -> None:
        """Go one line up."""
        self._step(-1)

    def action_list_down(self) -> None:
        """Go one line down."""
        self._step(1)

    def action_list_page_up(self) -> None:
        """Go one page up."""
        self._step(-max(1, self.window.height - 1))

    def action_list_page_down(self) -> None:
        """Go one page down."""
        self._step(max(1, self.window.height - 1))

    def action_list_first(self) -> None:
        """Go to the first line."""
        self._with_cursor(self.window.to_first)

    def action_list_last(self) -> None:
        """Go to the last line."""
        self._step(len(self.window.ids))

    def action_list_open(self) -> None:
        """Open the selected ticket."""
        if self.selected_id is not None:
            self.post_message(self.Opened(self, self.selected_id))

    def on_click(self, event: events.Click) -> None:
        """Select the ticket; a second click opens it."""
        ticket_id = self.window.id_at(event.get_content_offset_capture(self).y - 1)
        if ticket_id is not None:
            self.select(ticket_id)
            if event.chain == 2:
                self.action_list_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the view, not the cursor."""
        self._wheel(event, WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the view, not the cursor."""
        self._wheel(event, -WHEEL_ROWS)

    def _wheel(self, event: events.MouseEvent, rows: int) -> None:
        event.stop()
        event.prevent_default()
        top = self.window.top
        self.window.scroll(rows)
        if self.window.top != top:
            self._view_changed()

    # Paint

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in view."""
        self.window.resize(self.content_size.height - 1)
        self._view_changed()

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        self._strips.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw one line from what is in memory."""
        width = self.content_size.width
        if y == 0:
            return self._strip([(self._header(width), "header")], width, False)
        ticket_id = self.window.id_at(y - 1)
        if ticket_id is not None:
            return self._ticket_strip(ticket_id, width)
        if not self.window.ids:
            said = safe(self._empty_text, multiline=True, width=max(0, width - 4)).split("\n")
            if 0 <= y - 2 < len(said):
                return self._strip([("    " + said[y - 2], "dim")], width, False)
        return Strip.blank(width, self.rich_style)

    def _ticket_strip(self, ticket_id: int, width: int) -> Strip:
        row = self._rows.get(ticket_id)
        is_selected = ticket_id == self.selected_id
        # The row itself is in the key and not its version alone: a claim or a draft may change without the ticket.
        known = row if row is not None else (ticket_id, self._rows.is_absent(ticket_id))
        key = (known, width, is_selected, ticket_id == self.window.gone_id, self.has_focus, self._now)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._strip(self._pieces(ticket_id, width, self._now), width, is_selected)
        return strip

    def _pieces(self, ticket_id: int, width: int, now: datetime) -> list[Piece]:
        """Return what the line of a ticket says."""
        row, is_selected = self._rows.get(ticket_id), ticket_id == self.selected_id
        if row is None:
            word = "no longer here" if self._rows.is_absent(ticket_id) else "…"
            return placeholder(self._called(ticket_id), width, is_selected, word)
        return self._line(row, now, width, is_selected, ticket_id == self.window.gone_id)

    def _header(self, width: int) -> str:
        return header(width)

    def _called(self, row_id: int) -> str:
        return ref(row_id)

    def _line(self, row: Row, now: datetime, width: int, is_selected: bool, is_gone: bool) -> list[Piece]:
        assert isinstance(row, QueueRow)
        return line(row, now, width, is_selected, is_gone)

    def _strip(self, pieces: list[Piece], width: int, is_cursor: bool) -> Strip:
        """Return the pieces in their styles; on the cursor's line its own style goes over all of them."""
        base = self.rich_style
        over = self._style("cursor") if is_cursor else Style.null()
        segments = [Segment(text, (self._style(style) if style else base) + over) for text, style in pieces]
        # Joined where the style is the same: each change of style costs some 40 bytes on the wire.
        return Strip(segments).adjust_cell_length(width, base + over).simplify()

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"queue--{name}")

    def _refresh_tickets(self, *ids: int | None) -> None:
        """Repaint the lines of tickets that are in view."""
        for ticket_id in ids:
            row = None if ticket_id is None else self.window.row_of(ticket_id)
            if row is not None:
                self.refresh(Region(0, row + 1, self.content_size.width, 1))
