"""Which lines of a queue are in view and which one is selected: plain numbers, no screen.

The selection is a ticket, never a place. A live queue changes under the eyes of the person who reads it; three rules
keep the line under the cursor where it is:

- an anchor (the selected ticket, or the first visible one when the cursor is out of view) keeps its screen row through
  every change; for that ``top`` may leave the list at either end, which shows as blank lines;
- a selected ticket that leaves the queue stays as a marked line until the cursor moves;
- what arrives above the view stays above it and is counted.

The blank lines and the marked line are given up at the next step of the cursor: only the person moves the list.
"""

from __future__ import annotations

from collections.abc import Sequence


class QueueWindow:
    """The ids of a queue in order, a selection, and ``height`` rows of view that begin at index ``top``."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.top = 0
        self.height = 0
        self.selected_id: int | None = None
        self.gone_id: int | None = None
        self._position: dict[int, int] = {}
        self._unseen: set[int] = set()

    @property
    def new_above(self) -> int:
        """Return how many tickets have arrived above the view and were not seen yet."""
        return len(self._unseen)

    @property
    def index(self) -> int | None:
        """Return the place of the selection in the list."""
        return None if self.selected_id is None else self._position[self.selected_id]

    def position(self, ticket_id: int) -> int | None:
        """Return a ticket's place in the list, None when it is not there."""
        return self._position.get(ticket_id)

    def row_of(self, ticket_id: int) -> int | None:
        """Return the screen row (0 is the first) of a ticket, None when it is out of view."""
        place = self._position.get(ticket_id)
        return place - self.top if place is not None and 0 <= place - self.top < self.height else None

    def id_at(self, row: int) -> int | None:
        """Return the ticket on a screen row, None on a blank one."""
        place = self.top + row
        return self.ids[place] if 0 <= row < self.height and 0 <= place < len(self.ids) else None

    def around(self, margin: int) -> list[int]:
        """Return the ids in view and ``margin`` rows before and after it."""
        return self.ids[max(0, self.top - margin) : max(0, self.top + self.height + margin)]

    def resize(self, height: int) -> None:
        """Set the number of rows in view; the selection stays in view when it was."""
        was_visible = self.height == 0 or (self.selected_id is not None and self.row_of(self.selected_id) is not None)
        self.height = max(0, height)
        if was_visible:
            self._show_selection()

    def replace(self, ids: Sequence[int]) -> None:
        """Take a new order of the same queue."""
        if not self.ids:
            return self.begin(ids)
        old_ids, old_position = self.ids, self._position
        self._adopt(list(ids))
        anchor = self._anchor(old_ids, old_position)
        if self.selected_id in self._position:
            self.gone_id = None
        else:
            self._keep_gone(old_ids, old_position)
        if anchor is not None:
            self.top = self._position[anchor] - (old_position[anchor] - self.top)
        arrived = {ticket_id for ticket_id in self.ids[: max(0, self.top)] if ticket_id not in old_position}
        self._unseen = {ticket_id for ticket_id in self._unseen if ticket_id in self._position} | arrived
        self._forget_seen()
        return None

    def begin(self, ids: Sequence[int]) -> None:
        """Take another queue or another filter: no anchor, the selection stays only if it is in the new list."""
        self._adopt(list(ids))
        self.gone_id = None
        self._unseen.clear()
        if self.selected_id not in self._position:
            self.selected_id = self.ids[0] if self.ids else None
        self.top = 0
        self._show_selection()

    def select(self, ticket_id: int) -> None:
        """Move the cursor to a ticket; unknown ids are ignored."""
        place = self._position.get(ticket_id)
        if place is None:
            return
        self.selected_id = ticket_id
        if self.gone_id is not None and self.gone_id != ticket_id:
            self._drop_gone()
        self._show_selection()

    def to_first(self) -> None:
        """Move cursor and view to the first line."""
        if self.ids:
            self.select(self.ids[0])
            self.top = 0
            self._forget_seen()

    def step(self, rows: int) -> None:
        """Move the cursor by ``rows``, stopping at both ends."""
        place = self.index
        if place is not None:
            self.select(self.ids[min(max(place + rows, 0), len(self.ids) - 1)])

    def scroll(self, rows: int) -> None:
        """Move the view and leave the cursor where it is."""
        low, high = min(0, self.top), max(self._last_top, self.top)
        self.top = min(max(self.top + rows, low), high)
        self._forget_seen()

    @property
    def _last_top(self) -> int:
        return max(0, len(self.ids) - self.height)

    def _adopt(self, ids: list[int]) -> None:
        self.ids = ids
        self._position = {ticket_id: place for place, ticket_id in enumerate(ids)}

    def _anchor(self, old_ids: list[int], old_position: dict[int, int]) -> int | None:
        """Return the ticket whose screen row is kept; called after the new order was taken."""
        selected = self.selected_id
        if selected is not None and 0 <= old_position[selected] - self.top < self.height:
            return selected
        in_view = old_ids[max(0, self.top) : max(0, self.top + self.height)]
        return next((ticket_id for ticket_id in in_view if ticket_id in self._position), None)

    def _keep_gone(self, old_ids: list[int], old_position: dict[int, int]) -> None:
        """Put the selected ticket back after its last neighbour that is still there."""
        gone = self.selected_id
        assert gone is not None
        before = range(old_position[gone] - 1, -1, -1)
        place = next((self._position[old_ids[i]] + 1 for i in before if old_ids[i] in self._position), 0)
        self._adopt([*self.ids[:place], gone, *self.ids[place:]])
        self.gone_id = gone

    def _drop_gone(self) -> None:
        assert self.gone_id is not None
        place = self._position[self.gone_id]
        self._adopt(self.ids[:place] + self.ids[place + 1 :])
        self.gone_id = None

    def _show_selection(self) -> None:
        """Bring the cursor into view, by half a page when it has left it, and the list back into its bounds."""
        place, half = self.index, max(1, self.height // 2)
        if place is not None and self.height:
            if place < self.top:
                self.top = min(self.top - half, place)
            elif place >= self.top + self.height:
                self.top = max(self.top + half, place - self.height + 1)
            self.top = min(max(self.top, 0), self._last_top)
        self._forget_seen()

    def _forget_seen(self) -> None:
        self._unseen = {ticket_id for ticket_id in self._unseen if self._position[ticket_id] < self.top}
