"""Rows from events: what a ticket is must follow from what happened to it (law 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

TICKET_FIELDS = (
    "subject",
    "requester_id",
    "channel",
    "mailbox",
    "level",
    "difficulty",
    "priority",
    "status",
    "assignee_id",
    "claimed_by",
    "claimed_until",
    "turn",
    "next_at",
    "waiting_since",
    "due_at",
    "alarm_at",
    "wake_at",
    "created_at",
    "first_answered_at",
    "closed_at",
    "linked_ticket_id",
    "tags",
)
"""The fields of a ticket that events record; instants as ISO 8601 text in UTC, as they stand in an event."""


def rebuild(events: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Return the fields of a ticket from its events' data, oldest first.

    Each event's ``set`` maps the fields that it changed to their new values.
    """
    fields: dict[str, object] = {}
    for data in events:
        changed = data.get("set")
        if isinstance(changed, Mapping):
            fields.update(changed)
    return fields
