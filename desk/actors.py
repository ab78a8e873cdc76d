"""Who acts: a person of the group, or a named part of the service with narrow rights of its own."""

from __future__ import annotations

from dataclasses import dataclass

from procedure.permissions import Permission, is_allowed
from procedure.terms import Role, ServiceRole


@dataclass(frozen=True)
class Actor:
    """Somebody who does things at the desk. ``login`` stands in every event; ``staff_id`` is None for the service."""

    login: str
    name: str
    roles: frozenset[Role | ServiceRole]
    staff_id: int | None = None

    def may(self, permission: Permission) -> bool:
        """Tell whether the matrix allows this actor a thing; screens leave out what it does not."""
        return is_allowed(self.roles, permission)


def _service(role: ServiceRole) -> Actor:
    return Actor(login=role.value, name=role.value.removeprefix("service:"), roles=frozenset({role}))


LISTENER = _service(ServiceRole.LISTENER)
FILER = _service(ServiceRole.FILER)
COURIER = _service(ServiceRole.COURIER)
TIMERS = _service(ServiceRole.TIMERS)

OWNER_LOGIN = "owner"
"""The person whose file the embedded store is; acts with all roles until staff are added."""
