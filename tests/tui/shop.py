"""A queue list in a five-line app, with a store that counts what it is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from desk.views import QueueRow
from procedure.terms import Level, Priority, Status, Turn
from tui.widgets.queue_list import QueueList

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def row(ticket_id: int, **changes: Any) -> QueueRow:
    """Return an ordinary open ticket."""
    values: dict[str, Any] = {
        "version": 1,
        "status": Status.OPEN,
        "level": Level.FIRST,
        "priority": Priority.NORMAL,
        "turn": Turn.OURS,
        "subject": f"Subject {ticket_id}",
        "requester": "N. Pappas",
        "assignee": None,
        "waiting_since": NOW - timedelta(minutes=38),
        "due_at": NOW + timedelta(minutes=4),
        "wake_at": None,
        "next_at": NOW,
    }
    return QueueRow(id=ticket_id, **(values | changes))


class Shop(App[None]):
    """A queue list and a store that counts what it is asked."""

    def __init__(self, ids: list[int]) -> None:
        super().__init__()
        self.first_ids = ids
        self.asked: list[list[int]] = []
        self.changed: dict[int, QueueRow] = {}
        self.gone: set[int] = set()
        self.answering = asyncio.Event()
        self.answering.set()
        self.trouble: Exception | None = None
        self.said: list[object] = []
        self.now = NOW

    async def fetch(self, ids: list[int]) -> Mapping[int, QueueRow]:
        self.asked.append(ids)
        await self.answering.wait()
        if self.trouble is not None:
            raise self.trouble
        return {i: self.changed.get(i, row(i)) for i in ids if i not in self.gone}

    def compose(self) -> ComposeResult:
        yield QueueList(self.fetch, lambda: self.now, empty_text="No ticket waits.\nPress 2 for level two.")

    def on_mount(self) -> None:
        self.queue.focus()
        self.queue.set_ids(self.first_ids)

    def on_queue_view_highlighted(self, event: QueueList.Highlighted) -> None:
        self.said.append(("highlighted", event.ticket_id))

    def on_queue_view_opened(self, event: QueueList.Opened) -> None:
        self.said.append(("opened", event.ticket_id))

    def on_queue_list_fetch_failed(self, event: QueueList.FetchFailed) -> None:
        self.said.append(event.error)

    @property
    def queue(self) -> QueueList:
        return self.query_one(QueueList)

    def lines(self) -> list[str]:
        """Return the text of the rows, without header and border."""
        return [self.queue.render_line(y).text for y in range(1, self.queue.content_size.height)]


async def settled(pilot: Pilot[None], shop: Shop) -> None:
    """Wait until nothing is pending in the list."""
    deadline = time.monotonic() + 5
    while True:
        await pilot.pause()
        queue = shop.queue
        if not (queue._pending_rows or queue._pending_ids is not None or queue._is_loading):
            return
        assert time.monotonic() < deadline, "the list never came to rest"
        await asyncio.sleep(0.01)
