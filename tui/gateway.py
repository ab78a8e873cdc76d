"""The desk as the console calls it: each use case in a thread, in the name of the person at the keyboard.

A console paints before it loads the store's libraries, so this module names the desk's types only and imports the use
cases inside its methods, which run in threads. Screens know this class and no other way to the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, tzinfo
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from desk.views import (
    Balance,
    DraftView,
    FoundPage,
    LedgerPage,
    LedgerRow,
    LevelCount,
    QueueRow,
    RawPart,
    StaffView,
    TicketView,
    Wanted,
)
from procedure.terms import Level, MessageKind, Priority, Status

if TYPE_CHECKING:
    from desk.actors import Actor
    from desk.context import Desk
    from desk.feeds import ChangeFeed
    from procedure.clocks import Clock

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 2
"""Calls under way at once; a burst of keys waits its turn instead of filling the process with threads."""


class Gateway:
    """One person's way to the desk. Every method may raise a DeskError."""

    def __init__(self, desk: Desk, actor: Actor) -> None:
        self.desk, self.actor = desk, actor
        self._threads = ThreadPoolExecutor(THREADS, "desk")

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(function, *args, **kwargs))

    def close(self) -> None:
        """Let calls under way end, and take no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # Reading

    async def counts(self) -> list[LevelCount]:
        """Return how many tickets each level has."""
        from desk import queues

        return await self._call(queues.counts, self.actor, self.desk)

    async def newest_event(self) -> int | None:
        """Return how far history has come, None where that cannot be told."""
        from desk import queues

        return await self._call(queues.newest_event, self.actor, self.desk)

    async def ids(self, level: Level, text: str = "", limit: int | None = None) -> list[int]:
        """Return a queue's ids in order."""
        from desk import queues

        return await self._call(queues.ids, self.actor, self.desk, level, text, limit)

    async def rows(self, ids: Iterable[int]) -> Mapping[int, QueueRow]:
        """Return the lines of tickets."""
        from desk import queues

        return await self._call(queues.rows, self.actor, self.desk, list(ids))

    async def find(self, text: str, limit: int = 20) -> list[QueueRow]:
        """Return the first open tickets that hold some words."""
        from desk import queues

        return await self._call(queues.page, self.actor, self.desk, text=text, limit=limit)

    async def search(self, text: str, before: int | None, limit: int, zone: tzinfo) -> FoundPage:
        """Return a page of what a search finds, newest first."""
        from desk import search

        return await self._call(search.search, self.actor, self.desk, text, before=before, limit=limit, zone=zone)

    async def show(self, ticket_id: int) -> TicketView:
        """Return a whole ticket."""
        from desk import reading

        return await self._call(reading.show, self.actor, self.desk, ticket_id)

    async def clocks(self, ticket_id: int) -> tuple[Clock, ...]:
        """Return a ticket's clocks with their intervals."""
        from desk import clocks

        return await self._call(clocks.explain, self.actor, self.desk, ticket_id)

    async def sums(self) -> Balance:
        """Return the balance of the ledger."""
        from desk import ledger

        return await self._call(ledger.sums, self.actor, self.desk)

    async def mail_page(
        self,
        wanted: Wanted,
        *,
        before_id: int | None = None,
        down_to: int | None = None,
        limit: int | None = None,
    ) -> LedgerPage:
        """Return a page of the ledger, newest first."""
        from desk import ledger_search

        return await self._call(
            ledger_search.page, self.actor, self.desk, wanted, before_id=before_id, down_to=down_to, limit=limit
        )

    async def mails(self, ids: Iterable[int]) -> Mapping[int, LedgerRow]:
        """Return the lines of mails."""
        from desk import ledger

        return await self._call(ledger.some, self.actor, self.desk, list(ids))

    async def mail(self, ledger_id: int) -> LedgerRow:
        """Return one accepted mail."""
        from desk import ledger

        return await self._call(ledger.get, self.actor, self.desk, ledger_id)

    async def raw_part(self, ledger_id: int, start: int, length: int) -> RawPart:
        """Return some bytes of a mail as it came."""
        from desk import ledger

        return await self._call(ledger.part, self.actor, self.desk, ledger_id, start, length)

    async def staff(self) -> list[StaffView]:
        """Return who works here."""
        from desk import people

        return await self._call(people.everybody, self.actor, self.desk)

    def follow(self) -> ChangeFeed:
        """Open the change feed; called in the thread that waits on it."""
        from desk import feeds

        return feeds.follow(self.actor, self.desk)

    @staticmethod
    def wait(feed: ChangeFeed, seconds: float) -> bool:
        """Block the calling thread until the store changed or the time is over."""
        from desk import feeds

        return feeds.wait(feed, seconds)

    # Working

    async def claim(self, ticket_id: int) -> None:
        """Take a ticket."""
        from desk import tickets

        await self._call(tickets.claim, self.actor, self.desk, ticket_id)

    async def take_next(self, level: Level) -> int | None:
        """Take the ticket of a level that is due first."""
        from desk import tickets

        return await self._call(tickets.take_next, self.actor, self.desk, level)

    async def assign(self, ticket_id: int, login: str | None) -> None:
        """Give a ticket to somebody, or to nobody."""
        from desk import tickets

        await self._call(tickets.assign, self.actor, self.desk, ticket_id, login)

    async def set_status(self, ticket_id: int, status: Status, wake_at: datetime | None = None) -> None:
        """Move a ticket to a status."""
        from desk import tickets

        await self._call(tickets.set_status, self.actor, self.desk, ticket_id, status, wake_at)

    async def set_level(self, ticket_id: int, level: Level, note: str) -> None:
        """Hand a ticket up or down."""
        from desk import tickets

        await self._call(tickets.set_level, self.actor, self.desk, ticket_id, level, note)

    async def set_difficulty(self, ticket_id: int, difficulty: int) -> None:
        """Correct how hard a ticket is."""
        from desk import tickets

        await self._call(tickets.set_difficulty, self.actor, self.desk, ticket_id, difficulty)

    async def set_priority(self, ticket_id: int, priority: Priority) -> None:
        """Set how soon a ticket must be looked at."""
        from desk import tickets

        await self._call(tickets.set_priority, self.actor, self.desk, ticket_id, priority)

    async def set_tags(self, ticket_id: int, tags: Iterable[str]) -> None:
        """Replace a ticket's tags."""
        from desk import tickets

        await self._call(tickets.set_tags, self.actor, self.desk, ticket_id, list(tags))

    async def release(self, ledger_id: int) -> None:
        """Let a parked mail open a ticket."""
        from desk import decisions

        await self._call(decisions.release, self.actor, self.desk, ledger_id)

    async def join(self, ledger_id: int, ticket_id: int) -> None:
        """Let a parked mail join a ticket."""
        from desk import decisions

        await self._call(decisions.join, self.actor, self.desk, ledger_id, ticket_id)

    async def spam(self, ledger_id: int) -> None:
        """Mark a parked mail as spam."""
        from desk import decisions

        await self._call(decisions.spam, self.actor, self.desk, ledger_id)

    async def read_again(self, ledger_id: int) -> None:
        """Have poison mail read again."""
        from desk import decisions

        await self._call(decisions.retry, self.actor, self.desk, ledger_id)

    async def take_back(self, ledger_id: int) -> None:
        """Take back the decision on a mail."""
        from desk import decisions

        await self._call(decisions.take_back, self.actor, self.desk, ledger_id)

    async def release_flood(self, first_id: int) -> int:
        """Let the mails of a flood open tickets, and return how many."""
        from desk import flood_decisions

        return (await self._call(flood_decisions.release, self.actor, self.desk, first_id)).mails

    async def spam_flood(self, first_id: int) -> int:
        """Mark the mails of a flood as spam, and return how many."""
        from desk import flood_decisions

        return (await self._call(flood_decisions.spam, self.actor, self.desk, first_id)).mails

    async def take_back_flood(self, first_id: int) -> int:
        """Take back the decision on a flood, and return on how many mails."""
        from desk import flood_decisions

        return (await self._call(flood_decisions.take_back, self.actor, self.desk, first_id)).mails

    async def undo(self) -> str:
        """Take back the last act."""
        from desk import undo

        return await self._call(undo.undo, self.actor, self.desk)

    # Writing

    async def send(self, ticket_id: int, text: str, seen_message: int | None, then: Status) -> int:
        """Answer the requester."""
        from desk import replies

        return await self._call(
            replies.send, self.actor, self.desk, ticket_id, text, seen_message=seen_message, then=then
        )

    async def note(self, ticket_id: int, text: str) -> int:
        """Write a note."""
        from desk import replies

        return await self._call(replies.note, self.actor, self.desk, ticket_id, text)

    async def save_draft(self, ticket_id: int, kind: MessageKind, text: str) -> None:
        """Keep words that are not sent yet."""
        from desk import replies

        await self._call(replies.save_draft, self.actor, self.desk, ticket_id, kind, text)

    async def draft(self, ticket_id: int, kind: MessageKind) -> DraftView | None:
        """Return the person's own unsent words."""
        from desk import replies

        return await self._call(replies.draft, self.actor, self.desk, ticket_id, kind)
