"""The words of the trade as types: one word for one thing (docs/glossary.md).

Every other package takes its vocabulary from here. Values are what the store keeps and what ``--json`` prints.
"""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """A support level: 1 low difficulty, 2 greater difficulty, 3 servers, network and infrastructure."""

    FIRST = 1
    SECOND = 2
    THIRD = 3

    @property
    def label(self) -> str:
        """Return the level as people say it: ``1st``, ``2nd``, ``3rd``."""
        return ("1st", "2nd", "3rd")[self - 1]


class Priority(StrEnum):
    """How soon a ticket must be looked at, lowest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Channel(StrEnum):
    """Where a request came from."""

    MAIL = "mail"
    PHONE = "phone"
    WATCH = "watch"


class Status(StrEnum):
    """Where a ticket stands; the transitions are in ``procedure.statuses``."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Target(StrEnum):
    """What a clock measures: answers, the whole, and how long a ticket stays on a level."""

    FIRST_ANSWER = "first_answer"
    NEXT_ANSWER = "next_answer"
    RESOLUTION = "resolution"
    TIME_BOX = "time_box"


class Turn(IntEnum):
    """Whose move it is on an open ticket: ours sorts before theirs in every queue."""

    OURS = 0
    THEIRS = 1


class MessageKind(StrEnum):
    """Who speaks in a message. ``staff`` is public, ``note`` is internal."""

    CUSTOMER = "customer"
    STAFF = "staff"
    NOTE = "note"
    SYSTEM = "system"


class Fate(StrEnum):
    """Where an accepted mail ended. Each ledger row ends in exactly one; ``pending`` until then."""

    PENDING = "pending"
    NEW_TICKET = "new_ticket"
    APPENDED = "appended"
    DUPLICATE = "duplicate"
    AUTOMATIC = "automatic"
    QUARANTINED = "quarantined"
    POISON = "poison"


class OutboxState(StrEnum):
    """Where an outgoing mail stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"


class OutboxKind(StrEnum):
    """Why a mail leaves the house."""

    ANSWER = "answer"
    ACKNOWLEDGEMENT = "acknowledgement"


class Role(StrEnum):
    """What a member of staff may be; one person can have several."""

    LEVEL1 = "level1"
    LEVEL2 = "level2"
    LEVEL3 = "level3"
    MODERATOR = "moderator"
    SUPERVISOR = "supervisor"
    OWNER = "owner"


class ServiceRole(StrEnum):
    """What a part of the service may do: each has its own narrow rights, and nobody signs in as one."""

    LISTENER = "service:listener"
    FILER = "service:filer"
    COURIER = "service:courier"
    TIMERS = "service:timers"


CLOSED_STATUSES = frozenset({Status.SOLVED, Status.CLOSED})
"""Statuses that take a ticket out of its queue."""

REF_PATTERN = re.compile(r"\bTD-(\d{1,9})\b", re.IGNORECASE)


def ref(ticket_id: int) -> str:
    """Return the public reference of a ticket, e.g. ``TD-1042``."""
    return f"TD-{ticket_id}"


def parse_ref(text: str) -> int | None:
    """Return the ticket id in ``TD-1042``, ``td-1042`` or ``1042``; None when the text is not a reference."""
    match = re.fullmatch(r"(?:TD-)?(\d{1,9})", text.strip(), re.IGNORECASE)
    return int(match[1]) if match else None
