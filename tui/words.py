"""The glyphs and words of the console: status, priority, speaker, delivery, spans of time.

Nothing is told by colour alone: each state has one glyph of one cell and one word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from desk.views import QueueRow
from procedure.terms import Fate, MessageKind, OutboxState, Priority, Status, Turn

NOTHING = "–"
"""Stands where there is no value."""


@dataclass(frozen=True)
class Sign:
    """A glyph of one cell, the word for it, and the name of the style that supports both."""

    glyph: str
    word: str
    style: str = ""


STATUS: dict[Status, Sign] = {
    Status.NEW: Sign("*", "new", "ours"),
    Status.OPEN: Sign("·", "open", "ours"),
    Status.PENDING: Sign("~", "pending", "dim"),
    Status.ON_HOLD: Sign("z", "on hold", "dim"),
    Status.SOLVED: Sign("✓", "solved", "good"),
    Status.CLOSED: Sign("x", "closed", "dim"),
}

PRIORITY: dict[Priority, Sign] = {
    Priority.LOW: Sign("-", "low", "dim"),
    Priority.NORMAL: Sign(" ", "normal"),
    Priority.HIGH: Sign("^", "high", "late"),
    Priority.URGENT: Sign("!", "urgent", "late"),
}

SPEAKER: dict[MessageKind, Sign] = {
    MessageKind.CUSTOMER: Sign("◂", "customer", "customer"),
    MessageKind.STAFF: Sign("▸", "our answer", "staff"),
    MessageKind.NOTE: Sign("#", "internal note", "note"),
    MessageKind.SYSTEM: Sign("·", "system", "dim"),
}

DELIVERY: dict[OutboxState, Sign] = {
    OutboxState.QUEUED: Sign("…", "waits to be sent", "dim"),
    OutboxState.SENDING: Sign("»", "is being sent", "dim"),
    OutboxState.SENT: Sign("✓", "sent", "good"),
    OutboxState.DEAD: Sign("✗", "not delivered", "late"),
}

FATE: dict[Fate, Sign] = {
    Fate.PENDING: Sign("…", "pending", "ours"),
    Fate.NEW_TICKET: Sign("*", "new ticket", "good"),
    Fate.APPENDED: Sign("+", "appended", "good"),
    Fate.DUPLICATE: Sign("=", "duplicate", "dim"),
    Fate.AUTOMATIC: Sign("@", "automatic", "dim"),
    Fate.QUARANTINED: Sign("?", "quarantined", "late"),
    Fate.POISON: Sign("!", "poison", "late"),
}
SPAM = Sign("x", "spam", "dim")

LATE = Sign("!", "late", "late")
LEFT_QUEUE = Sign("←", "left this queue", "dim")


def standing(row: QueueRow, now: datetime) -> Sign:
    """Return the sign of a queue line: late and urgent before the status."""
    if row.turn is Turn.OURS and row.due_at is not None and row.due_at < now:
        return LATE
    if row.turn is Turn.OURS and row.priority is Priority.URGENT:
        return PRIORITY[Priority.URGENT]
    return STATUS[row.status]


def span(length: timedelta) -> str:
    """Return a length of time, rounded down: ``38 min``, ``1 h 24`` below ten hours, ``12 h``, ``2 d``."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 10 * 60:
        return f"{minutes // 60} h {minutes % 60:02}"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def left(due_at: datetime | None, now: datetime) -> str:
    """Return the time to a target: ``4 min``; ``-12 min`` when it has passed; a dash when there is none."""
    if due_at is None:
        return NOTHING
    return span(due_at - now) if due_at >= now else f"-{span(now - due_at)}"


def waits(since: datetime | None, now: datetime) -> str:
    """Return how long the customer has waited; a dash when nobody waits for us."""
    return NOTHING if since is None else span(now - since)


def moment(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return an instant as people say it: ``13:24`` today, ``12 Mar 13:24`` this year, else with the year.

    ``zone`` is the time zone of the reader, None the one of the process.
    """
    here, today = at.astimezone(zone), now.astimezone(zone)
    if here.date() == today.date():
        return f"{here:%H:%M}"
    return f"{here:%d} {_MONTHS[here.month - 1]} {here:%H:%M}" if here.year == today.year else f"{here:%Y-%m-%d %H:%M}"


def size(count: int) -> str:
    """Return a number of bytes: ``640 B``, ``12 KB``, ``3.4 MB``."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count // 1024} KB"
    return f"{count / (1024 * 1024):.1f} MB"


# Not strftime's %b: the words of the console do not follow the locale of the process.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
