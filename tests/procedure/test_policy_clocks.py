"""The tables of a policy that are about time."""

# ruff: noqa: E501  (sentences as they are said)

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources

import pytest

from procedure.calendars import Window, weekly_minutes
from procedure.policy import PolicyError, parse
from procedure.policy_clocks import SHIPPED_PAUSES
from procedure.terms import Level, Priority, Status, Target

SHIPPED = resources.files("desk").joinpath("default_policy.toml").read_text(encoding="utf-8")
HEAD = SHIPPED[: SHIPPED.index("[[rules]]")]
OFFICE = """
[calendars.office]
zone = "Europe/Athens"
mon-fri = ["09:00-14:00", "15:00-18:00"]
sat = ["22:00-02:00"]
holidays = ["2026-12-24", "12-31", "02-29"]
countries = ["GR", "DE-BY"]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    return list(caught.value.problems)


def test_the_shipped_policy_works_round_the_clock() -> None:
    """Every level is at work at all hours, promises answers and an end, and only the first two have a time box."""
    rules = parse(SHIPPED).clock_rules
    assert {clock.calendar for clock in rules.levels.values()} == {"24x7"}
    assert [rules.levels[level].time_box for level in Level] == [timedelta(hours=2), timedelta(hours=8), None]
    assert (rules.pauses, rules.warn) == (SHIPPED_PAUSES, 75)
    for level in Level:
        for target in (Target.FIRST_ANSWER, Target.NEXT_ANSWER, Target.RESOLUTION):
            limits = [rules.levels[level].limit(target, priority) or timedelta() for priority in Priority]
            assert limits == sorted(limits, reverse=True)
            assert min(limits) > timedelta()


def test_a_calendar() -> None:
    """Windows by day and by run of days, past midnight, days off once and yearly, countries and parts of them."""
    office = parse(HEAD.replace("time_box = 120", 'calendar = "office"') + OFFICE).calendars["office"]
    day = (Window(540, 840), Window(900, 1080))
    assert office.week == (day, day, day, day, day, (Window(1320, 1560),), ())
    assert (office.dates, office.yearly) == (frozenset({date(2026, 12, 24)}), frozenset({(12, 31), (2, 29)}))
    assert (office.countries, weekly_minutes(office)) == (("GR", "DE-BY"), 5 * 480 + 240)


def test_the_example_in_the_shipped_policy_can_be_used() -> None:
    """The calendar that is written there as a comment is right once its marks are taken away."""
    lines = HEAD[HEAD.index("#   [calendars.office]") :].splitlines()
    example = "\n".join(line.removeprefix("#   ").split("     ")[0] for line in lines[:6])
    assert weekly_minutes(parse(HEAD + "\n" + example).calendars["office"]) == 5 * 480 + 240


def test_what_may_be_left_out() -> None:
    """A later answer is promised like the first, resolution and time box not at all, and pauses are as shipped."""
    start, end = HEAD.index("[levels.1]"), HEAD.index("[levels.2]")
    bare = '[levels.1]\nfirst_answer = { low = 4, normal = 3, high = 2, urgent = 1 }\nsignature = "x"\n'
    text = HEAD[:start] + bare + HEAD[end:]
    cut = text.index("[pauses]")
    policy = parse(text[:cut] + text[text.index("# Office hours") :])
    clock = policy.levels[Level.FIRST].clock
    assert clock.next_answer == clock.first_answer
    assert (dict(clock.resolution), clock.time_box, policy.pauses) == ({}, None, SHIPPED_PAUSES)


def test_pauses() -> None:
    """Each target has its own list; an empty one pauses nothing."""
    text = HEAD.replace('time_box = ["pending", "on_hold"]', "time_box = []")
    text = text.replace("first_answer = []", 'first_answer = ["on_hold"]')
    pauses = parse(text).pauses
    assert (pauses[Target.TIME_BOX], pauses[Target.FIRST_ANSWER]) == (frozenset(), frozenset({Status.ON_HOLD}))
    assert pauses[Target.RESOLUTION] == frozenset({Status.PENDING})


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Europe/Athens", "Athens", "calendars.office.zone is 'Athens', which is no time zone; write one such as"
         " Europe/Athens."),
        ('sat = ["22:00-02:00"]', 'sat = ["9-17"]', "calendars.office.sat has '9-17'; write hours as 09:00-17:00, past"
         " midnight as 22:00-06:00."),
        ('sat = ["22:00-02:00"]', 'sat = ["09:00-09:00"]', "calendars.office.sat has '09:00-09:00'; write hours as"
         " 09:00-17:00, past midnight as 22:00-06:00."),
        ('sat = ["22:00-02:00"]', 'sat = ["24:00-25:00"]', "calendars.office.sat has '24:00-25:00'; write hours as"
         " 09:00-17:00, past midnight as 22:00-06:00."),
        ("sat = ", "saturday = ", "calendars.office.saturday is not known here; known are countries, fri, holidays, mon,"
         " mon-fri, sat, sun, thu, tue, wed, zone."),
        ('"12-31"', '"31.12."', "calendars.office.holidays has '31.12.'; write a day as 2026-12-24, one of every year as"
         " 12-24."),
        ('"12-31"', '"2026-02-30"', "calendars.office.holidays has '2026-02-30'; write a day as 2026-12-24, one of every"
         " year as 12-24."),
        ('"GR"', '"Greece"', "calendars.office.countries has 'Greece'; write a country as GR, a part of one as DE-BY."),
        ("[calendars.office]", "[calendars.24x7]", "calendars.24x7 must be called by small letters, digits and single"
         " hyphens, and not 24x7."),
        ('mon-fri = ["09:00-14:00", "15:00-18:00"]\nsat = ["22:00-02:00"]', 'sun = ["09:00-09:59"]',
         "calendars.office.mon and the other days are open for less than 60 minutes a week."),
    ],
)  # fmt: skip
def test_faults_of_a_calendar(old: str, new: str, fault: str) -> None:
    """Each slip in a calendar is one sentence that says what to write instead."""
    assert problems(HEAD + OFFICE.replace(old, new)) == [fault]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("time_box = 480", 'calendar = "offce"', "levels.2.calendar is 'offce', but there is no table calendars.offce."),
        ("time_box = 480", "time_box = -1", "levels.2.time_box must be a whole number from 0 to 86400."),
        ("resolution = { low = 7200, ", "time_box = 5\nresolution = { low = 7200, ", "levels.3.time_box is not known here;"
         " known are calendar, first_answer, next_answer, resolution, signature."),
        ("next_answer = { low = 480, normal = 120, ", "next_answer = { low = 480, ",
         "levels.1.next_answer.normal is missing."),
        ('resolution = ["pending"]', 'resolution = ["open"]',
         "pauses.resolution has 'open'; what may pause it is pending, on_hold, solved."),
        ('resolution = ["pending"]', 'resolutions = ["pending"]', "pauses.resolutions is not known here; known are"
         " first_answer, next_answer, resolution, time_box."),
        ("warn_percent = 75", "warn_percent = 100", "times.warn_percent must be a whole number from 1 to 99."),
    ],
)  # fmt: skip
def test_faults_of_clocks(old: str, new: str, fault: str) -> None:
    """Each slip in targets and pauses is one sentence."""
    assert old in HEAD
    assert problems(HEAD.replace(old, new)) == [fault]
