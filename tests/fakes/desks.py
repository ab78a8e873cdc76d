"""A desk with time and chance in the hand of the test, and people to work at it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from desk import people, policies
from desk.actors import Actor
from desk.context import Desk, MailIdentity, open_desk
from procedure.policy import Policy, parse
from procedure.terms import Role

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SUPPORT = "support@example.com"
BILLING = "billing@example.com"
IDENTITY = MailIdentity((SUPPORT, BILLING), "Example Support")


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> datetime:
        """Move on by what ``timedelta`` takes, and return the new moment."""
        self.at += timedelta(**by)
        return self.at


class FakeChance:
    """Chance that counts: every token is new, and every fraction the same."""

    def __init__(self, fraction: float = 0.5) -> None:
        self.tokens = 0
        self.fixed = fraction

    def token(self) -> str:
        self.tokens += 1
        return f"{self.tokens:026d}"

    def fraction(self) -> float:
        return self.fixed


@dataclass(frozen=True)
class Group:
    """The people of the desk, one for each role."""

    maria: Actor
    kostas: Actor
    eleni: Actor
    moderator: Actor
    supervisor: Actor
    owner: Actor

    @property
    def everybody(self) -> tuple[Actor, ...]:
        return (self.maria, self.kostas, self.eleni, self.moderator, self.supervisor, self.owner)


_PEOPLE = (
    ("maria", "Maria Level One", Role.LEVEL1),
    ("kostas", "Kostas Level Two", Role.LEVEL2),
    ("eleni", "Eleni Level Three", Role.LEVEL3),
    ("moderator", "Mod Erator", Role.MODERATOR),
    ("supervisor", "Super Visor", Role.SUPERVISOR),
)


def owner_of() -> Actor:
    """Return the owner, as an embedded store has one, for a store of any kind."""
    return Actor("owner", "Owner", frozenset({Role.OWNER}))


def engage(desk: Desk) -> Group:
    """Add one person for each role and return them as actors."""
    owner = owner_of()
    found = {}
    for login, name, role in _PEOPLE:
        staff_id = people.add(owner, desk, login, name, f"{login}@example.com", [role])
        found[login] = Actor(login, name, frozenset({role}), staff_id)
    return Group(**found, owner=owner)


def opened(url: str, clock: FakeClock | None = None, chance: FakeChance | None = None) -> Desk:
    """Open the desk at ``url`` with fakes for time and chance; the shipped policy is read once for all tests."""
    desk = open_desk(url, IDENTITY, clock or FakeClock(), chance or FakeChance())
    desk.shelf.put(policies.SHIPPED, shipped())
    return desk


@functools.cache
def shipped() -> Policy:
    """Return the policy that comes with the program."""
    return parse(policies.shipped_text())
