"""The people of the demo: customers of a web host, what they ask and how they answer a reply.

The words are in ``cast.toml``. Chance comes in as a ``random.Random``, so one seed gives one story.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from random import Random
from string import Template

_GREETINGS = ("Καλημέρα", "Καλησπέρα", "Γεια")
"""How a request begins that brings its own greeting."""


class Mood(StrEnum):
    """How a customer takes a reply."""

    THANKS = "thanks"
    STILL = "still"
    MORE = "more"


@dataclass(frozen=True)
class Customer:
    """Somebody who has a site with us; ``language`` is ``en`` or ``el``, ``style`` ``plain`` or ``html``."""

    name: str
    address: str
    language: str
    style: str

    @property
    def site(self) -> str:
        """Return the customer's domain."""
        return self.address.rpartition("@")[2]

    @property
    def first_name(self) -> str:
        """Return the first name."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True)
class Request:
    """What a customer asks; ``attachment`` is '', ``log`` or ``screenshot``."""

    topic: str
    subject: str
    text: str
    attachment: str


@dataclass(frozen=True)
class FollowUp:
    """What a customer answers to a reply."""

    mood: Mood
    text: str


@dataclass(frozen=True)
class Cast:
    """Everybody and everything that can be said; requests and follow-ups are by language."""

    customers: tuple[Customer, ...]
    requests: dict[str, tuple[Request, ...]]
    follow_ups: dict[str, tuple[FollowUp, ...]]
    manners: dict[str, tuple[tuple[str, str], ...]]

    def stream(self, rng: Random) -> Iterator[tuple[Customer, Request]]:
        """Yield who asks what, without end; all requests come once before one comes again."""
        while True:
            order = [(language, request) for language, several in self.requests.items() for request in several]
            rng.shuffle(order)
            for language, request in order:
                customer = rng.choice([person for person in self.customers if person.language == language])
                yield customer, self._spoken(customer, request, rng)

    def follow_up(self, customer: Customer, rng: Random) -> FollowUp:
        """Return what this customer answers: half of them are content, a third has the trouble still."""
        mood = rng.choices(list(Mood), weights=(50, 33, 17))[0]
        return rng.choice([said for said in self.follow_ups[customer.language] if said.mood is mood])

    def by_address(self, address: str) -> Customer | None:
        """Return the customer with this address, None when it is nobody of the cast."""
        return next((person for person in self.customers if person.address == address.lower()), None)

    def _spoken(self, customer: Customer, request: Request, rng: Random) -> Request:
        """Return the request in the customer's words: names filled in, greeting and name around it."""
        greeting, closing = rng.choice(self.manners[customer.language])
        text = Template(request.text).substitute(site=customer.site, first=customer.first_name)
        has_greeting = text.startswith(_GREETINGS)
        lines = [*([] if has_greeting else [greeting, ""]), text, "", closing, customer.name, ""]
        subject = Template(request.subject).substitute(site=customer.site)
        return Request(request.topic, subject, "\n".join(lines), request.attachment)


def load_cast() -> Cast:
    """Read the cast from ``cast.toml`` beside this module."""
    data = tomllib.loads(resources.files(__package__).joinpath("cast.toml").read_text("utf-8"))
    return Cast(
        tuple(Customer(*row) for row in data["customers"]),
        {
            lang: tuple(Request(t, s, x, a) for of, t, s, a, x in data["requests"] if of == lang)
            for lang in ("en", "el")
        },
        {lang: tuple(FollowUp(Mood(m), t) for of, m, t in data["follow_ups"] if of == lang) for lang in ("en", "el")},
        {lang: tuple((hello, bye) for hello, bye in pairs) for lang, pairs in data["manners"].items()},
    )
