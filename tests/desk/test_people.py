"""Who works here, and who is at the keyboard."""

from __future__ import annotations

import pytest

from desk import founding, people
from desk.actors import Actor
from desk.context import Desk
from desk.errors import Invalid, NotFound, Refused, Unavailable
from procedure.terms import Role
from tests.fakes.desks import Group, engage, opened, owner_of
from tests.fakes.looks import change, events


def test_the_owner_of_a_file_has_all_roles_until_staff_are_added(sqlite_url: str) -> None:
    """Alone one does everything; with staff the owner keeps the role owner, and acts as one of them by name."""
    desk = opened(sqlite_url)
    alone = people.owner(desk, None)
    engage(desk)
    among = people.owner(desk, None)
    assert (alone.roles, among.roles) == (frozenset(Role), frozenset({Role.OWNER}))
    assert alone.staff_id == among.staff_id
    assert people.owner(desk, "maria").roles == {Role.LEVEL1}
    desk.close()


@pytest.mark.postgres
def test_on_a_server_nobody_is_owner_by_the_file(postgres_url: str) -> None:
    """There one signs in; the first member of staff is added by whoever can open the store, and by nobody later."""
    desk = opened(postgres_url)
    with pytest.raises(Refused):
        people.owner(desk, None)
    people.add(founding.founder(desk), desk, "maria", "Maria", "", [Role.OWNER])
    with pytest.raises(Refused, match="There is staff already"):
        founding.founder(desk)
    desk.close()


def test_staff_are_added_with_their_roles(desk: Desk) -> None:
    """Whoever is added can sign in with what they were given, and the history says who added them."""
    staff_id = people.add(owner_of(), desk, "anna", " Anna A. ", "anna@example.com", [Role.LEVEL2, Role.MODERATOR])
    assert people.member(desk, "anna") == Actor("anna", "Anna A.", frozenset({Role.LEVEL2, Role.MODERATOR}), staff_id)
    assert [(e.kind, e.actor, e.data["login"]) for e in events(desk)] == [("staff_added", "owner", "anna")]
    assert [(p.login, p.roles) for p in people.everybody(owner_of(), desk)] == [("anna", ("level2", "moderator"))]


@pytest.mark.parametrize("login", ["", "Anna", "1anna", "an na", "anna;", "x" * 33, "owner", "anna\n", "άννα"])
def test_a_login_is_a_plain_word(desk: Desk, login: str) -> None:
    """It stands in a key line and in every event: small letters, digits, dots and dashes, and not owner."""
    with pytest.raises(Invalid, match="cannot be a login"):
        people.add(owner_of(), desk, login, "Anna", "", [Role.LEVEL1])


def test_a_login_is_one_persons(desk: Desk, actors: Group) -> None:
    """The second who asks for it is told."""
    with pytest.raises(Invalid, match="maria among the staff already"):
        people.add(actors.owner, desk, "maria", "Another", "", [Role.LEVEL1])


def test_staff_need_a_role(desk: Desk) -> None:
    """Without one they could do nothing."""
    with pytest.raises(Invalid, match="at least one role"):
        people.add(owner_of(), desk, "anna", "Anna", "", [])


def test_strangers_and_blocked_people_do_not_sign_in(desk: Desk, actors: Group) -> None:
    """Neither who is not there nor who is blocked becomes an actor."""
    change(desk, "UPDATE staff SET is_blocked = true WHERE login = 'maria'")
    with pytest.raises(Refused, match="blocked"):
        people.member(desk, "maria")
    with pytest.raises(NotFound):
        people.member(desk, "petros")


@pytest.mark.postgres
def test_signing_in_while_the_store_is_away_is_unavailable(postgres_url: str) -> None:
    """Who signs in hears the desk's error, not the driver's."""
    with pytest.raises(Unavailable):
        opened(postgres_url.replace("host=/", "host=/nowhere/"))
