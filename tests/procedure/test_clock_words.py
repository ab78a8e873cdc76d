"""Clocks in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from procedure.clock_words import SHOWN, length, lines, summary
from procedure.clocks import Clock, Interval, Kind
from procedure.terms import Level, Priority, Target

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def clock(**more: object) -> Clock:
    """Return a clock of two hours that ran for one."""
    given: dict[str, object] = {
        "target": Target.FIRST_ANSWER, "level": Level.FIRST, "priority": Priority.NORMAL, "began_at": NOW - HOUR,
        "ended_at": None, "limit": 2 * HOUR, "due_at": NOW + HOUR, "warn_at": None, "is_met": None,
        "intervals": (Interval(Kind.COUNTED, NOW - HOUR, NOW, "24x7"),), **more,
    }  # fmt: skip
    return Clock(**given)  # type: ignore[arg-type]  # by name, from each case


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "0 min"), (timedelta(seconds=119), "1 min"), (timedelta(minutes=59), "59 min"),
        (timedelta(minutes=125), "2 h 05"), (timedelta(days=1), "1 d 00 h"),
        (timedelta(days=3652, hours=5), "3652 d 05 h"),
    ],
)  # fmt: skip
def test_lengths(span: timedelta, words: str) -> None:
    """Minutes, then hours and minutes, then days and hours, rounded down."""
    assert length(span) == words


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "first answer (normal): due Mon 02-11 17:00 · 1 h 00 of 2 h 00 used"),
        ({"due_at": NOW - HOUR}, "first answer (normal): late, was due Mon 02-11 15:00 · 1 h 00 of 2 h 00 used"),
        ({"due_at": None}, "first answer (normal): paused, 1 h 00 left · "),
        ({"limit": None, "due_at": None}, "first answer (normal): nothing is promised · 1 h 00 used"),
        ({"ended_at": NOW, "is_met": True}, "first answer (normal): met, due Mon 02-11 17:00 · "),
        ({"ended_at": NOW, "is_met": False}, "first answer (normal): late, due Mon 02-11 17:00 · "),
        ({"ended_at": NOW, "is_met": True, "due_at": None}, "first answer (normal): met · "),
        ({"ended_at": NOW}, "first answer (normal): closed · "),
        ({"target": Target.TIME_BOX, "level": Level.SECOND}, "time on 2nd level (normal): due Mon 02-11 17:00 · "),
    ],
)
def test_how_a_target_stands(more: dict[str, object], words: str) -> None:
    """One line says what is due or was, and what has been used of what."""
    assert summary(clock(**more), NOW, UTC).startswith(words)


def test_the_wall_clock_is_told_where_it_differs() -> None:
    """What the customer saw go by is said when it is more than what was counted."""
    found = (Interval(Kind.COUNTED, NOW - 2 * HOUR, NOW - HOUR, "x"), Interval(Kind.PAUSED, NOW - HOUR, NOW, "pending"))
    told = (summary(clock(), NOW, UTC), summary(clock(intervals=found), NOW, UTC))
    assert ["went by" in line for line in told] == [False, True]
    assert told[1].endswith("1 h 00 of 2 h 00 used · 2 h 00 went by")


def test_intervals() -> None:
    """Each interval says from when to when, how long, and why; a mark tells them apart without colour."""
    found = (
        Interval(Kind.COUNTED, NOW - 3 * HOUR, NOW - 2 * HOUR, "office"),
        Interval(Kind.PAUSED, NOW - 2 * HOUR, NOW - HOUR, "on_hold"),
        Interval(Kind.OUT_OF_HOURS, NOW - HOUR, NOW, "office"),
    )
    assert list(lines(clock(intervals=found), ZoneInfo("Europe/Athens"))) == [
        "+ Mon 02-11 15:00 - Mon 02-11 16:00     1 h 00  counted (office)",
        "= Mon 02-11 16:00 - Mon 02-11 17:00     1 h 00  paused: on hold",
        ". Mon 02-11 17:00 - Mon 02-11 18:00     1 h 00  out of hours (office)",
    ]


def test_many_intervals() -> None:
    """Of a long life the newest are told one by one, and those before them summed."""
    found = tuple(
        Interval(Kind.PAUSED if n % 2 else Kind.COUNTED, NOW + n * HOUR, NOW + (n + 1) * HOUR, "open")
        for n in range(40)
    )
    told = list(lines(clock(intervals=found), UTC))
    assert (len(told), told[0]) == (SHOWN + 1, "… 28 before: counted 14 h 00, paused 14 h 00")
