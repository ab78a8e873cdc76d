"""Whose move it is, and the moment that sorts a ticket in its queue.

``waiting_since`` is computed from messages and never set by hand: a note, an acknowledgement or a status cannot
silence it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from procedure.terms import MessageKind, Status, Turn


@dataclass(frozen=True)
class Word:
    """A message as far as the turn is concerned; ``takes_turn`` is false for robots' words and dead answers."""

    kind: MessageKind
    at: datetime
    takes_turn: bool


@dataclass(frozen=True)
class Standing:
    """Where a ticket stands in time; ``next_at`` is never empty, so nothing is forgotten."""

    turn: Turn
    waiting_since: datetime | None
    due_at: datetime | None
    wake_at: datetime | None
    next_at: datetime


def waiting_since(words: Iterable[Word]) -> datetime | None:
    """Return the moment of the oldest customer word without a public human answer after it; ``words`` oldest first."""
    oldest: datetime | None = None
    for word in words:
        if not word.takes_turn:
            continue
        if word.kind is MessageKind.STAFF:
            oldest = None
        elif word.kind is MessageKind.CUSTOMER and oldest is None:
            oldest = word.at
    return oldest


def stand(
    status: Status, waiting: datetime | None, wake_at: datetime | None, due_at: datetime | None, now: datetime
) -> Standing:
    """Return whose turn it is and when the ticket is next looked at.

    ``due_at`` is when the customer's word is to be answered (``procedure.clocks``); None while its clock is paused. A
    ticket that is open with nobody waiting and no moment to wake (an agent reopened it) is due at once: its ``wake_at``
    becomes ``now``.
    """
    if status in (Status.NEW, Status.OPEN):
        if waiting is not None:
            return Standing(Turn.OURS, waiting, due_at, None, due_at or waiting)
        woken = wake_at if wake_at is not None and wake_at <= now else now
        return Standing(Turn.OURS, None, None, woken, woken)
    if status is Status.CLOSED:
        return Standing(Turn.THEIRS, waiting, due_at, None, now)
    if wake_at is None:
        raise ValueError(f"{status} needs a moment to wake at")
    # Pending means the customer's turn; while a word of theirs is unanswered it is not, whatever the status says.
    if status is Status.PENDING and waiting is not None:
        return Standing(Turn.OURS, waiting, due_at, wake_at, min(due_at or wake_at, wake_at))
    return Standing(Turn.THEIRS, waiting, due_at, wake_at, wake_at)
