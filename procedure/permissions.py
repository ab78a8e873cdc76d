"""Who may do what, as data. What is not written here is refused.

``desk`` asks this matrix before it reads anything; screens ask it only to leave out what a person may not see.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from procedure.terms import Role, ServiceRole


class Permission(StrEnum):
    """A thing that a person or a part of the service does."""

    READ_TICKETS = "read tickets"
    WORK_TICKETS = "work on tickets"
    OPEN_TICKETS = "open tickets"
    REPLY = "answer customers"
    NOTE = "write notes"
    ASSIGN = "assign tickets to others"
    READ_LEDGER = "read the ledger"
    READ_RAW = "read raw mail"
    DECIDE_MAIL = "decide on quarantined mail"
    READ_OUTBOX = "read the outbox"
    RETRY_OUTBOX = "send mail again"
    READ_STAFF = "read the list of staff"
    MANAGE_STAFF = "add and change staff"
    READ_POLICY = "read the policy"
    MANAGE_POLICY = "load a policy"
    FOLLOW_CHANGES = "follow changes"
    ACCEPT_MAIL = "accept mail"
    FILE_MAIL = "file mail"
    SEND_MAIL = "send mail"
    RUN_TIMERS = "run timers"
    HOLD_SERVICE = "run the service"


_EVERYBODY = frozenset(Role)
_AGENTS = frozenset({Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.MODERATOR, Role.SUPERVISOR})
_LEADERS = frozenset({Role.MODERATOR, Role.SUPERVISOR, Role.OWNER})

MATRIX: dict[Permission, frozenset[Role | ServiceRole]] = {
    Permission.READ_TICKETS: _EVERYBODY,
    Permission.WORK_TICKETS: _EVERYBODY,
    Permission.OPEN_TICKETS: _EVERYBODY,
    # Not the owner alone: public words carry the name of a member of staff.
    Permission.REPLY: _AGENTS,
    Permission.NOTE: _EVERYBODY,
    Permission.ASSIGN: _EVERYBODY,
    Permission.READ_LEDGER: _EVERYBODY,
    Permission.READ_RAW: _LEADERS | {Role.LEVEL3},
    Permission.DECIDE_MAIL: _LEADERS | {Role.LEVEL3},
    Permission.READ_OUTBOX: _EVERYBODY,
    Permission.RETRY_OUTBOX: _LEADERS,
    Permission.READ_STAFF: _EVERYBODY,
    Permission.MANAGE_STAFF: frozenset({Role.OWNER}),
    Permission.READ_POLICY: _EVERYBODY,
    Permission.MANAGE_POLICY: frozenset({Role.OWNER, Role.SUPERVISOR}),
    Permission.FOLLOW_CHANGES: _EVERYBODY | frozenset(ServiceRole),
    Permission.ACCEPT_MAIL: frozenset({ServiceRole.LISTENER}),
    Permission.FILE_MAIL: frozenset({ServiceRole.FILER}),
    Permission.SEND_MAIL: frozenset({ServiceRole.COURIER}),
    Permission.RUN_TIMERS: frozenset({ServiceRole.TIMERS}),
    Permission.HOLD_SERVICE: frozenset({ServiceRole.TIMERS}),
}


def is_allowed(roles: Iterable[Role | ServiceRole], permission: Permission) -> bool:
    """Tell whether one of ``roles`` has ``permission``."""
    return not MATRIX.get(permission, frozenset()).isdisjoint(roles)
