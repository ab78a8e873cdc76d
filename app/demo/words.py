"""What the staff of the demo write: answers, questions, notes. The words are in ``words.toml``."""

from __future__ import annotations

import tomllib
from importlib import resources
from random import Random
from string import Template
from typing import Any

from app.demo.cast import Customer


class Words:
    """The sentences of the staff, chosen by chance among those that fit."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._data: dict[str, Any] = tomllib.loads(
            resources.files(__package__).joinpath("words.toml").read_text("utf-8")
        )

    def answer(self, customer: Customer, topic: str) -> str:
        """Return an answer to a request of this topic."""
        fitting = [text for lang, of, text in self._data["answers"] if (lang, of) == (customer.language, topic)]
        return self._letter(customer, self._rng.choice(fitting))

    def say(self, customer: Customer, kind: str) -> str:
        """Return a letter of one kind: ``questions``, ``welcomes``, ``farewells`` or ``delays``."""
        fitting = [text for lang, text in self._data[kind] if lang == customer.language]
        return self._letter(customer, self._rng.choice(fitting))

    def note(self) -> str:
        """Return a note to colleagues."""
        return str(self._rng.choice(self._data["notes"]))

    def handover(self) -> str:
        """Return what goes with a ticket to another level: what was asked, tried and seen."""
        return str(self._rng.choice(self._data["handovers"]))

    def _letter(self, customer: Customer, text: str) -> str:
        greeting = str(self._data["greeting"][customer.language])
        return Template(f"{greeting}\n\n{text}").substitute(first=customer.first_name, site=customer.site)
