"""Due work from columns: sleepers wake, solved tickets close. A restart loses nothing, since nothing is in memory."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.policies import in_force
from desk.recording import change
from procedure.permissions import Permission
from procedure.statuses import after_wake
from procedure.terms import Status
from store.tables import ASLEEP_SQL, Ticket

BATCH = 50


@act(Permission.RUN_TIMERS)
def run_due(actor: Actor, desk: Desk) -> int:
    """Wake up to 50 tickets whose moment has come and return how many; call again while it is 50.

    A pending or held ticket opens; a solved one closes, unless a customer's word in it is still unanswered: that one
    opens too, since a status cannot silence it.
    """

    def work(session: Session) -> int:
        now, policy = desk.clock.now(), in_force(session, desk)
        statement = (
            select(Ticket)
            .where(text(ASLEEP_SQL), col(Ticket.wake_at) <= now)
            .order_by(col(Ticket.wake_at))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        tickets = session.exec(statement).all()
        for ticket in tickets:
            status = Status.OPEN if ticket.waiting_since is not None else after_wake(ticket.status)
            closes = status is Status.CLOSED
            change(
                session, actor, policy, now, ticket, "closed" if closes else "woke",
                status=status,
                wake_at=None if closes else ticket.wake_at,
                closed_at=now if closes else None,
            )  # fmt: skip
        return len(tickets)

    return desk.database.write(work)
