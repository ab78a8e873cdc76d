"""Clocks in words: one line that says how a target stands, and one for each of its intervals. For screens and scripts.

Pure words: the reader's zone comes in as an argument, and nothing here came from a customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from procedure.clocks import Clock, Interval, Kind
from procedure.terms import Target

SIGNS = {Kind.COUNTED: "+", Kind.PAUSED: "=", Kind.OUT_OF_HOURS: "."}
"""A mark for each kind, so that it is told without colour."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHOWN = 12
"""Intervals of a clock that are told one by one, the newest; those before them are summed."""


def name(clock: Clock) -> str:
    """Return what a clock is about: ``first answer``, ``time on 2nd level``."""
    if clock.target is Target.TIME_BOX:
        return f"time on {clock.level.label} level"
    return clock.target.replace("_", " ")


def length(span: timedelta) -> str:
    """Return a length of time to the minute, rounded down: ``45 min``, ``2 h 05``, ``3 d 04 h``."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02}"
    return f"{minutes // (24 * 60)} d {minutes // 60 % 24:02} h"


def verdict(clock: Clock, now: datetime, zone: tzinfo | None = None) -> str:
    """Return how a target stands: met or late, due when, paused, or without a promise."""
    if clock.limit is None:
        return "nothing is promised"
    if clock.is_met is not None:
        due = f", due {stamp(clock.due_at, zone)}" if clock.due_at is not None else ""
        return ("met" if clock.is_met else "late") + due
    if clock.due_at is None:
        return "closed" if not clock.is_running else f"paused, {length(clock.limit - clock.counted)} left"
    if not clock.is_running:
        return "closed"
    return f"late, was due {stamp(clock.due_at, zone)}" if clock.due_at < now else f"due {stamp(clock.due_at, zone)}"


def summary(clock: Clock, now: datetime, zone: tzinfo | None = None) -> str:
    """Return a clock in one line: what, how it stands, how much of how much is used; the wall clock if it differs."""
    limit = f" of {length(clock.limit)}" if clock.limit is not None else ""
    used = f"{length(clock.counted)}{limit} used"
    wall = f" · {length(clock.wall)} went by" if clock.wall != clock.counted else ""
    return f"{name(clock)} ({clock.priority}): {verdict(clock, now, zone)} · {used}{wall}"


def lines(clock: Clock, zone: tzinfo | None = None) -> Iterator[str]:
    """Yield a clock's intervals, oldest first; of many the oldest are summed in one line."""
    hidden, shown = clock.intervals[:-SHOWN], clock.intervals[-SHOWN:]
    if hidden:
        sums = ", ".join(f"{kind} {length(total)}" for kind, total in _sums(hidden))
        yield f"… {len(hidden)} before: {sums}"
    for interval in shown:
        yield (
            f"{SIGNS[interval.kind]} {stamp(interval.start, zone)} - {stamp(interval.end, zone)}"
            f"  {length(interval.length):>9}  {_why(interval)}"
        )


def _why(interval: Interval) -> str:
    if interval.kind is Kind.PAUSED:
        return f"paused: {interval.why.replace('_', ' ')}"
    return f"{interval.kind} ({interval.why})"


def _sums(intervals: Sequence[Interval]) -> Iterator[tuple[Kind, timedelta]]:
    for kind in Kind:
        total = sum((i.length for i in intervals if i.kind is kind), timedelta())
        if total:
            yield kind, total


def stamp(at: datetime | None, zone: tzinfo | None = None) -> str:
    """Return an instant as ``Mon 02-11 16:30``; not strftime's %a, which follows the locale of the process."""
    if at is None:
        return "-"
    here = at.astimezone(zone)
    return f"{_DAYS[here.weekday()]} {here:%d-%m %H:%M}"
