"""Whether there is work, asked without writing: a claim that finds nothing still ends in a commit.

On a server every commit notifies every screen, so workers look here first. Each look is one step into a partial index.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, text
from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from procedure.permissions import Permission
from store.tables import ALARM_SQL, ASLEEP_SQL, PENDING_SQL, TO_SEND_SQL, Ledger, Outbox, Ticket


@act(Permission.FILE_MAIL)
def mail_to_file(actor: Actor, desk: Desk) -> bool:
    """Tell whether an accepted mail is due and leased to nobody."""
    now = desk.clock.now()
    free = or_(col(Ledger.lease_until).is_(None), col(Ledger.lease_until) <= now)
    return _any(desk, select(Ledger.id).where(text(PENDING_SQL), Ledger.due_at <= now, free))


@act(Permission.SEND_MAIL)
def mail_to_send(actor: Actor, desk: Desk) -> bool:
    """Tell whether an outgoing mail is due and leased to nobody."""
    now = desk.clock.now()
    free = or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) <= now)
    return _any(desk, select(Outbox.id).where(text(TO_SEND_SQL), Outbox.due_at <= now, free))


@act(Permission.RUN_TIMERS)
def sleepers_to_wake(actor: Actor, desk: Desk) -> bool:
    """Tell whether a sleeping ticket's moment has come."""
    due = col(Ticket.wake_at) <= desk.clock.now()
    return _any(desk, select(Ticket.id).where(text(ASLEEP_SQL), due))


@act(Permission.RUN_TIMERS)
def alarms_to_ring(actor: Actor, desk: Desk) -> bool:
    """Tell whether a ticket's clock has something to say."""
    return _any(desk, select(Ticket.id).where(text(ALARM_SQL), col(Ticket.alarm_at) < desk.clock.now()))


def _any(desk: Desk, statement: Any) -> bool:
    def work(session: Session) -> bool:
        return session.exec(statement.limit(1)).first() is not None

    return desk.database.read(work)
