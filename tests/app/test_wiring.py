"""Who acts: by sign-in, by --as, by user name, by the file that is one's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.context import Context
from app.wiring import who
from desk import people
from desk.context import Desk
from desk.errors import NotFound, Refused
from procedure.terms import Role
from tests.fakes.desks import FakeClock, opened, owner_of


@pytest.fixture
def staffed(any_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk where maria and kostas work, on a machine where one is 'user'."""
    monkeypatch.setattr("app.wiring.user_name", lambda number: "user")
    for login in ("maria", "kostas"):
        people.add(owner_of(), any_desk, login, login.title(), "", [Role.LEVEL1])
    return any_desk


@pytest.fixture
def empty(store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("app.wiring.user_name", lambda number: "user")
    found = opened(store_url, FakeClock())
    yield found
    found.close()


def acting(desk: Desk, as_login: str | None = None, **environ: str) -> str:
    return who(Context(as_login=as_login, environ=environ), desk).login


def test_who_signed_in_acts(staffed: Desk) -> None:
    """TIERDESK_LOGIN, which the forced command sets, is who acts; it may be said again with --as."""
    assert acting(staffed, TIERDESK_LOGIN="maria") == "maria"
    assert acting(staffed, "maria", TIERDESK_LOGIN="maria") == "maria"


@pytest.mark.parametrize("as_login", ["kostas", "owner"])
def test_who_signed_in_cannot_become_another(staffed: Desk, as_login: str) -> None:
    """--as is for the owner of the store, not for somebody with a key."""
    with pytest.raises(Refused, match=f"signed in as maria and cannot act as {as_login}"):
        acting(staffed, as_login, TIERDESK_LOGIN="maria")


def test_a_sign_in_that_is_nobody(staffed: Desk) -> None:
    """A key whose login has left opens nothing."""
    with pytest.raises(NotFound):
        acting(staffed, TIERDESK_LOGIN="ghost")


def test_as_names_a_member_of_staff(staffed: Desk) -> None:
    """Whoever can open the store may act as anyone of the staff, openly."""
    assert acting(staffed, "maria") == "maria"
    with pytest.raises(NotFound):
        acting(staffed, "ghost")


def test_the_user_name_is_a_login(staffed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is called on the machine as at the desk need not say it."""
    monkeypatch.setattr("app.wiring.user_name", lambda number: "maria")
    assert acting(staffed) == "maria"


def test_a_stranger_on_a_server_is_refused(staffed: Desk) -> None:
    """On a server nobody is owner; on an embedded store the file's owner is, with that role alone."""
    if staffed.database.is_embedded:
        assert who(Context(environ={}), staffed).roles == {Role.OWNER}
        return
    with pytest.raises(Refused, match="--as LOGIN"):
        acting(staffed)


def test_without_staff_the_owner_does_everything(empty: Desk) -> None:
    """A new embedded desk is usable at once; on a server one may found the staff and no more."""
    actor = who(Context(environ={}), empty)
    assert actor.roles == (frozenset(Role) if empty.database.is_embedded else {Role.OWNER})


def test_the_owner_can_be_named(staffed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """--as owner is the owner even for who is a member of staff by name."""
    if not staffed.database.is_embedded:
        pytest.skip("a server has no owner")
    monkeypatch.setattr("app.wiring.user_name", lambda number: "maria")
    assert acting(staffed, "owner") == "owner"
