"""Warnings, breaches and time boxes that have run out: due work from the column ``alarm_at``, each told once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.policies import in_force
from desk.recording import change
from desk.timekeeping import Alarm, alarms, clocks_of
from procedure.permissions import Permission
from procedure.policy import Policy
from store.tables import ALARM_SQL, Ticket

BATCH = 50


@act(Permission.RUN_TIMERS)
def ring(actor: Actor, desk: Desk) -> int:
    """Tell what has come due of up to 50 tickets and return how many; call again while it is 50.

    ``due_soon`` warns before a breach, ``breached`` is one, ``time_box_out`` proposes a hand-up. A target is late from
    the moment after its due moment on. Two services at once tell it once: the row is locked while its alarm moves on.
    """

    def work(session: Session) -> int:
        now, policy = desk.clock.now(), in_force(session, desk)
        statement = (
            select(Ticket)
            .where(text(ALARM_SQL), col(Ticket.alarm_at) < now)
            .order_by(col(Ticket.alarm_at))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        tickets = session.exec(statement).all()
        for ticket in tickets:
            _ring(session, actor, policy, now, ticket)
        return len(tickets)

    return desk.database.write(work)


def _ring(session: Session, actor: Actor, policy: Policy, now: datetime, ticket: Ticket) -> None:
    clocks, told = clocks_of(session, policy, ticket, now)
    due = _worst([alarm for alarm in alarms(clocks, told) if alarm.at < now])
    for alarm in due:
        change(session, actor, policy, now, ticket, alarm.kind, recount=True, data=alarm.data)
    if not due:  # its clocks were moved by what is no event of its own, a policy
        change(session, actor, policy, now, ticket, "clocks_corrected", recount=True)


def _worst(due: list[Alarm]) -> list[Alarm]:
    """Return the alarms without the warnings of what is late already."""
    late = {alarm.clock.target for alarm in due if alarm.kind != "due_soon"}
    return [alarm for alarm in due if alarm.kind != "due_soon" or alarm.clock.target not in late]
