"""A ticket's clocks from its events and the policy versions of its life; ``procedure.clocks`` does the reckoning.

| who asks | for |
|---|---|
| ``desk.recording`` | the due moment and the next alarm, with every change that moves them |
| ``desk.alarms`` | what is to be told now |
| ``desk.clocks`` | the explanation |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from desk.policy_texts import SHIPPED, clock_rules, text_of
from procedure.clocks import Clock, read
from procedure.policy import Policy
from procedure.terms import Target
from procedure.timeline import Change, Version, steps
from store.tables import Event, PolicyVersion, Ticket

FIELDS = ("status", "level", "priority", "waiting_since")
"""The fields of a ticket that its clocks follow."""

_ANSWERS = (Target.FIRST_ANSWER, Target.NEXT_ANSWER)
_QUIET = ("noted", "machine_wrote", "acknowledged", "not_acknowledged", "sent", "delivery_late", "delayed", "tags")
"""Kinds of events that move no clock; the most frequent ones, so that a long history is not read for nothing."""

Told = frozenset[tuple[str, str, str]]
"""What was told of which clock: kind of event, target, the clock's beginning."""


@dataclass(frozen=True)
class Alarm:
    """What is to be told of a clock: the kind of event, and from which moment on."""

    kind: str
    clock: Clock
    at: datetime

    @property
    def data(self) -> dict[str, object]:
        """Return what its event records."""
        clock = self.clock
        return {"target": clock.target.value, "since": _iso(clock.began_at), "due_at": _iso(clock.due_at)}


def clocks_of(
    session: Session, policy: Policy, ticket: Ticket, now: datetime, pending: Change | None = None
) -> tuple[tuple[Clock, ...], Told]:
    """Return a ticket's clocks and what was told of them; ``pending`` is the change that has no event yet."""
    rows = _events(session, ticket) if ticket.id is not None else []
    changes = [(row_at, data.get("set", {})) for row_at, _, data in rows] + ([pending] if pending else [])
    told = frozenset[tuple[str, str, str]]().union(*(told_by(kind, data) for _, kind, data in rows))
    return read(steps(ticket.created_at, changes, _versions(session, policy, ticket.created_at)), now), told


def told_by(kind: str, data: Mapping[str, Any]) -> Told:
    """Return what an event told of a clock."""
    return frozenset({(kind, str(data["target"]), str(data["since"]))}) if "since" in data else frozenset()


def due_of(clocks: Sequence[Clock]) -> datetime | None:
    """Return when the word that waits is to be answered; None when none does, or while its clock is paused."""
    return next((c.due_at for c in reversed(clocks) if c.target in _ANSWERS and c.is_running), None)


def alarms(clocks: Sequence[Clock], told: Told) -> Iterator[Alarm]:
    """Yield what running clocks have to tell and have not told, each once in a clock's life."""
    for clock in clocks:
        if not clock.is_running or clock.due_at is None:
            continue
        kind = "time_box_out" if clock.target is Target.TIME_BOX else "breached"
        if _key(kind, clock) in told:
            continue
        yield Alarm(kind, clock, clock.due_at)
        kind = "due_soon"
        if clock.target is not Target.TIME_BOX and clock.warn_at is not None and _key(kind, clock) not in told:
            yield Alarm(kind, clock, clock.warn_at)


def next_alarm(clocks: Sequence[Clock], told: Told) -> datetime | None:
    """Return when something is to be told next, None when nothing is foreseen."""
    return min((alarm.at for alarm in alarms(clocks, told)), default=None)


def _key(kind: str, clock: Clock) -> tuple[str, str, str]:
    return kind, clock.target.value, _iso(clock.began_at)


def _events(session: Session, ticket: Ticket) -> Sequence[tuple[datetime, str, Mapping[str, Any]]]:
    statement = (
        select(Event.at, Event.kind, Event.data)
        .where(Event.ticket_id == ticket.id, col(Event.kind).not_in(_QUIET))
        .order_by(col(Event.id))
    )
    return [(at, kind, data) for at, kind, data in session.exec(statement)]


def _versions(session: Session, policy: Policy, since: datetime) -> list[Version]:
    """Return the rules in force at ``since`` and all that came later, oldest first; the newest is ``policy``.

    A version that can no longer be read is passed over: what was in force before it holds for its time.
    """
    newest = Version(policy.loaded_at or since, policy.clock_rules)
    if policy.loaded_at is None or policy.loaded_at <= since:
        return [newest]
    loads = session.exec(select(PolicyVersion.id, PolicyVersion.at).order_by(col(PolicyVersion.id))).all()
    older = [(SHIPPED, since), *((number or SHIPPED, at) for number, at in loads[:-1])]
    first = max(index for index, (_, at) in enumerate(older) if at <= since)
    found = [(at, clock_rules(text_of(session, number))) for number, at in older[first:]]
    return [*(Version(at, rules) for at, rules in found if rules is not None), newest]


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment is not None else ""
