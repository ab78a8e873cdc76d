"""Where a ticket may go from where it stands: the transitions as a table.

| from | a person may set | a customer's word makes it | a wake-up makes it |
|---|---|---|---|
| new | open, pending, on_hold, solved | new | – |
| open | pending, on_hold, solved | open | – |
| pending | open, pending, on_hold, solved | open | open |
| on_hold | open, pending, on_hold, solved | open | open |
| solved | open, closed | open | closed |
| closed | open | open | – |

A status that sleeps carries a moment to wake at; setting ``pending`` or ``on_hold`` again only moves that moment.
"""

from __future__ import annotations

from procedure.terms import Status

_BY_HAND: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED}),
    Status.OPEN: frozenset({Status.PENDING, Status.ON_HOLD, Status.SOLVED}),
    Status.PENDING: frozenset({Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED}),
    Status.ON_HOLD: frozenset({Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED}),
    Status.SOLVED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.OPEN}),
}

SLEEPING = frozenset({Status.PENDING, Status.ON_HOLD, Status.SOLVED})
"""Statuses that cannot be without a moment to wake at."""


def may_set(current: Status, wanted: Status) -> bool:
    """Tell whether a person may move a ticket from ``current`` to ``wanted``."""
    return wanted in _BY_HAND[current]


def choices(current: Status) -> tuple[Status, ...]:
    """Return what a person may set from ``current``, in the order of the procedure."""
    return tuple(status for status in Status if status in _BY_HAND[current])


def after_customer_word(current: Status) -> Status:
    """Return the status that a customer's word leads to; a word wakes everything but keeps a new ticket new."""
    return Status.NEW if current is Status.NEW else Status.OPEN


def after_wake(current: Status) -> Status:
    """Return the status when a sleeper's moment has come: solved ends, the others return to us."""
    return Status.CLOSED if current is Status.SOLVED else Status.OPEN
