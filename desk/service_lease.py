"""Who runs the service of an embedded store: one process at a time, by a lease that it renews.

A lease is nobody's once its moment has passed, or once its holder is known to be gone: then a restart after
``kill -9`` need not wait. On a database server several services share the work by leases on rows, and nobody asks here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlmodel import Session

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from procedure.permissions import Permission
from store.tables import Lease

TERM = timedelta(seconds=15)
"""How long a holder that says nothing is still believed to work."""

RENEW_SECONDS = 4.0
"""How often a holder renews: three times within the term, so that one slow commit does not cost it the lease."""

_NAME = "service"


@act(Permission.HOLD_SERVICE)
def take(actor: Actor, desk: Desk, holder: str, is_gone: Callable[[str], bool] = lambda _: False) -> str | None:
    """Make ``holder`` the one who runs the service; return None, or who runs it already.

    ``is_gone`` tells whether another holder's process is known to have ended; it is asked inside the transaction.
    """

    def work(session: Session) -> str | None:
        now = desk.clock.now()
        row = _locked(session)
        if row is None:
            session.add(Lease(name=_NAME, holder=holder, until=now + TERM))
            return None
        if row.holder != holder and row.until > now and not is_gone(row.holder):
            return row.holder
        row.holder, row.until = holder, now + TERM
        return None

    return desk.database.write(work)


@act(Permission.HOLD_SERVICE)
def renew(actor: Actor, desk: Desk, holder: str) -> bool:
    """Keep the lease for another term; False when somebody else has taken it."""

    def work(session: Session) -> bool:
        row = _locked(session)
        if row is None or row.holder != holder:
            return False
        row.until = desk.clock.now() + TERM
        return True

    return desk.database.write(work)


@act(Permission.HOLD_SERVICE)
def release(actor: Actor, desk: Desk, holder: str) -> None:
    """Give the lease back, so that the next service starts at once; nothing happens when it is another's."""

    def work(session: Session) -> None:
        row = _locked(session)
        if row is not None and row.holder == holder:
            session.delete(row)

    desk.database.write(work)


@act(Permission.HOLD_SERVICE)
def holder(actor: Actor, desk: Desk) -> str | None:
    """Return who runs the service, None when the lease is free or past its moment."""

    def work(session: Session) -> str | None:
        row = session.get(Lease, _NAME)
        return row.holder if row is not None and row.until > desk.clock.now() else None

    return desk.database.read(work)


def _locked(session: Session) -> Lease | None:
    return session.get(Lease, _NAME, with_for_update=True)
