"""The demo's customers are believable, many, and the same for the same seed."""

from __future__ import annotations

import re
from itertools import islice
from random import Random

from app.demo.cast import Mood, load_cast


def test_the_cast_is_large_enough() -> None:
    """Forty people ask sixty things, in both languages."""
    cast = load_cast()
    assert len({person.address for person in cast.customers}) == 40
    assert sum(map(len, cast.requests.values())) == 60
    assert {person.language for person in cast.customers} == set(cast.requests) == set(cast.manners) == {"en", "el"}


def test_nobody_real_can_get_mail() -> None:
    """Every address is under a domain kept for examples."""
    allowed = re.compile(r"[a-z.]+@[a-z-]+\.example\.(gr|com|org)")
    assert [person for person in load_cast().customers if not allowed.fullmatch(person.address)] == []


def test_same_seed_same_story() -> None:
    """A seed gives the same customers with the same words; another seed gives others."""
    cast = load_cast()
    one, same, other = (list(islice(cast.stream(Random(seed)), 70)) for seed in (7, 7, 8))
    assert one == same
    assert one != other


def test_all_requests_come_before_one_comes_again() -> None:
    """The stream is not the same three questions over and over, and each is asked in the customer's language."""
    cast = load_cast()
    asked = list(islice(cast.stream(Random(1)), 60))
    assert (
        len({(person.language, request.topic, request.subject.replace(person.site, "")) for person, request in asked})
        == 60
    )
    assert all((person.language == "el") == bool(re.search("[α-ω]", request.text[:12])) for person, request in asked)
    assert not any("$" in request.subject + request.text for _, request in asked)


def test_every_mood_is_met() -> None:
    """Some are content, some still have the trouble, some ask on: in both languages."""
    cast, rng = load_cast(), Random(1)
    for person in (cast.customers[0], cast.customers[-1]):
        assert {cast.follow_up(person, rng).mood for _ in range(100)} == set(Mood)


def test_customer_by_address() -> None:
    """The one who gets an answer is found by address, whatever its case; a stranger is nobody."""
    cast = load_cast()
    person = cast.customers[3]
    assert (cast.by_address(person.address.upper()), cast.by_address("x@example.com")) == (person, None)
