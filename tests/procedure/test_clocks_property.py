"""Clocks of any history: intervals never overlap, are never negative, and add up to the time that went by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from procedure.calendars import ALWAYS, DAY, Calendar, Window, open_time
from procedure.clocks import Clock, Kind, read
from procedure.policy_clocks import MAY_PAUSE, ClockRules, LevelClock
from procedure.terms import Level, Priority, Status, Target
from procedure.timeline import Step, Version, steps

ZONES = ("Europe/Athens", "America/New_York", "Pacific/Apia", "UTC")
NAMES = (ALWAYS, "office", "night")

LENGTHS = st.timedeltas(timedelta(minutes=1), timedelta(days=3))
LIMITS = st.fixed_dictionaries({priority: LENGTHS for priority in Priority})
WINDOWS = st.builds(lambda a, b: Window(a, a + b), st.integers(0, DAY - 1), st.integers(30, DAY))
WEEKS = st.tuples(*[st.lists(WINDOWS, max_size=2).map(tuple)] * 7).filter(any)
DATES = st.frozensets(st.dates(date(2026, 3, 1), date(2026, 4, 30)), max_size=4)


def calendar(name: str) -> st.SearchStrategy[Calendar]:
    return st.builds(Calendar, st.just(name), st.sampled_from(ZONES), WEEKS, DATES)


LEVELS = st.builds(LevelClock, LIMITS, LIMITS, LIMITS | st.just({}), LENGTHS | st.none(), st.sampled_from(NAMES))
RULES = st.builds(
    ClockRules,
    st.fixed_dictionaries({level: LEVELS for level in Level}),
    st.fixed_dictionaries({}, optional={name: calendar(name) for name in NAMES[1:]}),
    st.fixed_dictionaries({target: st.frozensets(st.sampled_from(MAY_PAUSE)) for target in Target}),
    st.integers(1, 99),
)
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 20), timezones=st.just(UTC))


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(Status),
        "level": st.sampled_from(Level),
        "priority": st.sampled_from(Priority),
    },
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[Step, ...], datetime]:
    """Draw a ticket's events, with clocks that were set back and words that are older than their events."""
    begins = draw(MOMENTS)
    changes: list[tuple[datetime, dict[str, object]]] = [
        (begins, {"status": "new", "level": 1, "priority": "normal", "waiting_since": begins.isoformat()})
    ]
    moment, words = begins, [begins]
    for _ in range(draw(st.integers(0, 8))):
        moment += draw(st.timedeltas(timedelta(minutes=-30), timedelta(days=4)))
        fields: dict[str, object] = draw(FIELDS)
        turn = draw(st.sampled_from(("same", "word", "answer", "death")))
        if turn == "word":
            words.append(max(begins, moment - draw(st.timedeltas(timedelta(), timedelta(hours=1)))))
            fields["waiting_since"] = words[-1].isoformat()
        elif turn == "answer":
            fields["waiting_since"] = None
        elif turn == "death":
            fields["waiting_since"] = draw(st.sampled_from(words)).isoformat()
        changes.append((moment, fields))
    versions = [Version(draw(MOMENTS), draw(RULES)) for _ in range(draw(st.integers(1, 3)))]
    versions.sort(key=lambda version: version.since)
    now = moment + draw(st.timedeltas(timedelta(), timedelta(days=10)))
    return steps(begins, changes, versions), now


def problems(clock: Clock, now: datetime) -> list[str]:
    """Return what is wrong with the arithmetic of a clock."""
    end = clock.ended_at if clock.ended_at is not None else max(now, clock.began_at)
    found = []
    if any(interval.start >= interval.end for interval in clock.intervals):
        found.append("an interval is empty or negative")
    if any(one.end != two.start for one, two in pairwise(clock.intervals)):
        found.append("intervals overlap or leave a gap")
    if clock.wall != end - clock.began_at or clock.wall < timedelta():
        found.append("the intervals do not add up to the time that went by")
    if clock.intervals and (clock.intervals[0].start, clock.intervals[-1].end) != (clock.began_at, end):
        found.append("the intervals do not reach from beginning to end")
    if not timedelta() <= clock.counted <= clock.wall:
        found.append("more is counted than went by")
    return found


@given(histories())
@settings(max_examples=300)
def test_intervals_add_up(drawn: tuple[tuple[Step, ...], datetime]) -> None:
    """Whatever happened to a ticket, each of its clocks accounts for every moment once."""
    history, now = drawn
    now = max(now, history[-1].at)
    wrong = {clock.target: problems(clock, now) for clock in read(history, now) if problems(clock, now)}
    assert wrong == {}


@given(histories())
@settings(max_examples=200)
def test_due_is_where_the_limit_is_used_up(drawn: tuple[tuple[Step, ...], datetime]) -> None:
    """What was counted up to a due moment within the clock's time is the limit; before a later one, it is less."""
    history, now = drawn
    for clock in read(history, now):
        if clock.limit is None or clock.due_at is None:
            assert clock.limit is None or clock.counted < clock.limit or clock.due_at is not None
            continue
        until = sum(
            (min(i.end, clock.due_at) - i.start for i in clock.intervals
             if i.kind is Kind.COUNTED and i.start < clock.due_at), timedelta()
        )  # fmt: skip
        end = clock.intervals[-1].end if clock.intervals else clock.began_at
        assert until == clock.limit if clock.due_at <= end else until < clock.limit
        assert clock.warn_at is not None and clock.warn_at <= clock.due_at


@given(histories(), st.timedeltas(timedelta(), timedelta(days=5)))
@settings(max_examples=150)
def test_time_going_by_changes_nothing_that_was(drawn: tuple[tuple[Step, ...], datetime], later: timedelta) -> None:
    """Read again later, a clock is the same up to then, whatever the hour of reading."""
    history, now = drawn
    now = max(now, history[-1].at)
    for first, second in zip(read(history, now), read(history, now + later), strict=True):
        assert (first.due_at, first.ended_at, first.is_met) == (second.due_at, second.ended_at, second.is_met)
        assert first.counted <= second.counted
        assert second.wall - first.wall == (timedelta() if first.ended_at is not None else later)


@given(st.builds(Calendar, st.just("any"), st.sampled_from(ZONES), WEEKS), histories())
@settings(max_examples=100)
def test_one_calendar_without_pauses_is_plain_arithmetic(
    only: Calendar, drawn: tuple[tuple[Step, ...], datetime]
) -> None:
    """Where one calendar rules and nothing pauses, a clock for answers counts the calendar's open time and no other."""
    history, now = drawn
    level = LevelClock(
        dict.fromkeys(Priority, timedelta(hours=1)), dict.fromkeys(Priority, timedelta(hours=1)), calendar="any"
    )
    rules = ClockRules(dict.fromkeys(Level, level), {"any": only}, dict.fromkeys(Target, frozenset()))
    plain = tuple(Step(s.at, s.status, s.level, s.priority, s.waiting_since, rules) for s in history)
    for clock in read(plain, now):
        if clock.target in (Target.FIRST_ANSWER, Target.NEXT_ANSWER):
            assert clock.counted == open_time(only, clock.began_at, clock.began_at + clock.wall)
