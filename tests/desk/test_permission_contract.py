"""Every use case asks the matrix first, and every public function of the desk is a use case or says why not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest

import desk as desk_package
from desk.actors import Actor
from desk.context import Desk
from desk.errors import Refused
from procedure.permissions import MATRIX, Permission, is_allowed
from procedure.terms import Role, ServiceRole
from tests.fakes.desks import IDENTITY, FakeChance, FakeClock

WITHOUT_PERMISSION = {
    "act.act": "makes use cases",
    "act.desk_errors": "names errors",
    "context.open_desk": "there is no actor before there is a desk",
    "correspondence.storable": "a value",
    "days_off.days_off": "a value",
    "days_off.unknown_countries": "a value",
    "days_off.with_days_off": "a value",
    "decisions.is_open": "looks at a row of a use case",
    "decisions.mark": "writes on a row of a use case",
    "decisions.refuse": "looks at a row of a use case",
    "decisions.restore": "writes on a row of a use case",
    "feeds.wait": "waits on a feed that was opened with permission",
    "founding.founder": "says who acts, so nobody can have asked; refuses once there is staff",
    "raw_mail.digest": "a value",
    "raw_mail.keep": "the part of ledger.keep and ledger.record that writes the file",
    "listing.every": "asks the matrix for each page",
    "mailing.mailbox_of": "a value",
    "mailing.new_message_id": "a value",
    "mailing.subject_of": "a value",
    "past_tickets.newest_first": "reads for the use cases of policy_review, which have asked",
    "people.member": "says who acts, so nobody can have asked",
    "people.owner": "says who acts, so nobody can have asked",
    "policy_texts.check": "a value",
    "policy_texts.read": "a value",
    "policy_texts.shipped_text": "a file of the program",
    "queues.every": "asks the matrix for each page",
    "recording.plain": "a value",
    "replies.checked": "a value",
    "timekeeping.alarms": "a value",
    "timekeeping.due_of": "a value",
    "timekeeping.next_alarm": "a value",
    "timekeeping.told_by": "a value",
}


class Untouchable:
    """A store that nobody may look at."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the store was touched: {name}")


def public_functions() -> dict[str, Callable[..., Any]]:
    """Return the public functions that the modules of the desk define, by ``module.name``."""
    found: dict[str, Callable[..., Any]] = {}
    for info in pkgutil.iter_modules(desk_package.__path__):
        module = importlib.import_module(f"desk.{info.name}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == module.__name__:
                found[f"{info.name}.{name}"] = function
    return found


FUNCTIONS = public_functions()
USE_CASES = {name: function for name, function in FUNCTIONS.items() if hasattr(function, "permission")}
ROLES: tuple[Role | ServiceRole, ...] = (*Role, *ServiceRole)


def inside_a_transaction(function: Callable[..., Any]) -> bool:
    """Tell whether a function takes part in the transaction of a use case, which has asked."""
    return next(iter(inspect.signature(function).parameters), "") == "session"


def test_every_function_is_a_use_case_or_says_why_not() -> None:
    """A public function of the desk has a permission, works inside a use case, or is on the list with its reason."""
    bare = {name for name, f in FUNCTIONS.items() if name not in USE_CASES and not inside_a_transaction(f)}
    assert bare == set(WITHOUT_PERMISSION)


def test_every_permission_is_asked_for() -> None:
    """Each permission has its row in the matrix and a use case behind it."""
    assert set(MATRIX) == set(Permission)
    assert {function.permission for function in USE_CASES.values()} == set(Permission)


@pytest.mark.parametrize("name", sorted(USE_CASES))
def test_actor_and_desk_come_first(name: str) -> None:
    """A use case takes the actor first and the desk second, and says what it does."""
    function = USE_CASES[name]
    assert list(inspect.signature(function).parameters)[:2] == ["actor", "desk"]
    assert function.__doc__


@pytest.mark.parametrize("name", sorted(USE_CASES))
@pytest.mark.parametrize("role", ROLES)
def test_refused_exactly_when_the_matrix_says_so(name: str, role: Role | ServiceRole) -> None:
    """A role without the permission is refused before anything is read; one with it is not refused."""
    function = USE_CASES[name]
    desk = Desk(Untouchable(), FakeClock(), FakeChance(), IDENTITY, b"key")  # type: ignore[arg-type]  # must not be used
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty][2:]
    positional = [object() for p in needed if p.kind is not p.KEYWORD_ONLY]
    named = {p.name: object() for p in needed if p.kind is p.KEYWORD_ONLY}
    try:
        function(Actor("somebody", "Some Body", frozenset({role})), desk, *positional, **named)
    except Refused:
        refused = True
    except Exception:
        refused = False  # it went on and met the store, or arguments that are nothing
    else:
        refused = False
    assert refused is not is_allowed({role}, function.permission)


def test_an_actor_without_a_role_is_refused_everything() -> None:
    """Deny is the default."""
    nobody = Actor("nobody", "No Body", frozenset())
    assert [permission for permission in Permission if nobody.may(permission)] == []
