"""A request that comes by another way than mail."""

from __future__ import annotations

import pytest

from desk import opening, reading
from desk.context import Desk
from desk.errors import Invalid
from procedure.mail import Address
from procedure.terms import Channel, Level, MessageKind, Priority, Status, Turn
from tests.fakes.desks import START, Group
from tests.fakes.looks import events, ticket

CALLER = Address("N. Pappas", "nikos@example.gr")


def test_a_call_is_an_open_ticket(desk: Desk, actors: Group) -> None:
    """It waits for us from now on, as a mail does, and the history says who opened it."""
    number = opening.open_ticket(actors.maria, desk, " Site  down ", "500 error since noon", CALLER)
    view = reading.show(actors.maria, desk, number)
    assert (view.subject, view.channel, view.status, view.waiting_since) == (
        "Site down",
        Channel.PHONE,
        Status.NEW,
        START,
    )
    assert [(m.kind, m.text, m.author_address) for m in view.messages] == [
        (MessageKind.CUSTOMER, "500 error since noon", "nikos@example.gr"),
    ]  # fmt: skip
    assert (ticket(desk, number).turn, events(desk, number)[0].actor) == (Turn.OURS, "maria")


def test_the_policy_routes_a_call_unless_it_is_told(desk: Desk, actors: Group) -> None:
    """What the agent says counts; what they do not say is the policy's."""
    routed = opening.open_ticket(actors.maria, desk, "Server down", "All sites are down", CALLER)
    told = opening.open_ticket(
        actors.maria, desk, "Server down", "All", CALLER, level=Level.SECOND, priority=Priority.LOW
    )
    assert ticket(desk, routed).level == Level.THIRD
    assert (ticket(desk, told).level, ticket(desk, told).priority) == (Level.SECOND, Priority.LOW)


@pytest.mark.parametrize(
    ("subject", "caller"),
    [(" ", CALLER), ("Site", Address("", "")), ("Site", Address(" ", "")), ("Site", Address("N.", "no address"))],
)
def test_a_ticket_needs_a_subject_and_a_requester(desk: Desk, actors: Group, subject: str, caller: Address) -> None:
    """Otherwise nobody could be answered."""
    with pytest.raises(Invalid):
        opening.open_ticket(actors.maria, desk, subject, "text", caller)


def test_callers_without_an_address_are_not_one_person(desk: Desk, actors: Group) -> None:
    """Two anonymous callers are two contacts."""
    numbers = [opening.open_ticket(actors.maria, desk, "Call", "text", Address(n, "")) for n in ("A", "B")]
    assert [reading.show(actors.maria, desk, n).requester_name for n in numbers] == ["A", "B"]
