"""Clocks: a ticket's events and the policy of each moment become intervals, counted, paused or out of hours.

Everything that the desk says of time comes from ``read``: the due moments, the warnings, the explanation on the screen.

| target | runs from | until |
|---|---|---|
| first answer, next answer | the oldest customer word that nobody has answered | a public human answer; closing |
| resolution | the ticket's beginning | it is solved for good; what lies between solved and reopened is a pause |
| time box | the arrival on a level | it leaves the level, or is solved |

What holds when. Level, priority and status count as they were at each moment; so do pauses and the *name* of the
calendar, by the policy version in force then. What the calendar of that name *says* comes from the newest policy, if it
is still there: a holiday added late repairs the past. The limit of a clock that has stopped is the one of its last
moment, that of a running one is today's.

An answer that died in delivery was none: the wait before it goes on as if it had never been sent. No status silences an
unanswered word, so ``closed`` ends a clock for answers and reopening finds it as it would have been.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from procedure.calendars import OPEN_ALWAYS, Calendar, open_spans, open_time, walk
from procedure.policy_clocks import ClockRules
from procedure.terms import CLOSED_STATUSES, Level, Priority, Status, Target
from procedure.timeline import Step

_NONE = timedelta()


class Kind(StrEnum):
    """What becomes of a piece of time."""

    COUNTED = "counted"
    PAUSED = "paused"
    OUT_OF_HOURS = "out of hours"


@dataclass(frozen=True)
class Interval:
    """A piece of time of one kind; ``why`` is the status that pauses, else the name of the calendar."""

    kind: Kind
    start: datetime
    end: datetime
    why: str

    @property
    def length(self) -> timedelta:
        """Return how long it is."""
        return self.end - self.start


@dataclass(frozen=True)
class Clock:
    """One clock of a ticket. ``ended_at`` is None while it runs; its intervals end then, else now.

    ``limit`` is None when nothing is promised. ``due_at`` is the moment at which the limit is or was used up, None when
    nothing is promised or a pause stands before it. ``warn_at`` is the same for the share at which we warn. ``is_met``
    is None while it runs, without a limit, and where it ended in time without what it waited for.
    """

    target: Target
    level: Level
    priority: Priority
    began_at: datetime
    ended_at: datetime | None
    limit: timedelta | None
    due_at: datetime | None
    warn_at: datetime | None
    is_met: bool | None
    intervals: tuple[Interval, ...]

    @property
    def counted(self) -> timedelta:
        """Return the business time that counts against the limit."""
        return sum((i.length for i in self.intervals if i.kind is Kind.COUNTED), _NONE)

    @property
    def wall(self) -> timedelta:
        """Return the time on the customer's clock."""
        return sum((i.length for i in self.intervals), _NONE)

    @property
    def is_running(self) -> bool:
        """Tell whether it still runs or is paused."""
        return self.ended_at is None


@dataclass(frozen=True)
class _Run:
    """From when to when a clock ran; ``last`` is the number of the step that ruled it at its end.

    ``is_done`` is false where it ended without what it waited for.
    """

    target: Target
    start: datetime
    end: datetime | None
    last: int
    is_done: bool = True


@dataclass(frozen=True)
class _Piece:
    """A part of a run with one calendar, paused by ``pause`` or not; the last one has no end."""

    start: datetime
    end: datetime | None
    calendar: Calendar
    pause: str


def read(history: Sequence[Step], now: datetime) -> tuple[Clock, ...]:
    """Return every clock of a ticket as it stands at ``now``, in the order in which they began. Steps oldest first.

    The intervals of a clock touch, never overlap, are never negative and add up to the time it ran. Calendars are taken
    from the rules of the last step where these have them.
    """
    if not history:
        return ()
    now = max(now, history[-1].at)
    runs = sorted((*_answer_runs(history), _whole(history), *_stays(history)), key=lambda run: run.start)
    return tuple(_clock(run, history, now) for run in runs)


# From when to when


def _answer_runs(history: Sequence[Step]) -> list[_Run]:
    """Return the waits of the customer: each from a word to its answer."""
    runs: list[_Run] = []
    for number, step in enumerate(history):
        since = step.waiting_since
        # An answer that died takes with it every wait from its word on: they were one.
        while since is not None and runs and runs[-1].start >= since:
            runs.pop()
        if runs and runs[-1].end is None:
            runs[-1] = replace(runs[-1], end=max(step.at, runs[-1].start), last=max(0, number - 1))
        if since is not None:
            target = Target.NEXT_ANSWER if runs else Target.FIRST_ANSWER
            runs.append(_Run(target, since, None, len(history) - 1))
    if runs and runs[-1].end is None:
        runs[-1] = _cut(runs[-1], history, frozenset({Status.CLOSED}), is_done=False)
    return runs


def _whole(history: Sequence[Step]) -> _Run:
    run = _Run(Target.RESOLUTION, history[0].at, None, len(history) - 1)
    return _cut(run, history, CLOSED_STATUSES)


def _stays(history: Sequence[Step]) -> list[_Run]:
    """Return the stays of the ticket on its levels."""
    runs: list[_Run] = []
    for number, step in enumerate(history):
        if number and step.level is history[number - 1].level:
            continue
        if runs:
            runs[-1] = replace(runs[-1], end=step.at, last=number - 1)
        runs.append(_Run(Target.TIME_BOX, step.at, None, len(history) - 1))
    return [*runs[:-1], _cut(runs[-1], history, CLOSED_STATUSES)]


def _cut(run: _Run, history: Sequence[Step], statuses: frozenset[Status], is_done: bool = True) -> _Run:
    """End a run where the ticket came into one of some statuses, if it has not left them since."""
    first = len(history)
    while first and history[first - 1].status in statuses:
        first -= 1
    if first == len(history):
        return run
    return replace(run, end=max(history[first].at, run.start), last=max(0, first - 1), is_done=is_done)


# What becomes of the time


def _clock(run: _Run, history: Sequence[Step], now: datetime) -> Clock:
    pieces, ruling = list(_pieces(run, history)), history[run.last]
    limit = ruling.rules.levels[ruling.level].limit(run.target, ruling.priority)
    end = run.end if run.end is not None else max(now, run.start)
    due_at = warn_at = None
    if limit is not None:
        due_at = _used_up(pieces, limit)
        warn_at = _used_up(pieces, limit * ruling.rules.warn / 100)
    return Clock(
        run.target, ruling.level, ruling.priority, run.start, run.end, limit, due_at, warn_at,
        is_met=_is_met(run, limit, due_at),
        intervals=tuple(_merged(_intervals(pieces, run.start, end))),
    )  # fmt: skip


def _is_met(run: _Run, limit: timedelta | None, due_at: datetime | None) -> bool | None:
    if run.end is None or limit is None:
        return None
    if due_at is not None and due_at < run.end:
        return False
    return True if run.is_done else None


def _pieces(run: _Run, history: Sequence[Step]) -> Iterator[_Piece]:
    """Yield a run's parts. The last goes on without end, also that of a run which ended: it would have been due then.

    A word is older than the step that tells of it (mail waits to be filed): what the ticket was then counts.
    """
    # Not from the beginning for each run: a ticket with a thousand answers would take a minute.
    first = min(run.last, max(0, bisect_right(history, run.start, key=lambda step: step.at) - 1))
    for number in range(first, run.last + 1):
        step = history[number]
        start = run.start if number == first else max(step.at, run.start)
        end = history[number + 1].at if number < run.last else None
        if end is None or end > start:
            yield _Piece(start, end, _calendar(step, history[-1].rules), _pause(run.target, step))


def _pause(target: Target, step: Step) -> str:
    """Return the status that pauses a target, '' when nothing does."""
    is_whole = target in (Target.RESOLUTION, Target.TIME_BOX)
    stops = step.rules.pauses[target] | (CLOSED_STATUSES if is_whole else frozenset())
    return step.status.value if step.status in stops else ""


def _calendar(step: Step, newest: ClockRules) -> Calendar:
    name = step.rules.levels[step.level].calendar
    return newest.calendar(name) or step.rules.calendar(name) or OPEN_ALWAYS


def _intervals(pieces: Sequence[_Piece], start: datetime, end: datetime) -> Iterator[Interval]:
    for piece in pieces:
        begins, ends = max(piece.start, start), min(piece.end or end, end)
        if begins >= ends:
            continue
        if piece.pause:
            yield Interval(Kind.PAUSED, begins, ends, piece.pause)
            continue
        name, reached = piece.calendar.name, begins
        for opens, closes in open_spans(piece.calendar, begins, ends):
            if opens > reached:
                yield Interval(Kind.OUT_OF_HOURS, reached, opens, name)
            yield Interval(Kind.COUNTED, opens, closes, name)
            reached = closes
        if reached < ends:
            yield Interval(Kind.OUT_OF_HOURS, reached, ends, name)


def _merged(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Yield intervals with neighbours of one kind and reason joined."""
    held: Interval | None = None
    for interval in intervals:
        if held is not None and (held.kind, held.why) == (interval.kind, interval.why):
            held = replace(held, end=interval.end)
            continue
        if held is not None:
            yield held
        held = interval
    if held is not None:
        yield held


def _used_up(pieces: Sequence[_Piece], length: timedelta) -> datetime | None:
    """Return the moment at which ``length`` has been counted, None when a pause without end stands before it."""
    for piece in pieces:
        if piece.pause:
            continue
        moment = walk(piece.calendar, piece.start, length)
        if piece.end is None or moment <= piece.end:
            return moment
        length -= open_time(piece.calendar, piece.start, piece.end)
    return None
