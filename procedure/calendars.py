"""Working hours: weekly windows in a time zone less holidays, as spans of UTC.

Windows are written in local time and become UTC day by day, so a night on which the clocks change has the hours that it
really has. Nothing here counts minutes since Monday. ``[calendars.NAME]`` of the policy is where they are written
(``procedure.policy_clocks``).

Which days a country has off is not known here: whoever knows hands it in as ``Calendar.regional`` (``desk.days_off``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

ALWAYS = "24x7"
"""The name of the calendar that never closes; a level that names no calendar has this one."""

DAY = 24 * 60
_ONE_DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
"""A piece of time in UTC: its first moment, and the first moment after it."""

RegionalDays = Callable[[int], Collection[date]]
"""The days that the calendar's countries have off in a year."""


def none_off(year: int) -> Collection[date]:
    """Return no days: what is known as long as nobody hands in a country's holidays."""
    return ()


@dataclass(frozen=True)
class Window:
    """Open from ``start`` to ``end``, minutes from local midnight of the day it belongs to; past 1440 is the next day.

    A window belongs to the day on which it begins: a night shift into a holiday goes on, one that begins on it is off.
    """

    start: int
    end: int


@dataclass(frozen=True)
class Calendar:
    """When people work. ``week`` holds the windows of Monday to Sunday; empty, the calendar is always open.

    ``dates`` are days off, ``yearly`` days off of every year as (month, day), ``countries`` whose holidays are days off
    too, as ISO 3166 codes (``GR``, ``DE-BY``).
    """

    name: str
    zone: str = "UTC"
    week: tuple[tuple[Window, ...], ...] = ()
    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    countries: tuple[str, ...] = ()
    regional: RegionalDays = none_off

    @property
    def is_always_open(self) -> bool:
        """Tell whether it never closes."""
        return not self.week

    def is_off(self, day: date) -> bool:
        """Tell whether a local day is a holiday."""
        return day in self.dates or (day.month, day.day) in self.yearly or day in self.regional(day.year)


OPEN_ALWAYS = Calendar(ALWAYS)


def open_spans(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """Yield the open time between two instants: in order, none empty, none over another; two may touch."""
    if start >= end:
        return
    if calendar.is_always_open:
        yield start, end
        return
    for opens, closes in _spans_from(calendar, start):
        if opens >= end:
            return
        yield opens, min(closes, end)


def open_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return how long a calendar is open between two instants."""
    return sum((closes - opens for opens, closes in open_spans(calendar, start, end)), timedelta())


def walk(calendar: Calendar, start: datetime, length: timedelta) -> datetime:
    """Return the moment at which ``length`` of open time has gone by since ``start``; ``start`` itself for none."""
    if length <= timedelta() or calendar.is_always_open:
        return start + max(length, timedelta())
    for opens, closes in _spans_from(calendar, start):
        if closes - opens >= length:
            return opens + length
        length -= closes - opens
    raise AssertionError("a calendar has no end")  # pragma: no cover


def weekly_minutes(calendar: Calendar) -> int:
    """Return for how many minutes of an ordinary week a calendar is open, overlaps counted once."""
    week = {day * DAY + minute for day, windows in enumerate(calendar.week) for w in windows for minute in _minutes(w)}
    return len({minute % (7 * DAY) for minute in week})


def _minutes(window: Window) -> range:
    return range(window.start, window.end)


def _spans_from(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """Yield the open spans from ``start`` on, for ever; they may touch and never overlap."""
    zone = ZoneInfo(calendar.zone)
    # Two days back: a window that began the day before yesterday may end after a midnight that the zone moved.
    first, reached = start.astimezone(zone).date() - 2 * _ONE_DAY, start
    for number in count():
        for opens, closes in _day(calendar, first + number * _ONE_DAY, zone):
            opens = max(opens, reached)
            if opens < closes:
                yield opens, closes
                reached = closes


def _day(calendar: Calendar, day: date, zone: ZoneInfo) -> list[Span]:
    """Return the windows of a local day as instants, without those that fall into an hour that is left out."""
    if calendar.is_off(day):
        return []
    midnight = datetime.combine(day, time())
    spans = [
        (instant(midnight + timedelta(minutes=w.start), zone), instant(midnight + timedelta(minutes=w.end), zone))
        for w in calendar.week[day.weekday()]
    ]
    return sorted((opens, closes) for opens, closes in spans if opens < closes)


@lru_cache(maxsize=8192)  # every clock of every ticket asks for the same opening hours
def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which a clock in ``zone`` shows ``local`` (naive) or a later time.

    An hour that comes twice counts from its first time; an hour that is left out is the moment of the change.
    """
    shown = local.replace(tzinfo=zone, fold=0)
    late = shown.astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == local:
        return late
    early = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
