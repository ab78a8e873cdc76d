"""The ledger a page at a time, as its place on the screen reads it: newest first, a flood as one line, words found.

Words are looked for in so many mails at once and not in all of them: without a hit each look would read the whole
ledger. What was not reached yet is said, and can be asked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, or_
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.views import LedgerPage, Wanted
from procedure.permissions import Permission
from store.tables import FOLDED_SQL, Ledger

DEPTH = 100_000
"""Mails in which words are looked for at once."""


@act(Permission.READ_LEDGER)
def page(
    actor: Actor,
    desk: Desk,
    wanted: Wanted,
    *,
    before_id: int | None = None,
    down_to: int | None = None,
    limit: int | None = None,
) -> LedgerPage:
    """Return a page of the ledger: from ``before_id`` on, or all that is shown already, ``down_to`` its last id."""
    words = storable(wanted.text).lower().split()

    def work(session: Session) -> LedgerPage:
        floor = _floor(session, before_id) if words and down_to is None else None
        statement = _those(wanted, words).where(col(Ledger.id) >= (down_to or floor or 0))
        if before_id is not None:
            statement = statement.where(col(Ledger.id) < before_id)
        found = tuple(session.exec(statement.order_by(col(Ledger.id).desc()).limit(limit)))
        if limit is not None and len(found) == limit:
            return LedgerPage(found, found[-1])
        if floor is None:
            return LedgerPage(found)
        return LedgerPage(found, floor, _received(session, floor))

    return desk.database.read(work)


def _those(wanted: Wanted, words: list[str]) -> Any:
    statement: Any = select(col(Ledger.id))
    if wanted.flood is not None:
        return statement.where(
            or_(col(Ledger.id) == wanted.flood, (col(Ledger.flood_of) == wanted.flood) & sql(FOLDED_SQL))
        )
    statement = statement.where(col(Ledger.flood_of).is_(None))
    if wanted.fate is not None:
        statement = statement.where(Ledger.fate == wanted.fate)
    for word in words:
        sender, to = func.lower(Ledger.mail_from), func.lower(cast(Ledger.rcpt_to, String))
        statement = statement.where(or_(sender.contains(word, autoescape=True), to.contains(word, autoescape=True)))
    return statement


def _floor(session: Session, before_id: int | None) -> int | None:
    """Return the least id in which words are looked for, None when that is the whole rest of the ledger."""
    newest = before_id or (session.exec(select(func.max(Ledger.id))).one() or 0) + 1
    return newest - DEPTH if newest - DEPTH > 1 else None


def _received(session: Session, least: int) -> datetime | None:
    statement = select(Ledger.received_at).where(col(Ledger.id) >= least).order_by(col(Ledger.id)).limit(1)
    return session.exec(statement).first()
