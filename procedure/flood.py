"""Floods: the same again and again. The first become tickets, the others wait as one item with their number.

Mail is never refused or throttled for it. What counts is what came within the policy's window, tickets and waiting
mails alike, so a flood that goes on stays one item and ends when it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from procedure.destination import Known, Request
from procedure.mail import ParsedMail
from procedure.policy_values import Flood
from procedure.subjects import fold_numbers
from procedure.terms import ref

CROWD = "A flood of strangers"
"""How the reason begins of mail that waits because too many strangers write at once."""


@dataclass(frozen=True)
class FloodFound:
    """Why a request waits, and the ticket at which its flood is counted, None for a crowd of strangers."""

    reason: str
    ticket_id: int | None


def find_flood(mail: ParsedMail, known: Known, limits: Flood, received_at: datetime) -> FloodFound | None:
    """Return the flood that a new request belongs to, None when it belongs to none."""
    subject = fold_numbers(mail.subject)
    same = [one for one in known.requests if fold_numbers(one.subject) == subject]
    minutes = limits.window // timedelta(minutes=1)
    for limit, group, what in (
        (limits.same, same, "with this subject"),
        (limits.sender, known.requests, "of its sender"),
    ):
        number, first = _count(group, known, received_at - limits.window)
        if limit and first is not None and number >= limit:
            reason = f"A flood: number {number + 1} {what} within {minutes} minutes, counted at {ref(first)}."
            return FloodFound(reason, first)
    if limits.strangers and known.is_crowded and not known.requests:
        return FloodFound(
            f"{CROWD}: more than {limits.strangers} mails within {minutes} minutes, this is one of theirs.", None
        )
    return None


def _count(group: Sequence[Request], known: Known, since: datetime) -> tuple[int, int | None]:
    """Return how many came since, and where they are counted: at the oldest, or where some wait already."""
    recent = [one.ticket_id for one in group if one.created_at > since]
    waiting = [one.ticket_id for one in group if known.held.get(one.ticket_id)]
    places = [*waiting, *recent]
    held = sum(known.held.get(ticket_id, 0) for ticket_id in waiting)
    return len(recent) + held, min(waiting or places, default=None)
