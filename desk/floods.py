"""Floods in the ledger: the first waiting mail stands for all of them, the others are folded behind it.

Folding changes no fate. All mails of a flood wait, or all are marked as spam by one decision; one about which something
of its own is decided leaves the flood, and the next one stands for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, text, update
from sqlmodel import Session, col, select

from procedure.destination import Destination
from procedure.flood import CROWD
from procedure.terms import Fate
from store.tables import FOLDED_SQL, Ledger

LOOK_BACK = 10_000
"""Mails among which the last of a crowd of strangers is looked for."""


def fold(session: Session, row: Ledger, where: Destination, window: timedelta) -> None:
    """Put a mail behind the first of its flood, if one of that came within the policy's window and is undecided."""
    place: Any = Ledger.ticket_id == where.ticket_id
    if where.ticket_id is None:
        is_crowd = col(Ledger.ticket_id).is_(None) & col(Ledger.reason).startswith(CROWD)
        place = is_crowd & (col(Ledger.id) > (row.id or 0) - LOOK_BACK)
    statement = (
        select(func.coalesce(Ledger.flood_of, Ledger.id))
        .where(Ledger.fate == Fate.QUARANTINED, place, Ledger.id != row.id, col(Ledger.decision).is_(None))
        .where(Ledger.received_at > row.received_at - window)
        .order_by(col(Ledger.id).desc())
        .limit(1)
    )
    row.flood_of = session.exec(statement).first()


def leave(session: Session, row: Ledger) -> None:
    """Take a mail out of its flood; when it stood for the others, the next one does."""
    if row.flood_of is not None or row.id is None:
        row.flood_of = None
        return
    head_anew(session, row.id)


def head_anew(session: Session, first_id: int, after: int = 0) -> None:
    """Let the oldest mail folded behind ``first_id`` and younger than ``after`` stand for those younger than it."""
    session.flush()
    rest = (col(Ledger.flood_of) == first_id) & (col(Ledger.id) > after)
    next_id = session.exec(select(func.min(Ledger.id)).where(text(FOLDED_SQL), rest)).one()
    if next_id is None:
        return
    session.execute(update(Ledger).where(rest, col(Ledger.id) == next_id).values(flood_of=None))
    session.execute(update(Ledger).where(rest).values(flood_of=next_id))


def sizes(session: Session, ids: Iterable[int]) -> Mapping[int, int]:
    """Return how many mails are folded behind each of ``ids``; those that stand for nobody are left out."""
    statement: Any = (
        select(Ledger.flood_of, func.count())
        .where(text(FOLDED_SQL), col(Ledger.flood_of).in_(list(ids)))
        .group_by(col(Ledger.flood_of))
    )
    return {number: int(count) for number, count in session.exec(statement)}


def of(session: Session, first_id: int, limit: int) -> list[Ledger]:
    """Return the mails of a flood, oldest first and locked: the one that stands for it and those behind it."""
    behind = select(Ledger).where(text(FOLDED_SQL), Ledger.flood_of == first_id).order_by(col(Ledger.id))
    first = session.exec(select(Ledger).where(Ledger.id == first_id).with_for_update()).one()
    return [first, *session.exec(behind.limit(limit - 1).with_for_update())]
