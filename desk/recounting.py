"""After a policy was loaded: the due moments of all tickets that are not closed are found again, some at a time.

How far it came is a setting of the store, so a restart goes on where it was.
"""

from __future__ import annotations

from sqlmodel import Session, col, func, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.policies import in_force
from desk.policy_texts import SHIPPED
from desk.recording import change
from desk.timekeeping import clocks_of, due_of, next_alarm
from procedure.permissions import Permission
from procedure.terms import Status
from store.tables import PolicyVersion, Setting, Ticket

BATCH = 50
SETTING = "recounted"
"""Policy version and last ticket, as ``7:1042``; the ticket is left out when all are done."""


@act(Permission.RUN_TIMERS)
def is_behind(actor: Actor, desk: Desk) -> bool:
    """Tell whether the clocks of some tickets are still those of an older policy."""
    return desk.database.read(lambda session: _next(session) is not None)


@act(Permission.RUN_TIMERS)
def recount(actor: Actor, desk: Desk) -> int:
    """Find the due moments of up to 50 tickets again and return how many were looked at; call again while it is 50."""

    def work(session: Session) -> int:
        after = _next(session)
        if after is None:
            return 0
        version = _newest(session)
        statement = (
            select(Ticket)
            .where(col(Ticket.id) > after, Ticket.status != Status.CLOSED)
            .order_by(col(Ticket.id))
            .limit(BATCH)
            .with_for_update()
        )
        tickets = session.exec(statement).all()
        for ticket in tickets:
            _recount(session, actor, desk, ticket)
        done = f"{version}:{tickets[-1].id}" if len(tickets) == BATCH else f"{version}"
        session.merge(Setting(key=SETTING, value=done))
        return len(tickets)

    return desk.database.write(work)


def _recount(session: Session, actor: Actor, desk: Desk, ticket: Ticket) -> None:
    now, policy = desk.clock.now(), in_force(session, desk)
    clocks, told = clocks_of(session, policy, ticket, now)
    if (due_of(clocks), next_alarm(clocks, told)) != (ticket.due_at, ticket.alarm_at):
        change(session, actor, policy, now, ticket, "clocks_corrected", recount=True)


def _newest(session: Session) -> int:
    return session.exec(select(func.max(PolicyVersion.id))).first() or SHIPPED


def _next(session: Session) -> int | None:
    """Return the ticket after which to go on, None when there is nothing to do."""
    newest = _newest(session)
    row = session.get(Setting, SETTING)
    version, _, last = (row.value if row is not None else f"{SHIPPED}").partition(":")
    if int(version) != newest:
        return 0
    return int(last) if last else None
