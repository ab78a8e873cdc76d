"""Working hours. Every expected number of minutes was worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.calendars import DAY, OPEN_ALWAYS, Calendar, Window, instant, open_spans, open_time, walk

ATHENS, NEW_YORK, APIA = "Europe/Athens", "America/New_York", "Pacific/Apia"


def hours(zone: str, *windows: tuple[int, int], days: str = "MTWTFSS", **more: object) -> Calendar:
    """Return a calendar with the same windows, in hours, on each day of ``days`` that is not a dash."""
    week = tuple(tuple(Window(a * 60, b * 60) for a, b in windows) if day != "-" else () for day in days)
    return Calendar("hours", zone, week, **more)  # type: ignore[arg-type]  # by name, from each case


OFFICE = hours(ATHENS, (9, 17), days="MTWTF--")
NIGHT = hours(ATHENS, (22, 30))
NIGHT_NEW_YORK = hours(NEW_YORK, (22, 30))


def at(text: str, zone: str = ATHENS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "minutes"),
    [
        (OPEN_ALWAYS, at("2026-11-02 00:00"), at("2026-11-03 00:00"), 1440),
        (OFFICE, at("2026-11-02 00:00"), at("2026-11-03 00:00"), 480),
        (OFFICE, at("2026-11-02 08:00"), at("2026-11-02 09:01"), 1),
        (OFFICE, at("2026-11-06 16:00"), at("2026-11-09 10:00"), 120),  # Friday to Monday
        (OFFICE, at("2026-11-07 00:00"), at("2026-11-09 00:00"), 0),
        (OFFICE, at("2026-11-02 12:00"), at("2026-11-02 12:00"), 0),
        (OFFICE, at("2026-11-02 12:00"), at("2026-11-02 11:00"), 0),
        (hours(ATHENS, (9, 13), (14, 17)), at("2026-11-02 12:30"), at("2026-11-02 14:30"), 60),
        (hours(ATHENS, (9, 13), (11, 15)), at("2026-11-02 00:00"), at("2026-11-03 00:00"), 360),  # overlapping
        (hours(ATHENS, (0, 24)), at("2026-11-02 00:00"), at("2026-11-16 00:00"), 14 * 1440),
        (NIGHT, at("2026-11-02 12:00"), at("2026-11-03 12:00"), 480),
        (NIGHT, at("2026-11-03 02:00"), at("2026-11-03 12:00"), 240),  # began the day before
        # Athens, 29 March 2026: 03:00 is 04:00. Athens, 25 October 2026: 04:00 is 03:00.
        (NIGHT, at("2026-03-28 12:00"), at("2026-03-29 12:00"), 420),
        (NIGHT, at("2026-10-24 12:00"), at("2026-10-25 12:00"), 540),
        (hours(ATHENS, (3, 4)), at("2026-03-29 00:00"), at("2026-03-30 00:00"), 0),
        (hours(ATHENS, (3, 4)), at("2026-10-25 00:00"), at("2026-10-26 00:00"), 120),
        (hours(ATHENS, (0, 24)), at("2026-03-29 00:00"), at("2026-03-30 00:00"), 1380),
        (hours(ATHENS, (0, 24)), at("2026-10-25 00:00"), at("2026-10-26 00:00"), 1500),
        # New York, 8 March 2026: 02:00 is 03:00. New York, 1 November 2026: 02:00 is 01:00.
        (NIGHT_NEW_YORK, at("2026-03-07 12:00", NEW_YORK), at("2026-03-08 12:00", NEW_YORK), 420),
        (NIGHT_NEW_YORK, at("2026-10-31 12:00", NEW_YORK), at("2026-11-01 12:00", NEW_YORK), 540),
        (hours(NEW_YORK, (2, 3)), at("2026-03-08 00:00", NEW_YORK), at("2026-03-09 00:00", NEW_YORK), 0),
        (hours(NEW_YORK, (1, 2)), at("2026-11-01 00:00", NEW_YORK), at("2026-11-02 00:00", NEW_YORK), 120),
        # Apia had no 30 December 2011.
        (hours(APIA, (9, 17)), at("2011-12-29 00:00", APIA), at("2012-01-01 00:00", APIA), 960),
    ],
)
def test_open_minutes(calendar: Calendar, start: datetime, end: datetime, minutes: int) -> None:
    """Windows are hours of local clocks; a night on which these change has the hours that it really has."""
    assert open_time(calendar, start, end) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("calendar", "start", "minutes", "due"),
    [
        (OPEN_ALWAYS, "2026-11-07 23:50", 20, "2026-11-08 00:10"),
        (OFFICE, "2026-11-02 09:00", 480, "2026-11-02 17:00"),
        (OFFICE, "2026-11-02 09:00", 481, "2026-11-03 09:01"),
        (OFFICE, "2026-11-06 16:30", 60, "2026-11-09 09:30"),
        (OFFICE, "2026-11-07 12:00", 1, "2026-11-09 09:01"),
        (OFFICE, "2026-11-07 12:00", 0, "2026-11-07 12:00"),
        (NIGHT, "2026-03-28 23:00", 300, "2026-03-29 05:00"),
        (NIGHT, "2026-10-24 23:00", 300, "2026-10-25 03:00"),
        (NIGHT, "2026-10-24 23:00", 480, "2026-10-25 06:00"),
    ],
)
def test_walking_forward(calendar: Calendar, start: str, minutes: int, due: str) -> None:
    """A due moment is found by going through the hours, not by adding minutes."""
    found = walk(calendar, at(start), timedelta(minutes=minutes)).astimezone(ZoneInfo(ATHENS))
    assert f"{found:%Y-%m-%d %H:%M}" == due


@pytest.mark.parametrize(
    ("calendar", "minutes"),
    [
        (hours(ATHENS, (9, 17), dates=frozenset({date(2026, 12, 24)})), 480),
        (hours(ATHENS, (9, 17), yearly=frozenset({(12, 24)})), 480),
        (hours(ATHENS, (9, 17), regional=lambda year: {date(year, 12, 24), date(year, 12, 25)}), 0),
        (hours(ATHENS, (22, 30), dates=frozenset({date(2026, 12, 24)})), 360 + 120),  # until six, from ten on
        (hours(ATHENS, (22, 30), dates=frozenset({date(2026, 12, 23)})), 480 + 120),  # from ten on, both evenings
    ],
)
def test_holidays(calendar: Calendar, minutes: int) -> None:
    """A holiday has no windows; a night shift that began the evening before goes on."""
    assert open_time(calendar, at("2026-12-24 00:00"), at("2026-12-26 00:00")) == timedelta(minutes=minutes)


def test_the_years_of_a_country_are_asked_one_by_one() -> None:
    """Days off are looked up for the years that are walked through, also across New Year."""
    asked: set[int] = set()

    def new_year(year: int) -> frozenset[date]:
        asked.add(year)
        return frozenset({date(year, 1, 1)})

    calendar = hours(ATHENS, (9, 17), regional=new_year)
    assert open_time(calendar, at("2026-12-31 00:00"), at("2027-01-02 00:00")) == timedelta(minutes=480)
    assert asked == {2026, 2027}


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        (ATHENS, "2026-03-29 03:30", "2026-03-29 01:00"),  # left out: the moment of the change
        (ATHENS, "2026-10-25 03:30", "2026-10-25 00:30"),  # twice: the first
        (NEW_YORK, "2026-03-08 02:00", "2026-03-08 07:00"),
        (NEW_YORK, "2026-11-01 01:30", "2026-11-01 05:30"),
        (APIA, "2011-12-30 12:00", "2011-12-30 10:00"),
        ("Asia/Kathmandu", "2026-01-01 00:00", "2025-12-31 18:15"),
    ],
)
def test_an_hour_that_is_not_there_or_there_twice(zone: str, local: str, utc: str) -> None:
    """A local hour is the first instant at which a clock there shows it or a later one."""
    found = instant(datetime.fromisoformat(local), ZoneInfo(zone))
    assert found == datetime.fromisoformat(utc).replace(tzinfo=UTC)


WINDOWS = st.builds(lambda start, length: Window(start, start + length), st.integers(0, DAY - 1), st.integers(30, DAY))
WEEKS = st.tuples(*[st.lists(WINDOWS, max_size=3).map(tuple)] * 7).filter(any)
CALENDARS = st.builds(Calendar, st.just("any"), st.sampled_from([ATHENS, NEW_YORK, APIA, "Asia/Kathmandu"]), WEEKS)
MOMENTS = st.datetimes(datetime(2011, 12, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
LENGTHS = st.timedeltas(timedelta(), timedelta(days=20))


@given(CALENDARS, MOMENTS, LENGTHS, LENGTHS)
def test_spans_are_apart_and_add_up(calendar: Calendar, start: datetime, a: timedelta, b: timedelta) -> None:
    """Spans are in order and within their bounds, and the parts of a time are open as long as the whole."""
    spans = list(open_spans(calendar, start, start + a + b))
    assert all(start <= opens < closes <= start + a + b for opens, closes in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    parts = open_time(calendar, start, start + a) + open_time(calendar, start + a, start + a + b)
    assert parts == open_time(calendar, start, start + a + b)


@given(CALENDARS, MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(hours=40)))
def test_walking_is_the_inverse_of_counting(calendar: Calendar, start: datetime, length: timedelta) -> None:
    """What was walked is what is counted, and a moment earlier it was not yet."""
    end = walk(calendar, start, length)
    assert open_time(calendar, start, end) == length
    assert open_time(calendar, start, end - timedelta(microseconds=1)) < length
