"""Calendar objects (RFC 5545) in words: what, when, where and by whom, for who reads the ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"([A-Za-z-]{1,40})((?:;[^:\"\r\n]{0,200}(?:\"[^\"\r\n]{0,200}\")?){0,10}):(.*)")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?")
_ZONE = re.compile(r";TZID=\"?([^;:\"]{1,100})", re.IGNORECASE)
_NAME = re.compile(r";CN=\"?([^;:\"]{1,200})", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([\\;,nN])")
_MAX_OCTETS = 200_000
_HEADINGS = {"cancel": "Cancelled", "reply": "Answer to an invitation", "counter": "Another time is proposed"}


def describe(calendar: str) -> str:
    """Return the first event of a calendar object in a few lines, '' when it has none."""
    method, event = "", dict[str, tuple[str, str]]()
    for name, parameters, value in _first_event(calendar[:_MAX_OCTETS]):
        if name == "method":
            method = value.strip().lower()
        else:
            event.setdefault(name, (parameters, value.strip()))
    if not event:
        return ""
    lines = [f"{_HEADINGS.get(method, 'Invitation')}: {_text(event, 'summary') or '(no title)'}"]
    when = _moment(event, "dtstart")
    until = _moment(event, "dtend")
    if when:
        lines.append(f"When: {when}" + (f" to {until}" if until and until != when else ""))
    if where := _text(event, "location"):
        lines.append(f"Where: {where}")
    if organiser := _organiser(event):
        lines.append(f"Organiser: {organiser}")
    return "\n".join(lines)


def _first_event(calendar: str) -> Iterator[tuple[str, str, str]]:
    """Yield METHOD and the lines of the first event; what is in its alarms is no part of it."""
    inside = 0
    for line in _FOLD.sub("", calendar).splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match[1].lower(), match[3]
        if name == "begin":
            inside += bool(inside) or value.strip().upper() in ("VEVENT", "VTODO")
        elif name == "end" and inside:
            inside -= 1
            if not inside:
                return
        elif inside == 1 or (name == "method" and not inside):
            yield name, match[2], value


def _text(event: dict[str, tuple[str, str]], name: str) -> str:
    value = event.get(name, ("", ""))[1]
    return " ".join(_ESCAPE.sub(lambda match: " " if match[1] in "nN" else match[1], value).split())[:500]


def _moment(event: dict[str, tuple[str, str]], name: str) -> str:
    parameters, value = event.get(name, ("", ""))
    match = _MOMENT.match(value)
    if match is None:
        return value[:100]
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if match[4] is None:
        return day
    zone = _ZONE.search(parameters)
    place = " UTC" if match[7] else f" ({zone[1]})" if zone else ""
    return f"{day} {match[4]}:{match[5]}{place}"


def _organiser(event: dict[str, tuple[str, str]]) -> str:
    parameters, value = event.get("organizer", ("", ""))
    address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)[:320]
    name = _NAME.search(parameters)
    return f"{name[1]} <{address}>" if name and address else address
