"""One ticket, one agent: taking, also when two take at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest

from desk import filing, ledger, outgoing, reading, replies, tickets
from desk.actors import FILER
from desk.context import Desk
from desk.errors import AlreadyTaken, Invalid, NotFound, Refused
from procedure.terms import Level, MessageKind, Priority, Status
from tests.fakes.desks import START, FakeClock, Group
from tests.fakes.looks import kinds, ticket
from tests.fakes.mails import arrive, letter

T = TypeVar("T")


def both(first: Callable[[], T], second: Callable[[], T]) -> list[T | Exception]:
    """Run two things at the same moment and return what each returned or raised."""
    gate = threading.Barrier(2, timeout=20)

    def run(act: Callable[[], T]) -> T | Exception:
        gate.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        return [each.result(30) for each in [pool.submit(run, first), pool.submit(run, second)]]


def test_two_claim_at_once_and_one_has_it(desk: Desk, actors: Group) -> None:
    """Exactly one wins, the other is told who; whoever is first."""
    for _ in range(10):
        number = arrive(desk).ticket
        ends = both(
            lambda n=number: tickets.claim(actors.maria, desk, n),  # type: ignore[misc]  # the default binds the loop's value
            lambda n=number: tickets.claim(actors.kostas, desk, n),  # type: ignore[misc]  # as above
        )
        winner, loser = (actors.maria, ends[1]) if ends[0] is None else (actors.kostas, ends[0])
        assert isinstance(loser, AlreadyTaken)
        assert (loser.who, str(loser)) == (winner.login, f"TD-{number} is with {winner.login} already.")
        assert (ticket(desk, number).assignee_id, kinds(desk, number).count("claimed")) == (winner.staff_id, 1)


def test_two_take_next_at_once_and_get_two_tickets(desk: Desk, actors: Group) -> None:
    """Nobody gets the other's ticket, nobody goes without while there is one."""
    for _ in range(10):
        numbers = {arrive(desk).ticket, arrive(desk).ticket}
        taken = both(
            lambda: tickets.take_next(actors.maria, desk, Level.FIRST),
            lambda: tickets.take_next(actors.kostas, desk, Level.FIRST),
        )
        assert set(taken) == numbers


def test_two_take_the_last_ticket_and_one_has_it(desk: Desk, actors: Group) -> None:
    """The other is told that there is none."""
    number = arrive(desk).ticket
    taken = both(
        lambda: tickets.take_next(actors.maria, desk, Level.FIRST),
        lambda: tickets.take_next(actors.kostas, desk, Level.FIRST),
    )
    assert sorted(taken, key=str) == [number, None]


def test_taking_opens_a_new_ticket(desk: Desk, actors: Group) -> None:
    """Who takes a ticket has it, under a lease of half an hour; it is open, and the customer waits on."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    found = ticket(desk, number)
    assert (found.status, found.assignee_id, found.claimed_by) == (
        Status.OPEN,
        actors.maria.staff_id,
        actors.maria.staff_id,
    )
    assert (found.claimed_until, found.waiting_since) == (START + timedelta(minutes=30), START)


def test_taking_again_renews_ones_own_claim(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """The lease begins anew."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    clock.advance(minutes=20)
    tickets.claim(actors.maria, desk, number)
    assert ticket(desk, number).claimed_until == START + timedelta(minutes=50)


def test_a_ticket_stays_its_agents_when_the_lease_ends(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A lease that ran out is no invitation: somebody's ticket is moved openly or not at all."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    clock.advance(hours=2)
    with pytest.raises(AlreadyTaken, match="maria"):
        tickets.claim(actors.kostas, desk, number)
    assert tickets.take_next(actors.kostas, desk, Level.FIRST) is None
    tickets.assign(actors.moderator, desk, number, "kostas")
    tickets.claim(actors.kostas, desk, number)


def test_the_next_ticket_is_the_one_due_first(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Urgent before old, old before new; asleep, solved and other levels' tickets are not given out."""
    old = arrive(desk).ticket
    clock.advance(minutes=1)
    urgent, asleep, solved, elsewhere, new = (arrive(desk, letter()).ticket for _ in range(5))
    tickets.set_priority(actors.moderator, desk, urgent, Priority.URGENT)
    tickets.set_status(actors.moderator, desk, asleep, Status.ON_HOLD, START + timedelta(days=1))
    tickets.set_status(actors.moderator, desk, solved, Status.SOLVED)
    tickets.set_level(actors.moderator, desk, elsewhere, Level.SECOND, "Yours")
    taken = [tickets.take_next(actors.maria, desk, Level.FIRST) for _ in range(4)]
    assert taken == [urgent, old, new, None]


@pytest.mark.parametrize("status", [Status.SOLVED, Status.CLOSED])
def test_what_is_finished_is_not_taken(desk: Desk, actors: Group, status: Status) -> None:
    """A finished ticket is reopened first; giving it away is refused as well."""
    number = arrive(desk).ticket
    tickets.set_status(actors.maria, desk, number, Status.SOLVED)
    if status is Status.CLOSED:
        tickets.set_status(actors.maria, desk, number, Status.CLOSED)
    acts: list[Callable[[], None]] = [
        lambda: tickets.claim(actors.maria, desk, number),
        lambda: tickets.assign(actors.maria, desk, number, "kostas"),
        lambda: tickets.set_level(actors.maria, desk, number, Level.THIRD, "Note"),
    ]
    for act in acts:
        with pytest.raises(Invalid, match="reopen it first"):
            act()


def test_giving_to_somebody_and_to_nobody(desk: Desk, actors: Group) -> None:
    """A given ticket is open and unclaimed; given to nobody it can be taken by anybody."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    tickets.assign(actors.maria, desk, number, "kostas")
    given = ticket(desk, number)
    tickets.assign(actors.maria, desk, number, None)
    freed = ticket(desk, number)
    assert (given.assignee_id, given.claimed_by, given.status) == (actors.kostas.staff_id, None, Status.OPEN)
    assert (freed.assignee_id, freed.claimed_by) == (None, None)
    assert kinds(desk, number)[-2:] == ["assigned", "released"]
    assert tickets.take_next(actors.eleni, desk, Level.FIRST) == number


def test_giving_to_a_stranger_is_not_found(desk: Desk, actors: Group) -> None:
    """Only staff can be given tickets."""
    number = arrive(desk).ticket
    with pytest.raises(NotFound, match="nobody called 'petros'"):
        tickets.assign(actors.maria, desk, number, "petros")


def test_who_is_not_staff_takes_nothing(desk: Desk, actors: Group) -> None:
    """The owner without a row of their own is told what to do; a part of the service is refused."""
    number = arrive(desk).ticket
    with pytest.raises(Invalid, match="--as LOGIN"):
        tickets.claim(actors.owner, desk, number)
    with pytest.raises(Refused):
        tickets.claim(FILER, desk, number)


@pytest.mark.parametrize("number", [0, -1, 4711, 2**31, 2**63, 2**70])
def test_a_ticket_that_is_not_there_is_not_found(desk: Desk, actors: Group, number: int) -> None:
    """A number that no ticket has, or could have, is not found, on both engines."""
    acts: list[Callable[[], object]] = [
        lambda: tickets.claim(actors.maria, desk, number),
        lambda: tickets.set_status(actors.maria, desk, number, Status.OPEN),
        lambda: tickets.set_tags(actors.maria, desk, number, ["x"]),
        lambda: reading.show(actors.maria, desk, number),
        lambda: reading.attachment(actors.maria, desk, number),
        lambda: replies.send(actors.maria, desk, number, "Hello"),
        lambda: replies.save_draft(actors.maria, desk, number, MessageKind.NOTE, "Hello"),
        lambda: ledger.get(actors.maria, desk, number),
        lambda: ledger.raw(actors.eleni, desk, number),
        lambda: outgoing.retry(actors.moderator, desk, number),
        lambda: filing.fail(FILER, desk, number, "why"),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
