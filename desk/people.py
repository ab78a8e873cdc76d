"""Who works here: staff, their roles, and which of them is at the keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from desk.act import act, desk_errors
from desk.actors import OWNER_LOGIN, Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.errors import Invalid, NotFound, Refused
from desk.recording import record
from desk.views import StaffView
from procedure.permissions import Permission
from procedure.terms import Role
from store.tables import Staff, StaffRole

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{0,31}")


def owner(desk: Desk, login: str | None) -> Actor:
    """Return who acts for the person whose file an embedded store is.

    Without ``login``: ``owner``, with all roles until staff are added and then with the role owner alone. With it:
    that member of staff. Raises NotFound, Refused.
    """
    if not desk.database.is_embedded:
        raise Refused("On a database server nobody acts as owner: sign in as a member of staff.")
    with desk_errors():
        return desk.database.write(lambda session: _member(session, login) if login else _owner(session, desk))


def member(desk: Desk, login: str) -> Actor:
    """Return the member of staff who signed in as ``login``. Raises NotFound, Refused when blocked."""
    with desk_errors():
        return desk.database.read(lambda session: _member(session, login))


def by_login(session: Session, login: str) -> Actor:
    """Return a member of staff inside another transaction. Raises NotFound, Refused when blocked."""
    return _member(session, login)


def by_address(session: Session, address: str) -> Actor | None:
    """Return the member of staff with a mail address; None for nobody, somebody blocked, or several who share it."""
    if not address:
        return None
    logins = session.exec(_logins(), params={"address": address.lower()}).all()
    return _member(session, logins[0]) if len(logins) == 1 else None


@cache
def _logins() -> Any:
    """Return the statement, built once: it is asked for every mail that comes in."""
    at = func.lower(Staff.email) == bindparam("address")
    return select(Staff.login).where(at, col(Staff.is_blocked).is_(False))


def _owner(session: Session, desk: Desk) -> Actor:
    row = session.exec(select(Staff).where(Staff.login == OWNER_LOGIN)).first()
    if row is None:
        row = Staff(login=OWNER_LOGIN, name="Owner", created_at=desk.clock.now())
        session.add(row)
        session.flush()
        session.add(StaffRole(staff_id=_id(row), role=Role.OWNER))
        session.flush()
    others = session.exec(select(Staff.id).where(Staff.login != OWNER_LOGIN).limit(1)).first()
    roles = frozenset({Role.OWNER}) if others else frozenset(Role)
    return Actor(OWNER_LOGIN, row.name, roles, row.id)


def _member(session: Session, login: str) -> Actor:
    row = session.exec(select(Staff).where(Staff.login == login)).first()
    if row is None:
        raise NotFound(f"There is nobody called {login!r} among the staff; 'tierdesk staff list' shows who is.")
    if row.is_blocked:
        raise Refused(f"{login} is blocked.")
    roles = session.exec(select(StaffRole.role).where(StaffRole.staff_id == row.id)).all()
    return Actor(row.login, row.name, frozenset(Role(role) for role in roles), row.id)


@act(Permission.MANAGE_STAFF)
def add(actor: Actor, desk: Desk, login: str, name: str, email: str, roles: Iterable[Role]) -> int:
    """Add a member of staff and return their id. Raises Invalid for a login that is no login or is taken."""
    wanted = sorted(set(roles))
    if not _LOGIN.fullmatch(login) or login == OWNER_LOGIN:
        raise Invalid(
            f"{login!r} cannot be a login: 1 to 32 lower-case letters, digits, dots, dashes, beginning with a letter"
            f"{', and not owner' if login == OWNER_LOGIN else ''}."
        )
    if not wanted:
        raise Invalid("A member of staff needs at least one role.")

    def work(session: Session) -> int:
        now = desk.clock.now()
        if session.exec(select(Staff.id).where(Staff.login == login)).first() is not None:
            raise Invalid(f"There is a {login} among the staff already.")
        row = Staff(login=login, name=storable(name.strip() or login), email=storable(email.strip()), created_at=now)
        session.add(row)
        session.flush()
        session.add_all(StaffRole(staff_id=_id(row), role=role) for role in wanted)
        record(session, actor, now, "staff_added", data={"login": login, "roles": [role.value for role in wanted]})
        return _id(row)

    return desk.database.write(work)


@act(Permission.READ_STAFF)
def everybody(actor: Actor, desk: Desk) -> list[StaffView]:
    """Return the staff by login; the owner's own row is not one of them."""

    def work(session: Session) -> list[StaffView]:
        roles: dict[int, list[str]] = {}
        for row in session.exec(select(StaffRole).order_by(col(StaffRole.role))):
            roles.setdefault(row.staff_id, []).append(row.role.value)
        people = session.exec(select(Staff).where(Staff.login != OWNER_LOGIN).order_by(Staff.login))
        return [StaffView(_id(p), p.login, p.name, p.email, tuple(roles.get(_id(p), [])), p.is_blocked) for p in people]

    return desk.database.read(work)


def _id(row: Staff) -> int:
    assert row.id is not None
    return row.id
