"""What a service that fell left in hand: where only one service works, its leases need not run out."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session, col, update

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from procedure.permissions import Permission
from procedure.terms import OutboxState
from store.tables import PENDING_SQL, Ledger, Outbox


@act(Permission.HOLD_SERVICE)
def take_up(actor: Actor, desk: Desk) -> int:
    """End the leases of mails in and out and return how many there were; for the one service of an embedded store.

    A mail that was on its way out is sent again with the same Message-ID: whether the next hop had it, nobody knows
    (law 4). Never call it where other services may be at work.
    """

    def work(session: Session) -> int:
        now = desk.clock.now()
        leased = update(Ledger).where(text(PENDING_SQL), col(Ledger.lease_until).is_not(None))
        sending = update(Outbox).where(col(Outbox.state) == OutboxState.SENDING)
        filed = session.execute(leased.values(lease_until=None))
        sent = session.execute(sending.values(state=OutboxState.QUEUED, lease_until=None, due_at=now))
        return int(filed.rowcount) + int(sent.rowcount)  # type: ignore[attr-defined]  # both are updates

    return desk.database.write(work)
