"""Clocks: tables of cases. Every expected number of minutes was worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from procedure.calendars import Calendar, Window
from procedure.clocks import Clock, Kind, read
from procedure.policy_clocks import SHIPPED_PAUSES, ClockRules, LevelClock
from procedure.terms import Level, Priority, Status, Target
from procedure.timeline import Version, steps

NINE_TO_FIVE = tuple((Window(540, 1020),) if day < 5 else () for day in range(7))
ROUND_THE_CLOCK = tuple((Window(0, 1440),) for _ in range(7))


def every(minutes: int, **others: int) -> dict[Priority, timedelta]:
    return {priority: timedelta(minutes=others.get(priority, minutes)) for priority in Priority}


def rules(calendar: str = "office", zone: str = "Europe/Athens", **more: object) -> ClockRules:
    """Return rules: answers in 60 minutes (urgent: 15), solved in 600, 120 on a level (2nd: answers in 240)."""
    office = Calendar("office", zone, NINE_TO_FIVE, dates=frozenset(more.pop("holidays", ())))  # type: ignore[call-overload]
    shifts = Calendar("shifts", zone, ROUND_THE_CLOCK)
    box = timedelta(minutes=120)
    first = LevelClock(every(60, urgent=15), every(60, urgent=15), every(600), box, calendar)
    second = LevelClock(every(240), every(240), every(600), box, str(more.pop("second", calendar)))
    third = LevelClock(every(60), every(60), calendar=calendar)
    levels = {Level.FIRST: first, Level.SECOND: second, Level.THIRD: third}
    return ClockRules(levels, {"office": office, "shifts": shifts}, **more)  # type: ignore[arg-type]


OFFICE, ALWAYS = rules(), rules("24x7")


def at(text: str, zone: str = "Europe/Athens") -> datetime:
    """Read ``02 09:00`` as a local time of November 2026, or a whole date; 2 November is a Monday."""
    whole = text if len(text) > 8 else f"2026-11-{text}"
    return datetime.fromisoformat(whole).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def clocks(
    history: Sequence[tuple[str, Any]], now: str, *loaded: ClockRules | tuple[str, ClockRules],
    zone: str = "Europe/Athens",
) -> list[Clock]:  # fmt: skip
    """Read a ticket that begins with a customer's word; ``wait`` is shorthand for waiting since a moment."""
    first: dict[str, object] = {"status": "new", "level": 1, "priority": "normal", "wait": history[0][0]}
    changes: list[tuple[datetime, dict[str, object]]] = []
    for number, (moment, fields) in enumerate(history):
        fields = {**first, **fields} if number == 0 else dict(fields)
        if "wait" in fields:
            since = fields.pop("wait")
            fields["waiting_since"] = since and at(str(since), zone).isoformat()
        changes.append((at(moment, zone), fields))
    versions = [
        Version(at(entry[0], zone), entry[1]) if isinstance(entry, tuple) else Version(at("1990-01-01 00:00"), entry)
        for entry in loaded or (OFFICE,)
    ]
    return list(read(steps(changes[0][0], changes, versions), at(now, zone)))


def one(found: list[Clock], target: Target, number: int = 0) -> Clock:
    return [clock for clock in found if clock.target is target][number]


def minutes(clock: Clock, kind: Kind) -> float:
    return sum((i.length for i in clock.intervals if i.kind is kind), timedelta()) / timedelta(minutes=1)


def sums(clock: Clock) -> tuple[float, float, float]:
    """Return minutes counted, paused and out of hours."""
    return minutes(clock, Kind.COUNTED), minutes(clock, Kind.PAUSED), minutes(clock, Kind.OUT_OF_HOURS)


def due(clock: Clock, zone: str = "Europe/Athens") -> str | None:
    return None if clock.due_at is None else f"{clock.due_at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}"


def when(clock: Clock) -> list[str]:
    """Return the intervals as text: what, from when to when, why."""
    zone = ZoneInfo("Europe/Athens")
    return [
        f"{i.kind} {i.start.astimezone(zone):%d %H:%M}-{i.end.astimezone(zone):%d %H:%M} {i.why}"
        for i in clock.intervals
    ]


ANSWERED: dict[str, object] = {"status": "pending", "wait": None}
SOLVED: dict[str, object] = {"status": "solved", "wait": None}


def test_answered_in_hours() -> None:
    """The first answer runs from the word to the answer, and its due moment goes by the hours of its calendar."""
    clock = one(clocks([("02 16:30", {}), ("03 09:10", ANSWERED)], "03 12:00"), Target.FIRST_ANSWER)
    assert (sums(clock), due(clock), clock.is_met) == ((40, 0, 960), "11-03 09:30", True)
    assert clock.wall == timedelta(minutes=1000)
    assert when(clock) == [
        "counted 02 16:30-02 17:00 office",
        "out of hours 02 17:00-03 09:00 office",
        "counted 03 09:00-03 09:10 office",
    ]


def test_answered_out_of_hours() -> None:
    """An answer at night to a word of that night has used no business time, whatever the customer's clock says."""
    clock = one(clocks([("02 20:00", {}), ("02 23:00", ANSWERED)], "03 12:00"), Target.FIRST_ANSWER)
    assert (sums(clock), due(clock), clock.is_met) == ((0, 0, 180), "11-03 10:00", True)


def test_late_by_a_minute() -> None:
    """At the due moment itself the target is met, a minute later it is not."""
    in_time = one(clocks([("02 09:00", {}), ("02 10:00", ANSWERED)], "02 12:00"), Target.FIRST_ANSWER)
    late = one(clocks([("02 09:00", {}), ("02 10:01", ANSWERED)], "02 12:00"), Target.FIRST_ANSWER)
    assert (in_time.is_met, late.is_met, due(late)) == (True, False, "11-02 10:00")


def test_pause() -> None:
    """Pending pauses resolution and the time box; the due moment moves by the business time of the pause."""
    history = [("02 09:00", {}), ("02 10:00", ANSWERED), ("02 12:00", {"status": "open", "wait": "02 12:00"})]
    found = clocks(history, "02 13:00", OFFICE)
    whole, box = one(found, Target.RESOLUTION), one(found, Target.TIME_BOX)
    assert (sums(whole), due(whole)) == ((120, 120, 0), "11-03 13:00")
    assert (sums(box), due(box)) == ((120, 120, 0), "11-02 13:00")
    assert when(whole)[1] == "paused 02 10:00-02 12:00 pending"
    assert [clock.target for clock in found] == ["first_answer", "resolution", "time_box", "next_answer"]


def test_a_pause_without_end_has_no_due_moment() -> None:
    """While a clock is paused short of its limit nobody can say when it will be due."""
    found = clocks([("02 09:00", {}), ("02 10:00", ANSWERED)], "05 09:00", OFFICE)
    whole = one(found, Target.RESOLUTION)
    assert (sums(whole), due(whole), whole.is_running) == ((60, 71 * 60, 0), None, True)


def test_two_pauses_in_one_minute() -> None:
    """Changes in one minute are each their own: nothing is lost, doubled or negative."""
    history = [
        ("02 09:00:00", {"wait": "02 09:00"}),
        ("02 09:30:05", {"status": "pending"}),
        ("02 09:30:15", {"status": "open"}),
        ("02 09:30:20", {"status": "pending"}),
        ("02 09:30:50", {"status": "open"}),
    ]
    whole = one(clocks([(f"2026-11-{m}", f) for m, f in history], "02 10:00", OFFICE), Target.RESOLUTION)
    assert [i.length.seconds for i in whole.intervals] == [1805, 10, 5, 30, 1750]
    assert (whole.counted, whole.wall) == (timedelta(seconds=3560), timedelta(minutes=60))


def test_reopened() -> None:
    """The time between solved and reopened is a pause of resolution; the new word has a clock of its own."""
    history = [("02 09:00", {}), ("02 10:00", SOLVED), ("03 10:00", {"status": "open", "wait": "03 10:00"})]
    running = clocks(history, "03 11:00", ALWAYS)
    ended = clocks([*history, ("03 12:00", SOLVED)], "05 00:00", ALWAYS)
    assert sums(one(running, Target.RESOLUTION)) == (120, 1440, 0)
    assert (sums(one(ended, Target.RESOLUTION)), one(ended, Target.RESOLUTION).is_met) == ((180, 1440, 0), True)
    assert (sums(one(ended, Target.NEXT_ANSWER)), one(ended, Target.NEXT_ANSWER).is_met) == ((120, 0, 0), False)
    assert sums(one(ended, Target.FIRST_ANSWER)) == (60, 0, 0)


def test_solved_and_closed_is_one_end() -> None:
    """Closing a solved ticket adds no time: it was over when it was solved."""
    found = clocks([("02 09:00", {}), ("02 10:00", SOLVED), ("09 10:00", {"status": "closed"})], "20 00:00", ALWAYS)
    assert sums(one(found, Target.RESOLUTION)) == (60, 0, 0)


@pytest.mark.parametrize(
    ("moment", "priority", "limit", "due_at", "is_met"),
    [
        ("02 09:10", "urgent", 15, "11-02 09:15", False),
        ("02 09:20", "urgent", 15, "11-02 09:15", False),
        ("02 09:35", "urgent", 60, "11-02 10:00", True),  # after the answer: what was promised then counts
    ],
)
def test_priority_change(moment: str, priority: str, limit: int, due_at: str, is_met: bool) -> None:
    """A higher priority shortens the limit of a running clock, also into the past, and leaves a stopped one alone."""
    changes = sorted([("02 09:30", ANSWERED), (moment, {"priority": priority})], key=lambda change: change[0])
    clock = one(clocks([("02 09:00", {}), *changes], "02 12:00"), Target.FIRST_ANSWER)
    assert (clock.limit, due(clock), clock.is_met) == (timedelta(minutes=limit), due_at, is_met)


def test_policy_change_while_pending() -> None:
    """A new policy gives new limits to what runs; a pause that was going on goes on, and counts as the pause it was."""
    stricter = rules("24x7", pauses={**SHIPPED_PAUSES, Target.RESOLUTION: frozenset({Status.ON_HOLD})})
    history = [("02 09:00", {}), ("02 10:00", ANSWERED), ("02 14:00", {"status": "open", "wait": "02 14:00"})]
    same = one(clocks(history, "02 15:00", ALWAYS, ("02 12:00", rules("24x7"))), Target.RESOLUTION)
    other = one(clocks(history, "02 15:00", ALWAYS, ("02 12:00", stricter)), Target.RESOLUTION)
    assert (sums(same), when(same)[1]) == ((120, 240, 0), "paused 02 10:00-02 14:00 pending")
    assert (sums(other), when(other)[1]) == ((240, 120, 0), "paused 02 10:00-02 12:00 pending")


def test_a_policy_that_came_later_does_not_judge_what_was() -> None:
    """A clock that had stopped keeps the limit of its time."""
    later = ClockRules(dict.fromkeys(Level, LevelClock(every(1), every(1))))
    clock = one(clocks([("02 09:00", {}), ("02 09:30", ANSWERED)], "03 09:00", OFFICE, ("02 12:00", later)),
                Target.FIRST_ANSWER)  # fmt: skip
    assert (clock.limit, clock.is_met) == (timedelta(minutes=60), True)


def test_calendar_change_by_level() -> None:
    """Each level's time is counted in its own calendar: office hours until the hand-up, all hours from then on."""
    mixed = rules(second="shifts")
    found = clocks([("02 16:00", {}), ("02 18:00", {"level": 2})], "02 20:00", mixed)
    answer, box = one(found, Target.FIRST_ANSWER), one(found, Target.TIME_BOX, 1)
    assert (sums(answer), due(answer)) == ((60 + 120, 0, 60), "11-02 21:00")
    assert when(answer) == [
        "counted 02 16:00-02 17:00 office",
        "out of hours 02 17:00-02 18:00 office",
        "counted 02 18:00-02 20:00 shifts",
    ]
    assert (sums(one(found, Target.TIME_BOX)), sums(box), box.level) == ((60, 0, 60), (120, 0, 0), Level.SECOND)


def test_calendar_change_by_policy() -> None:
    """A level that is given another calendar counts by it from then on, not before."""
    clock = one(clocks([("02 16:00", {})], "02 20:00", OFFICE, ("02 18:00", rules("shifts"))), Target.FIRST_ANSWER)
    assert (sums(clock), due(clock)) == ((60 + 120, 0, 60), "11-02 17:00")


def test_late_holiday_repairs_history() -> None:
    """A holiday that is written into the calendar later was one: what was counted on it no longer is."""
    history = [("02 09:00", {}), ("04 09:30", ANSWERED)]
    repaired = rules(holidays=[date(2026, 11, 2), date(2026, 11, 3)])
    before = one(clocks(history, "05 09:00"), Target.FIRST_ANSWER)
    after = one(clocks(history, "05 09:00", OFFICE, ("05 08:00", repaired)), Target.FIRST_ANSWER)
    assert (sums(before), before.is_met) == ((480 + 480 + 30, 0, 1920), False)
    assert (sums(after), after.is_met, due(after)) == ((30, 0, 2880), True, "11-04 10:00")


def test_a_calendar_that_is_gone_is_read_as_it_was() -> None:
    """A policy that no longer has a calendar leaves what was counted by it as it was."""
    gone = ClockRules({level: LevelClock(every(60), every(60)) for level in Level})
    clock = one(clocks([("02 16:00", {}), ("03 10:00", ANSWERED)], "04 09:00", OFFICE, ("03 12:00", gone)),
                Target.FIRST_ANSWER)  # fmt: skip
    assert sums(clock) == (120, 0, 960)


@pytest.mark.parametrize(
    ("zone", "start", "end", "wall"),
    [
        ("Europe/Athens", "2026-03-28 20:00", "2026-03-29 08:00", 660),
        ("Europe/Athens", "2026-10-24 20:00", "2026-10-25 08:00", 780),
        ("America/New_York", "2026-03-07 20:00", "2026-03-08 08:00", 660),
        ("America/New_York", "2026-10-31 20:00", "2026-11-01 08:00", 780),
    ],
)
def test_nights_on_which_the_clocks_change(zone: str, start: str, end: str, wall: int) -> None:
    """Twelve hours on the wall are eleven or thirteen; due is an hour later all the same."""
    found = clocks([(start, {}), (end, ANSWERED)], "2026-12-01 00:00", rules("shifts", zone), zone=zone)
    clock = one(found, Target.FIRST_ANSWER)
    assert (sums(clock), clock.wall, clock.due_at) == (
        (wall, 0, 0), timedelta(minutes=wall), at(start, zone) + timedelta(minutes=60),
    )  # fmt: skip


def test_office_hours_over_such_a_night() -> None:
    """Office hours know nothing of the night: Saturday evening to Monday is one hour short on the customer's clock."""
    found = clocks([("2026-03-28 20:00", {}), ("2026-03-30 09:30", ANSWERED)], "2026-04-01 00:00", OFFICE)
    assert sums(one(found, Target.FIRST_ANSWER)) == (30, 0, 36 * 60 + 60 - 60)


def test_a_ticket_of_ten_years() -> None:
    """Of the 3,652 days from 2 November 2016 to 2 November 2026, 2,608 were Mondays to Fridays."""
    whole = one(clocks([("2016-11-02 00:00", {})], "02 00:00"), Target.RESOLUTION)
    counted = 2608 * 480
    assert sums(whole) == (counted, 0, 3652 * 1440 - counted)
    assert due(whole) == "11-03 11:00"


def test_an_answer_that_died_was_none() -> None:
    """The wait goes on from the first word, as if nothing had been sent; a later answer ends it."""
    history = [("02 09:00", {}), ("02 09:30", ANSWERED), ("02 11:00", {"status": "open", "wait": "02 09:00"})]
    answers = [c for c in clocks([*history, ("02 12:00", ANSWERED)], "02 13:00") if "answer" in c.target]
    assert [(c.target, sums(c), c.is_met) for c in answers] == [("first_answer", (180, 0, 0), False)]


def test_a_death_takes_the_waits_after_it_along() -> None:
    """Two answers died: the customer has waited since the word before the first of them."""
    history = [
        ("02 09:00", {}), ("02 09:30", ANSWERED), ("02 10:00", {"wait": "02 10:00"}), ("02 10:30", ANSWERED),
        ("02 12:00", {"status": "open", "wait": "02 09:00"}),
    ]  # fmt: skip
    answers = [c for c in clocks(history, "02 13:00") if "answer" in c.target]
    assert [(c.target, sums(c), c.is_running) for c in answers] == [("first_answer", (240, 0, 0), True)]


def test_closed_without_an_answer() -> None:
    """A ticket closed over an unanswered word ends the clock: late if it was, else nothing is said."""
    soon = one(clocks([("02 09:00", {}), ("02 09:30", {"status": "closed"})], "03 09:00"), Target.FIRST_ANSWER)
    late = one(clocks([("02 09:00", {}), ("02 12:00", {"status": "closed"})], "03 09:00"), Target.FIRST_ANSWER)
    assert (soon.is_met, soon.is_running, late.is_met) == (None, False, False)


def test_a_word_older_than_its_event() -> None:
    """A mail counts from its receipt, not from the moment at which it was filed."""
    history = [("02 09:00", {}), ("02 09:30", ANSWERED), ("02 11:00", {"status": "open", "wait": "02 10:00"})]
    clock = one(clocks(history, "02 12:00"), Target.NEXT_ANSWER)
    assert (sums(clock), due(clock)) == ((120, 0, 0), "11-02 11:00")


def test_the_warning_comes_at_its_share() -> None:
    """Three quarters of an hour after the word, in business time."""
    clock = one(clocks([("02 16:30", {})], "02 16:40"), Target.FIRST_ANSWER)
    assert clock.warn_at == at("03 09:15")


def test_everything_at_one_instant() -> None:
    """A ticket that lived for no time has clocks of no length."""
    found = clocks([("02 09:00", {}), ("02 09:00", {"level": 2}), ("02 09:00", SOLVED)], "02 09:00")
    assert [(c.target, c.level, c.wall, c.is_met) for c in found] == [
        ("first_answer", Level.SECOND, timedelta(), True),
        ("resolution", Level.SECOND, timedelta(), True),
        ("time_box", Level.FIRST, timedelta(), True),
        ("time_box", Level.SECOND, timedelta(), True),
    ]
