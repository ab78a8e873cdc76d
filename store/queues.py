"""The reading side of the queues: ids in order, rows by id, keyset pages, counters.

A queue is sorted by turn (ours first), next moment, id; every statement here walks the partial index of that order, so
a page costs the same at a hundred tickets and at a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from procedure.terms import parse_ref
from store.tables import OPEN_SQL, Contact, Draft, Event, QueueCount, Staff, Ticket

Place = tuple[int, datetime, int]
"""Where a page ends: turn, next moment and id of its last row."""

_CLAIMANT = aliased(Staff)
_MAX_IN = 500


def _listed(login: str, now: datetime) -> Any:
    drafted = select(col(Draft.id)).where(col(Draft.ticket_id) == Ticket.id, col(Draft.staff_login) == login).exists()
    live_claim = (col(Ticket.claimed_by) == _CLAIMANT.id) & (col(Ticket.claimed_until) > now)
    return (
        select(
            col(Ticket.id),
            col(Ticket.version),
            col(Ticket.status),
            col(Ticket.level),
            col(Ticket.priority),
            col(Ticket.turn),
            col(Ticket.subject),
            col(Contact.name).label("requester_name"),
            col(Contact.address),
            col(Staff.login).label("assignee"),
            col(Ticket.waiting_since),
            col(Ticket.due_at),
            col(Ticket.wake_at),
            col(Ticket.next_at),
            col(_CLAIMANT.login).label("claimed_by"),
            drafted.label("has_draft"),
        )
        .join(Contact, col(Contact.id) == Ticket.requester_id)
        .outerjoin(Staff, col(Staff.id) == Ticket.assignee_id)
        .outerjoin(_CLAIMANT, live_claim)
    )


def _is_open() -> Any:
    return sql(OPEN_SQL)


def _matching(statement: Any, text: str) -> Any:
    """Keep the tickets whose reference, subject or requester holds every word of ``text``."""
    for word in text.split():
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        hits: list[Any] = [
            col(Ticket.subject).ilike(like, escape="\\"),
            col(Contact.name).ilike(like, escape="\\"),
            col(Contact.address).ilike(like, escape="\\"),
        ]
        number = parse_ref(word)
        if number is not None:
            hits.append(col(Ticket.id) == number)
        statement = statement.where(or_(*hits))
    return statement


def ids(session: Session, level: int, text: str = "", limit: int | None = None) -> list[int]:
    """Return the ids of a level's open tickets in the order of the queue; ``text`` filters, ``limit`` cuts."""
    statement: Any = select(col(Ticket.id)).where(col(Ticket.level) == level, _is_open())
    if text.strip():
        joined = statement.join(Contact, col(Contact.id) == Ticket.requester_id)
        statement = _matching(joined, text)
    ordered = statement.order_by(col(Ticket.turn), col(Ticket.next_at), col(Ticket.id)).limit(limit)
    return list(session.scalars(ordered))


def rows(session: Session, wanted: Iterable[int], login: str, now: datetime) -> Sequence[Row[Any]]:
    """Return the rows of tickets by id, in no order; at most 500 ids are asked for at once."""
    some = list(wanted)
    found: list[Row[Any]] = []
    for start in range(0, len(some), _MAX_IN):
        chunk = some[start : start + _MAX_IN]
        found.extend(session.execute(_listed(login, now).where(col(Ticket.id).in_(chunk))).all())
    return found


def page(
    session: Session,
    login: str,
    now: datetime,
    *,
    level: int | None,
    after: Place | None,
    limit: int,
    text: str,
    everything: bool,
) -> Sequence[Row[Any]]:
    """Return a page of the queue after a place; ``everything`` adds solved and closed tickets."""
    statement = _listed(login, now)
    if level is not None:
        statement = statement.where(col(Ticket.level) == level)
    if not everything:
        statement = statement.where(_is_open())
    if text.strip():
        statement = _matching(statement, text)
    if after is not None:
        place = tuple_(col(Ticket.turn), col(Ticket.next_at), col(Ticket.id))
        statement = statement.where(place > tuple_(*after))
    ordered = statement.order_by(col(Ticket.turn), col(Ticket.next_at), col(Ticket.id))
    return session.execute(ordered.limit(limit)).all()


def newest_event(session: Session) -> int:
    """Return the largest event id, 0 when there is none."""
    return int(session.execute(select(func.max(col(Event.id)))).scalar() or 0)


def counts(session: Session) -> dict[tuple[int, int], int]:
    """Return how many open tickets there are by (level, turn), from the counters that triggers keep."""
    statement = select(col(QueueCount.level), col(QueueCount.turn), func.sum(col(QueueCount.tickets))).group_by(
        col(QueueCount.level), col(QueueCount.turn)
    )
    return {(int(level), int(turn)): int(tickets) for level, turn, tickets in session.execute(statement)}
