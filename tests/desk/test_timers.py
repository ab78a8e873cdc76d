"""Due work from columns."""

from __future__ import annotations

from datetime import timedelta

from desk import replies, tickets, timers
from desk.actors import TIMERS
from desk.context import Desk
from desk.due import sleepers_to_wake
from procedure.terms import Status, Turn
from tests.fakes.desks import START, FakeClock, Group, opened
from tests.fakes.looks import events, kinds, ticket
from tests.fakes.mails import arrive

SOON = START + timedelta(hours=1)


def test_a_held_ticket_wakes_at_its_moment_and_not_before(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Until then it is theirs, then it is ours again."""
    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "One moment", then=Status.OPEN)
    tickets.set_status(actors.maria, desk, number, Status.ON_HOLD, SOON)
    clock.at = SOON - timedelta(microseconds=1)
    early = (sleepers_to_wake(TIMERS, desk), timers.run_due(TIMERS, desk))
    clock.at = SOON
    due = (sleepers_to_wake(TIMERS, desk), timers.run_due(TIMERS, desk), timers.run_due(TIMERS, desk))
    found = ticket(desk, number)
    assert (early, due) == ((False, 0), (True, 1, 0))
    assert (found.status, found.turn, found.next_at, found.wake_at) == (Status.OPEN, Turn.OURS, SOON, SOON)
    assert (events(desk, number)[-1].kind, events(desk, number)[-1].actor) == ("woke", TIMERS.login)


def test_a_pending_ticket_comes_back_when_the_customer_says_nothing(
    desk: Desk, actors: Group, clock: FakeClock
) -> None:
    """After the policy's days its agent has it again, still theirs."""
    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "Does it work now?")
    clock.advance(days=3)
    timers.run_due(TIMERS, desk)
    found = ticket(desk, number)
    assert (found.status, found.turn, found.assignee_id) == (Status.OPEN, Turn.OURS, actors.maria.staff_id)


def test_a_solved_ticket_closes(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Its moment ends it, and the moment it closed is kept for answers that come later."""
    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "Done", then=Status.SOLVED)
    now = clock.advance(days=7)
    timers.run_due(TIMERS, desk)
    found = ticket(desk, number)
    assert (found.status, found.closed_at, found.wake_at) == (Status.CLOSED, now, None)
    assert kinds(desk, number)[-1] == "closed"


def test_a_solved_ticket_with_a_waiting_customer_opens(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Solving without an answer does not end a request: it comes back, waiting since the first word."""
    number = arrive(desk).ticket
    tickets.set_status(actors.maria, desk, number, Status.SOLVED)
    clock.advance(days=7)
    timers.run_due(TIMERS, desk)
    found = ticket(desk, number)
    assert (found.status, found.turn, found.waiting_since) == (Status.OPEN, Turn.OURS, START)


def test_a_restart_loses_no_timer(desk: Desk, actors: Group, clock: FakeClock, store_url: str) -> None:
    """Timers are columns: a process that starts later finds what became due while nobody ran."""
    number = arrive(desk).ticket
    tickets.set_status(actors.maria, desk, number, Status.ON_HOLD, SOON)
    desk.close()
    clock.advance(days=30)
    again = opened(store_url, clock)
    assert timers.run_due(TIMERS, again) == 1
    assert ticket(again, number).status is Status.OPEN
    again.close()


def test_many_wake_in_batches(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A batch is 50; called again until it is less, every one has woken, once."""
    numbers = [arrive(desk).ticket for _ in range(53)]
    for number in numbers:
        tickets.set_status(actors.maria, desk, number, Status.ON_HOLD, SOON)
    clock.at = SOON
    assert [timers.run_due(TIMERS, desk) for _ in range(3)] == [50, 3, 0]
    assert [kinds(desk, number).count("woke") for number in numbers] == [1] * 53
