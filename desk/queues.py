"""The live queues: how many, which, in what order, and what stands in each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlmodel import Session

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.views import LevelCount, QueueRow
from procedure.permissions import Permission
from procedure.terms import Level, Turn
from store import queues as reading

PAGE = 200


@act(Permission.READ_TICKETS)
def counts(actor: Actor, desk: Desk) -> list[LevelCount]:
    """Return for each level how many tickets are open and how many of them are our turn."""
    counted = desk.database.read(reading.counts)
    return [
        LevelCount(
            level,
            counted.get((level, Turn.OURS), 0) + counted.get((level, Turn.THEIRS), 0),
            counted.get((level, Turn.OURS), 0),
        )
        for level in Level
    ]


@act(Permission.READ_TICKETS)
def newest_event(actor: Actor, desk: Desk) -> int | None:
    """Return the number of the newest event; while it stands still no ticket has changed.

    None on a database server, where numbers are not given out in the order of commits: an older event may come last.
    """
    return desk.database.read(reading.newest_event) if desk.database.is_embedded else None


@act(Permission.READ_TICKETS)
def ids(actor: Actor, desk: Desk, level: Level, text: str = "", limit: int | None = None) -> list[int]:
    """Return the ids of a level's open tickets in the order of the queue; ``text`` keeps those that hold its words.

    With ``limit`` only the first ones: what a screen shows at once while the rest is on its way.
    """
    return desk.database.read(lambda session: reading.ids(session, int(level), storable(text), limit))


@act(Permission.READ_TICKETS)
def rows(actor: Actor, desk: Desk, wanted: Iterable[int]) -> dict[int, QueueRow]:
    """Return the lines of tickets by id; an id that is no ticket is not in the answer."""
    some = list(wanted)

    def work(session: Session) -> dict[int, QueueRow]:
        return {row.id: _view(row) for row in reading.rows(session, some, actor.login, desk.clock.now())}

    return desk.database.read(work)


@act(Permission.READ_TICKETS)
def page(
    actor: Actor,
    desk: Desk,
    level: Level | None = None,
    *,
    after: QueueRow | None = None,
    limit: int = PAGE,
    text: str = "",
    everything: bool = False,
) -> list[QueueRow]:
    """Return up to ``limit`` lines after the line ``after``; ``everything`` adds solved and closed tickets."""
    place = (int(after.turn), after.next_at, after.id) if after else None

    def work(session: Session) -> list[QueueRow]:
        found = reading.page(
            session, actor.login, desk.clock.now(),
            level=int(level) if level else None, after=place, limit=limit, text=storable(text), everything=everything,
        )  # fmt: skip
        return [_view(row) for row in found]

    return desk.database.read(work)


def every(
    actor: Actor, desk: Desk, level: Level | None = None, *, text: str = "", everything: bool = False
) -> Iterator[QueueRow]:
    """Yield all lines, page by page, each page in a short transaction of its own."""
    last: QueueRow | None = None
    while True:
        found = page(actor, desk, level, after=last, text=text, everything=everything)
        yield from found
        if len(found) < PAGE:
            return
        last = found[-1]


def _view(row: Any) -> QueueRow:
    return QueueRow(
        id=row.id,
        version=row.version,
        status=row.status,
        level=Level(row.level),
        priority=row.priority,
        turn=Turn(row.turn),
        subject=row.subject,
        requester=row.requester_name or row.address or "",
        assignee=row.assignee,
        waiting_since=row.waiting_since,
        due_at=row.due_at,
        wake_at=row.wake_at,
        next_at=row.next_at,
        claimed_by=row.claimed_by,
        has_draft=bool(row.has_draft),
    )
