"""Moving, marking and putting to sleep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import reading, tickets
from desk.context import Desk
from desk.errors import Invalid
from procedure.statuses import SLEEPING, may_set
from procedure.terms import Level, MessageKind, Priority, Status, Turn
from tests.fakes.desks import START, FakeClock, Group
from tests.fakes.looks import events, kinds, ticket
from tests.fakes.mails import arrive

LATER = START + timedelta(days=2)


def brought_to(desk: Desk, actors: Group, status: Status) -> int:
    """Return a ticket that stands at ``status``."""
    number = arrive(desk).ticket
    steps = {Status.NEW: [], Status.CLOSED: [Status.SOLVED, Status.CLOSED], Status.OPEN: [Status.PENDING, Status.OPEN]}
    for step in steps.get(status, [status]):
        tickets.set_status(actors.maria, desk, number, step, LATER if step in SLEEPING else None)
    return number


@pytest.mark.parametrize("current", Status)
def test_a_ticket_moves_as_the_table_says(desk: Desk, actors: Group, current: Status) -> None:
    """What the table allows is done with an event, what it does not is refused with what would be allowed."""
    for wanted in Status:
        number = brought_to(desk, actors, current)
        before = (ticket(desk, number).version, kinds(desk, number))
        if may_set(current, wanted):
            tickets.set_status(actors.maria, desk, number, wanted, LATER if wanted in SLEEPING else None)
            assert (ticket(desk, number).status, kinds(desk, number)) == (wanted, [*before[1], "status"])
        else:
            with pytest.raises(Invalid, match="from there it can become"):
                tickets.set_status(actors.maria, desk, number, wanted, LATER)
            assert (ticket(desk, number).version, kinds(desk, number)) == before


@pytest.mark.parametrize(("status", "sleep"), [(Status.PENDING, timedelta(days=3)), (Status.SOLVED, timedelta(days=7))])
def test_a_sleeper_has_a_moment_by_itself(desk: Desk, actors: Group, status: Status, sleep: timedelta) -> None:
    """Nobody needs to think of the moment: the policy's time is taken."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    tickets.set_status(actors.maria, desk, number, status)
    found = ticket(desk, number)
    assert (found.wake_at, found.claimed_by, found.claimed_until) == (START + sleep, None, None)


def test_on_hold_needs_a_moment(desk: Desk, actors: Group) -> None:
    """Who puts a ticket on hold says until when."""
    with pytest.raises(Invalid, match="needs the moment"):
        tickets.set_status(actors.maria, desk, arrive(desk).ticket, Status.ON_HOLD)


@pytest.mark.parametrize("wake_at", [START, START - timedelta(seconds=1)])
def test_a_ticket_does_not_sleep_until_the_past(desk: Desk, actors: Group, wake_at: object) -> None:
    """A moment that has been is refused."""
    with pytest.raises(Invalid, match="in the past"):
        tickets.set_status(actors.maria, desk, arrive(desk).ticket, Status.PENDING, wake_at)  # type: ignore[arg-type]  # a datetime


def test_no_status_silences_a_customer(desk: Desk, actors: Group) -> None:
    """A word without an answer waits on whatever the status says; a pending ticket with one is still our turn."""
    number = arrive(desk).ticket
    seen = []
    for status in (Status.PENDING, Status.ON_HOLD, Status.SOLVED, Status.OPEN):
        tickets.set_status(actors.maria, desk, number, status, LATER if status in SLEEPING else None)
        found = ticket(desk, number)
        seen.append((found.waiting_since, found.turn))
    assert seen == [(START, Turn.OURS), (START, Turn.THEIRS), (START, Turn.THEIRS), (START, Turn.OURS)]


def test_a_reopened_ticket_is_due_at_once(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Nobody waits in it, so it has a moment to wake, which is now."""
    from desk import replies

    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "Done", then=Status.SOLVED)
    now = clock.advance(days=1)
    tickets.set_status(actors.maria, desk, number, Status.OPEN)
    found = ticket(desk, number)
    assert (found.turn, found.next_at, found.wake_at, found.waiting_since) == (Turn.OURS, now, now, None)


@pytest.mark.parametrize(("level", "kind"), [(Level.THIRD, "handed_up"), (Level.FIRST, "handed_down")])
def test_a_hand_over_has_a_note_and_no_owner(desk: Desk, actors: Group, level: Level, kind: str) -> None:
    """On another level a ticket is nobody's, due as before, with what was asked, tried and seen."""
    number = arrive(desk).ticket
    tickets.set_level(actors.maria, desk, number, Level.SECOND, "First")
    tickets.claim(actors.kostas, desk, number)
    tickets.set_level(actors.kostas, desk, number, level, "  The disk is full.\n")
    view = reading.show(actors.maria, desk, number)
    assert (view.level, view.assignee, view.claimed_by, view.waiting_since) == (level, None, None, START)
    assert (view.messages[-1].kind, view.messages[-1].text) == (MessageKind.NOTE, "The disk is full.")
    assert (view.events[-1].kind, view.events[-1].data["message"]) == (kind, view.messages[-1].id)


@pytest.mark.parametrize("note", ["", "  \n"])
def test_a_hand_over_without_a_note_is_refused(desk: Desk, actors: Group, note: str) -> None:
    """Nobody is handed a ticket without a word about it."""
    with pytest.raises(Invalid, match="needs a note"):
        tickets.set_level(actors.maria, desk, arrive(desk).ticket, Level.SECOND, note)


def test_handing_to_the_same_level_is_refused(desk: Desk, actors: Group) -> None:
    """A ticket is moved or it is not."""
    with pytest.raises(Invalid, match="1st level already"):
        tickets.set_level(actors.maria, desk, arrive(desk).ticket, Level.FIRST, "Note")


def test_priority_moves_the_due_moment(desk: Desk, actors: Group) -> None:
    """The target is counted from the customer's word, not from the change."""
    number = arrive(desk).ticket
    tickets.set_priority(actors.maria, desk, number, Priority.URGENT)
    found = ticket(desk, number)
    assert (found.due_at, found.next_at) == (START + timedelta(minutes=15), START + timedelta(minutes=15))


@pytest.mark.parametrize("difficulty", [0, 6, -1])
def test_difficulty_is_one_to_five(desk: Desk, actors: Group, difficulty: int) -> None:
    """Anything else is refused."""
    with pytest.raises(Invalid):
        tickets.set_difficulty(actors.maria, desk, arrive(desk).ticket, difficulty)


def test_difficulty_leaves_the_level(desk: Desk, actors: Group) -> None:
    """An estimate is corrected; moving is another act."""
    number = arrive(desk).ticket
    tickets.set_difficulty(actors.maria, desk, number, 5)
    assert (ticket(desk, number).difficulty, ticket(desk, number).level) == (5, 1)


def test_tags_are_replaced_and_tidied(desk: Desk, actors: Group) -> None:
    """Lower case, without #, each once, in order; the history says what was and what is."""
    number = arrive(desk).ticket
    was = list(reading.show(actors.maria, desk, number).tags)
    tickets.set_tags(actors.maria, desk, number, ["Disk", "#night", " disk ", "", "δίσκος"])
    last = events(desk, number)[-1]
    assert reading.show(actors.maria, desk, number).tags == ("disk", "night", "δίσκος")
    assert (last.data["set"], last.data["was"]) == ({"tags": ["disk", "night", "δίσκος"]}, {"tags": was})
    tickets.set_tags(actors.maria, desk, number, [])
    assert reading.show(actors.maria, desk, number).tags == ()


@pytest.mark.parametrize(
    "tags", [["two words"], ["a,b"], ["x" * 41], ["a\x00"], ["a\ud800"], [f"t{i}" for i in range(21)]]
)
def test_tags_that_are_none_are_refused(desk: Desk, actors: Group, tags: list[str]) -> None:
    """A tag is one word of at most 40 characters that every store can keep, and there are at most 20."""
    with pytest.raises(Invalid):
        tickets.set_tags(actors.maria, desk, arrive(desk).ticket, tags)


def test_each_change_counts_the_version_up(desk: Desk, actors: Group) -> None:
    """Versions only grow, one by one, and each has its event with an actor."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    tickets.set_priority(actors.kostas, desk, number, Priority.HIGH)
    tickets.set_tags(actors.eleni, desk, number, ["disk"])
    assert ticket(desk, number).version == 4
    assert [event.actor for event in events(desk, number)][-3:] == ["maria", "kostas", "eleni"]
