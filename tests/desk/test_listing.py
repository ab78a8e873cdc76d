"""Tickets as a list with all their fields: the same as one by one, in the queue's order, whole at any size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk import listing, opening, queues, reading, tickets
from desk.actors import Actor
from desk.context import Desk
from procedure.mail import Address
from procedure.terms import Level, Status
from tests.fakes.desks import FakeClock, engage


@pytest.fixture
def maria(any_desk: Desk) -> Actor:
    return engage(any_desk).maria


def opened(desk: Desk, actor: Actor, clock: FakeClock, count: int = 1) -> list[int]:
    """Open tickets a minute apart and return their ids."""
    found = []
    for number in range(count):
        clock.advance(minutes=1)
        requester = Address(f"Customer {number}", f"c{number}@example.gr")
        found.append(opening.open_ticket(actor, desk, "DNS", "text", requester, level=Level.FIRST))
    return found


def test_a_line_holds_what_the_ticket_holds(any_desk: Desk, clock: FakeClock, maria: Actor) -> None:
    """A listed ticket equals the ticket shown, but for its conversation."""
    (ticket,) = opened(any_desk, maria, clock)
    tickets.set_tags(maria, any_desk, ticket, ["b", "a"])
    tickets.assign(maria, any_desk, ticket, "maria")
    (found,) = listing.every(maria, any_desk)
    assert found == replace(reading.show(maria, any_desk, ticket), messages=(), events=())
    assert (found.tags, found.assignee) == (("a", "b"), "maria")


def test_the_order_is_the_queues(any_desk: Desk, clock: FakeClock, maria: Actor) -> None:
    """Pages together are the whole queue in its order, none left out and none twice."""
    expected = opened(any_desk, maria, clock, 7)
    found = []
    queues_page, queues.PAGE = queues.PAGE, 3
    try:
        found = [view.id for view in listing.every(maria, any_desk)]
    finally:
        queues.PAGE = queues_page
    assert found == expected == queues.ids(maria, any_desk, Level.FIRST)


def test_closed_tickets_are_asked_for(any_desk: Desk, clock: FakeClock, maria: Actor) -> None:
    """Solved tickets are in ``everything`` alone."""
    first, second = opened(any_desk, maria, clock, 2)
    tickets.set_status(maria, any_desk, first, Status.SOLVED)
    assert [view.id for view in listing.every(maria, any_desk)] == [second]
    assert {view.id for view in listing.every(maria, any_desk, everything=True)} == {first, second}


def test_what_is_no_ticket_is_left_out(any_desk: Desk, clock: FakeClock, maria: Actor) -> None:
    """A ticket that nobody knows is not in the answer."""
    (ticket,) = opened(any_desk, maria, clock)
    assert set(listing.summaries(maria, any_desk, [ticket, 99])) == {ticket}
