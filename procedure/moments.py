"""When a sleeping ticket comes back, as people say it: ``2h``, ``3d``, ``tomorrow``, ``18:30``, ``2026-12-01``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

_SPAN = re.compile(r"(\d{1,4})\s*(m|min|h|d|w)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MORNING = time(9, 0)
"""What ``tomorrow`` means when no hour is said."""

EXAMPLES = "30m, 4h, 3d, 1w, tomorrow, 18:30 or 2026-12-01 09:00"


def parse_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Return the moment that ``text`` names, in UTC; hours are those of ``zone`` (None: the process's own).

    A clock time that has passed today is tomorrow's. Raises ValueError, with examples, for what is no moment; a moment
    in the past is returned as it is.
    """
    words = " ".join(text.lower().split())
    here = now.astimezone(zone)
    span = _SPAN.fullmatch(words)
    if span:
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    if words == "tomorrow":
        return _at(here + timedelta(days=1), MORNING)
    clock = _CLOCK.fullmatch(words.removeprefix("tomorrow "))
    if clock and int(clock[1]) < 24 and int(clock[2]) < 60:
        wanted = time(int(clock[1]), int(clock[2]))
        is_later = words.startswith("tomorrow") or _at(here, wanted) <= now
        return _at(here + timedelta(days=1) if is_later else here, wanted)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a moment; write {EXAMPLES}.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=here.tzinfo) if zone is not None else moment.astimezone()
    return moment.astimezone(UTC)


def _at(day: datetime, wanted: time) -> datetime:
    local = day.replace(hour=wanted.hour, minute=wanted.minute, second=0, microsecond=0)
    return local.astimezone(UTC)
