"""The permission matrix as data."""

from __future__ import annotations

import pytest

from procedure.permissions import MATRIX, Permission, is_allowed
from procedure.terms import Role, ServiceRole


def test_nobody_signs_in_as_a_part_of_the_service() -> None:
    """What the service does with mail and timers no member of staff may do, and the other way round."""
    shared = {permission for permission, roles in MATRIX.items() if roles & set(Role) and roles & set(ServiceRole)}
    assert shared == {Permission.FOLLOW_CHANGES}


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        (Role.OWNER, Permission.REPLY),
        (Role.LEVEL1, Permission.READ_RAW),
        (Role.LEVEL1, Permission.MANAGE_POLICY),
        (Role.MODERATOR, Permission.MANAGE_STAFF),
        (ServiceRole.LISTENER, Permission.FILE_MAIL),
        (ServiceRole.FILER, Permission.SEND_MAIL),
        (ServiceRole.COURIER, Permission.ACCEPT_MAIL),
    ],
)
def test_what_is_not_written_is_refused(role: Role | ServiceRole, permission: Permission) -> None:
    """A role has what its row says and no more."""
    assert not is_allowed({role}, permission)


def test_roles_add_up() -> None:
    """Somebody with two roles may do what either may."""
    assert is_allowed({Role.LEVEL1, Role.OWNER}, Permission.MANAGE_STAFF)
    assert not is_allowed(set(), Permission.READ_TICKETS)
