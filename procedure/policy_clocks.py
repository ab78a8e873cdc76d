"""The tables of a policy that are about time: calendars, what each level promises by when, and what pauses a clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from procedure.calendars import ALWAYS, DAY, OPEN_ALWAYS, Calendar, Window, weekly_minutes
from procedure.policy_tables import Table
from procedure.terms import Level, Priority, Status, Target

MAX_MINUTES = 60 * 24 * 60
LEAST_OPEN = 60
"""Minutes that a calendar is open in a week at least: one that opens less would push a target into another decade."""

MAY_PAUSE = (Status.PENDING, Status.ON_HOLD, Status.SOLVED)
"""Statuses that may pause a target. Work on a new or open ticket is what the clocks are for."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_YEARLY = re.compile(r"\d\d-\d\d")


@dataclass(frozen=True)
class LevelClock:
    """What a level promises, by priority, and the calendar in whose hours it is counted.

    ``resolution`` is empty where nothing is promised. ``time_box`` is how long a ticket stays on the level before a
    hand-up is proposed; None: for ever.
    """

    first_answer: Mapping[Priority, timedelta]
    next_answer: Mapping[Priority, timedelta]
    resolution: Mapping[Priority, timedelta] = field(default_factory=dict)
    time_box: timedelta | None = None
    calendar: str = ALWAYS

    def limit(self, target: Target, priority: Priority) -> timedelta | None:
        """Return how much time a target has, None when nothing is promised."""
        if target is Target.TIME_BOX:
            return self.time_box
        tables = {
            Target.FIRST_ANSWER: self.first_answer,
            Target.NEXT_ANSWER: self.next_answer,
            Target.RESOLUTION: self.resolution,
        }
        return tables[target].get(priority)


SHIPPED_PAUSES: Mapping[Target, frozenset[Status]] = {
    Target.FIRST_ANSWER: frozenset(),
    Target.NEXT_ANSWER: frozenset(),
    Target.RESOLUTION: frozenset({Status.PENDING}),
    Target.TIME_BOX: frozenset({Status.PENDING, Status.ON_HOLD}),
}
"""What pauses what when the policy does not say."""


@dataclass(frozen=True)
class ClockRules:
    """The part of a policy that clocks are read by. ``warn`` is the share of a target, in percent, at which we warn."""

    levels: Mapping[Level, LevelClock]
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    pauses: Mapping[Target, frozenset[Status]] = field(default_factory=lambda: SHIPPED_PAUSES)
    warn: int = 75

    def calendar(self, name: str) -> Calendar | None:
        """Return a calendar by its name, None when there is none of that name here."""
        return OPEN_ALWAYS if name == ALWAYS else self.calendars.get(name)


def calendars(top: Table) -> Mapping[str, Calendar]:
    """Read ``[calendars.NAME]``."""
    table = top.table("calendars")
    found = {name: _calendar(table.table(name), name) for name in table.keys_in_order()}
    for name in found:
        if name == ALWAYS or not _NAME.fullmatch(name):
            table.fault(name, f"must be called by small letters, digits and single hyphens, and not {ALWAYS}")
    return found


def level(row: Table, number: Level, known: Mapping[str, Calendar]) -> LevelClock:
    """Read what ``[levels.N]`` says of time."""
    first = _targets(row, "first_answer", required=True)
    name = row.text("calendar", ALWAYS)
    if name not in known and name != ALWAYS:
        row.fault("calendar", f"is {name!r}, but there is no table calendars.{name}")
    box = 0
    if number is not Level.THIRD:  # nobody is above it to hand up to
        box = row.integer("time_box", 0, MAX_MINUTES, default=0)
    return LevelClock(
        first_answer=first,
        next_answer=_targets(row, "next_answer") or first,
        resolution=_targets(row, "resolution"),
        time_box=timedelta(minutes=box) if box else None,
        calendar=name,
    )


def pauses(table: Table) -> Mapping[Target, frozenset[Status]]:
    """Read ``[pauses]``."""
    found = {}
    for target in Target:
        words = table.words(target)
        for word in words:
            if word not in MAY_PAUSE:
                table.fault(target, f"has {word!r}; what may pause it is {', '.join(MAY_PAUSE)}")
        named = frozenset(Status(word) for word in words if word in MAY_PAUSE)
        found[target] = named if table.has_any(target) else SHIPPED_PAUSES[target]
    table.finish()
    return found


def _targets(row: Table, key: str, required: bool = False) -> Mapping[Priority, timedelta]:
    if not required and not row.has_any(key):
        row.table(key)
        return {}
    table = row.table(key, required=required)
    minutes = {priority: table.integer(priority, 1, MAX_MINUTES) for priority in Priority}
    table.finish()
    return {priority: timedelta(minutes=value) for priority, value in minutes.items()}


def _calendar(table: Table, name: str) -> Calendar:
    zone = table.text("zone")
    if zone and not _is_zone(zone):
        table.fault("zone", f"is {zone!r}, which is no time zone; write one such as Europe/Athens")
        zone = ""
    dates, yearly = _dates(table)
    countries = table.texts("countries") if table.has_any("countries") else table.words("countries")
    for country in countries:
        if not _COUNTRY.fullmatch(country):
            table.fault("countries", f"has {country!r}; write a country as GR, a part of one as DE-BY")
    calendar = Calendar(name, zone or "UTC", _week(table), dates, yearly, countries)
    if weekly_minutes(calendar) < LEAST_OPEN:
        table.fault("mon", f"and the other days are open for less than {LEAST_OPEN} minutes a week")
    table.finish()
    return calendar


def _week(table: Table) -> tuple[tuple[Window, ...], ...]:
    """Read the windows by day; a key is a day (``sat``) or a run of days (``mon-fri``), and days may be left out."""
    week: list[list[Window]] = [[] for _ in _DAYS]
    for key in table.keys_in_order():
        days = _days_of(key)
        if days:
            windows = _windows(table, key)
            for day in days:
                week[day] += windows
    for name in _DAYS:
        table.words(name)  # a day without hours is a known key too
    return tuple(tuple(sorted(windows, key=lambda w: (w.start, w.end))) for windows in week)


def _days_of(key: str) -> range:
    first, _, last = key.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS:
        return range(0)
    return range(_DAYS.index(first), _DAYS.index(last or first) + 1)


def _windows(table: Table, key: str) -> list[Window]:
    found = []
    for text in table.words(key):
        match = _WINDOW.fullmatch(text.replace(" ", ""))
        start, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
        if start >= DAY or end > DAY or start == end:
            table.fault(key, f"has {text!r}; write hours as 09:00-17:00, past midnight as 22:00-06:00")
            continue
        found.append(Window(start, end if end > start else end + DAY))
    return found


def _dates(table: Table) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
    dates, yearly = set(), set()
    for text in table.words("holidays"):
        is_yearly = _YEARLY.fullmatch(text) is not None
        try:
            # 2024 has a 29th of February.
            day = date.fromisoformat(f"2024-{text}" if is_yearly else text)
        except ValueError:
            table.fault("holidays", f"has {text!r}; write a day as 2026-12-24, one of every year as 12-24")
            continue
        if is_yearly:
            yearly.add((day.month, day.day))
        else:
            dates.add(day)
    return frozenset(dates), frozenset(yearly)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True
