"""The live list of a queue: any number of tickets, and it never moves under the cursor.

Ids are in memory, rows are fetched for the lines in view and a margin. A changed row repaints one line (some 500 bytes
on the wire); changes of the store are painted at most four times a second, and not at all while the screen is hidden.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

from textual.message import Message

from tui.widgets.queue_rows import Row
from tui.widgets.queue_view import QueueView

Fetch = Callable[[list[int]], Awaitable[Mapping[int, Row]]]

MARGIN = 60
"""Rows fetched before and after the view."""

PAINT_EVERY = 0.25
"""Seconds between two paints of changes that nobody asked for."""

HIDDEN_EVERY = 1.0
"""Seconds until a hidden list looks whether it may paint again."""


class QueueList(QueueView):
    """A queue with a cursor. The selection is a ticket id; ``fetch`` gives the rows of ids, without those it lacks."""

    class FetchFailed(Message):
        """The rows could not be had; what is shown stays. ``catch_up`` asks again."""

        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

    def __init__(
        self,
        fetch: Fetch,
        clock: Callable[[], datetime],
        *,
        empty_text: str = "No ticket here.",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(clock, empty_text=empty_text, name=name, id=id, classes=classes)
        self._fetch = fetch
        self._pending_ids: Sequence[int] | None = None
        self._pending_rows: set[int] = set()
        self._is_cooling = False
        self._is_loading = False

    def set_ids(self, ids: Sequence[int], *, fresh: bool = False) -> None:
        """Take the queue's ids in their order. ``fresh``: another queue or filter, shown at once and from its top."""
        if fresh or not self.window.ids:
            self._pending_ids = None
            self.window.begin(ids)
            self._view_changed()
        else:
            self._pending_ids = ids
            self._paint_soon()

    def invalidate(self, ids: Iterable[int]) -> None:
        """Say that rows have changed in the store; those in view or near it are fetched again."""
        self._pending_rows.update(ids)
        self._paint_soon()

    def apply_rows(self, rows: Mapping[int, Row]) -> None:
        """Take rows and repaint the lines that differ."""
        self._refresh_tickets(*self._rows.put(rows))

    def catch_up(self) -> None:
        """Paint what has changed meanwhile and fetch what is missing; for a screen that is shown again."""
        self.count_minutes()
        if not self._is_cooling:
            self._flush()
        self._load()

    def on_mount(self) -> None:
        """Begin to count minutes, and show what came before the screen did."""
        self.set_interval(60, self.count_minutes)
        self._paint_soon()

    def count_minutes(self) -> None:
        """Ask the clock and repaint the lines that read differently now."""
        before, self._now = self._now, self._minute()
        width, window = self.content_size.width, self.window
        for ticket_id in window.around(0):
            if self._pieces(ticket_id, width, before) != self._pieces(ticket_id, width, self._now):
                self._refresh_tickets(ticket_id)

    def _view_changed(self) -> None:
        super()._view_changed()
        self._load()

    def _paint_soon(self) -> None:
        if not self._is_cooling and self.is_mounted:
            self._flush()

    def _flush(self) -> None:
        """Paint what is pending and begin the pause until the next paint; look again later while hidden."""
        if not self._pending_rows and self._pending_ids is None:
            return
        is_shown = self._is_shown()
        if is_shown:
            self._take_pending()
        self._is_cooling = True
        self.set_timer(PAINT_EVERY if is_shown else HIDDEN_EVERY, self._cooled)

    def _is_shown(self) -> bool:
        """Tell whether the list's screen can be seen: on top, or under dialogs that let it shine through.

        Not ``Screen.is_current``: that is also true under a screen that covers everything.
        """
        for screen in reversed(self.app.screen_stack):
            if screen is self.screen:
                return True
            if screen.styles.background.a == 1:
                return False
        return False

    def _cooled(self) -> None:
        self._is_cooling = False
        self._flush()

    def _take_pending(self) -> None:
        self._now = self._minute()
        self._rows.invalidate(self._pending_rows)
        self._pending_rows.clear()
        ids, self._pending_ids = self._pending_ids, None
        if ids is not None and ids != self.window.ids:
            self.window.replace(ids)
            self._view_changed()
        self._load()

    def _missing(self) -> list[int]:
        return self._rows.missing(self.window.around(MARGIN))

    def _load(self) -> None:
        if not self._is_loading and self.is_mounted and self.window.height and self._missing():
            self._is_loading = True
            self.run_worker(self._load_rows(), group="queue-rows", exit_on_error=False)

    async def _load_rows(self) -> None:
        """Fetch until nothing near the view is missing; the view may move meanwhile."""
        missing: list[int] = []
        try:
            while missing := self._missing():
                self._rows.asked(missing)
                rows = await self._fetch(missing)
                without = [ticket_id for ticket_id in missing if ticket_id not in rows]
                self._rows.mark_absent(without)
                self.apply_rows(rows)
                self._refresh_tickets(*without)
            self._rows.trim(self.window.around(MARGIN))
        except Exception as error:
            # Whatever the store said, the list lives on with what it has; the screen tells and asks again.
            self._rows.invalidate(missing)
            self.post_message(self.FetchFailed(error))
        finally:
            self._is_loading = False
