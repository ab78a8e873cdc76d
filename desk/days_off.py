"""Which days a country has off, from the ``holidays`` library; it is loaded by the first calendar that asks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from functools import cache, partial

from procedure.calendars import Calendar
from procedure.policy import Policy


def with_days_off(policy: Policy) -> Policy:
    """Return a policy whose calendars know the holidays of their countries."""
    if not any(calendar.countries for calendar in policy.calendars.values()):
        return policy
    return replace(policy, calendars={name: _known(calendar) for name, calendar in policy.calendars.items()})


def unknown_countries(policy: Policy) -> Iterator[str]:
    """Yield a sentence for each country of a policy's calendars whose holidays nobody has written down."""
    for calendar in policy.calendars.values():
        for code in calendar.countries:
            if not _is_known(code):
                yield f"calendars.{calendar.name}.countries has {code!r}, whose holidays are not known here."


def days_off(countries: tuple[str, ...], year: int) -> Collection[date]:
    """Return the public holidays of countries in a year; a code that is not known has none."""
    return frozenset().union(*(_of_country(code, year) for code in countries))


def _known(calendar: Calendar) -> Calendar:
    return replace(calendar, regional=partial(days_off, calendar.countries)) if calendar.countries else calendar


@cache
def _of_country(code: str, year: int) -> frozenset[date]:
    if not _is_known(code):
        return frozenset()
    import holidays

    country, _, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


@cache
def _is_known(code: str) -> bool:
    import holidays

    country, _, part = code.partition("-")
    parts = holidays.list_supported_countries().get(country)
    return parts is not None and (not part or part in parts)
