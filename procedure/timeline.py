"""A ticket's events as steps: what it was from each moment on, and by which rules its time was read then."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from procedure.policy_clocks import ClockRules
from procedure.terms import Level, Priority, Status

Change = tuple[datetime, Mapping[str, object]]
"""The moment of an event and the fields that it set, as ``procedure.history`` has them."""


@dataclass(frozen=True)
class Version:
    """The clock rules of a policy version, and the moment from which on it is in force."""

    since: datetime
    rules: ClockRules


@dataclass(frozen=True)
class Step:
    """What a ticket is from ``at`` until the next step, and the rules in force."""

    at: datetime
    status: Status
    level: Level
    priority: Priority
    waiting_since: datetime | None
    rules: ClockRules


def steps(created_at: datetime, changes: Iterable[Change], versions: Sequence[Version]) -> tuple[Step, ...]:
    """Return a ticket's steps from its events, oldest first; loading a policy is a step too.

    ``versions`` are oldest first and not empty; the first holds for all that was before it. The first change sets every
    field and counts from ``created_at``. A moment before the one before it (a clock was set back) counts as that one.
    """
    loads: Iterable[Change] = ((version.since, {}) for version in versions[1:])
    known: dict[str, object] = {}
    made: list[Step] = []
    for at, fields in heapq.merge(_forward(created_at, changes), loads, key=lambda change: change[0]):
        known.update(fields)
        if not known:  # loaded before the ticket was there
            continue
        step = _step(at, known, in_force(versions, at))
        if not made or replace(step, at=made[-1].at) != made[-1]:
            made.append(step)
    return tuple(made)


def in_force(versions: Sequence[Version], at: datetime) -> ClockRules:
    """Return the rules in force at a moment."""
    return next((version.rules for version in reversed(versions) if version.since <= at), versions[0].rules)


def _forward(created_at: datetime, changes: Iterable[Change]) -> Iterator[Change]:
    last: datetime | None = None
    for at, fields in changes:
        last = created_at if last is None else max(at, last)
        yield last, fields


def _step(at: datetime, known: Mapping[str, object], rules: ClockRules) -> Step:
    waiting = known.get("waiting_since")
    return Step(
        at=at,
        status=Status(str(known["status"])),
        level=Level(int(str(known["level"]))),
        priority=Priority(str(known["priority"])),
        waiting_since=datetime.fromisoformat(waiting).astimezone(UTC) if isinstance(waiting, str) else None,
        rules=rules,
    )
