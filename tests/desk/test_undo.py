"""``u``: the last act taken back, while nobody has built on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk import outgoing, reading, replies, tickets
from desk.actors import COURIER, Actor
from desk.context import Desk
from desk.errors import Conflict, Invalid
from desk.recording import snapshot
from desk.undo import undo
from procedure.mail import Sent
from procedure.terms import Level, MessageKind, OutboxKind, Priority, Status
from store.tables import Outbox
from tests.fakes.desks import START, FakeClock, Group
from tests.fakes.looks import every, kinds, ticket
from tests.fakes.mails import arrive, letter

Act = Callable[[Actor, Desk, int], Any]
SOON = START + timedelta(hours=8)

ACTS: dict[str, Act] = {
    "claimed": tickets.claim,
    "assigned": lambda a, d, t: tickets.assign(a, d, t, "kostas"),
    "status": lambda a, d, t: tickets.set_status(a, d, t, Status.ON_HOLD, SOON),
    "handed_up": lambda a, d, t: tickets.set_level(a, d, t, Level.THIRD, "The disk is full."),
    "difficulty": lambda a, d, t: tickets.set_difficulty(a, d, t, 5),
    "priority": lambda a, d, t: tickets.set_priority(a, d, t, Priority.URGENT),
    "tags": lambda a, d, t: tickets.set_tags(a, d, t, ["disk", "night"]),
    "answered": lambda a, d, t: replies.send(a, d, t, "Hello"),
}


def state(desk: Desk, number: int) -> dict[str, Any]:
    return desk.database.read(lambda session: snapshot(session, session.get_one(type(ticket(desk, number)), number)))


@pytest.mark.parametrize("kind", ACTS)
def test_every_act_can_be_taken_back(desk: Desk, actors: Group, clock: FakeClock, kind: str) -> None:
    """After undo the ticket is as it was, and the history shows both."""
    number = arrive(desk).ticket
    before = state(desk, number)
    ACTS[kind](actors.maria, desk, number)
    changed = state(desk, number) != before
    clock.advance(seconds=3)
    phrase = undo(actors.maria, desk)
    assert changed
    assert state(desk, number) == before
    assert kinds(desk, number)[-2:] == [kind, "undone"]
    assert phrase.endswith(f"TD-{number}")


@pytest.mark.parametrize("kind", ["released", "handed_down"])
def test_acts_that_need_a_past_can_be_taken_back(desk: Desk, actors: Group, kind: str) -> None:
    """Giving away and handing down go back to what was."""
    number = arrive(desk).ticket
    tickets.set_level(actors.kostas, desk, number, Level.THIRD, "Up")
    tickets.assign(actors.kostas, desk, number, "eleni")
    before = state(desk, number)
    if kind == "released":
        tickets.assign(actors.maria, desk, number, None)
    else:
        tickets.set_level(actors.maria, desk, number, Level.FIRST, "Down")
    undo(actors.maria, desk)
    assert state(desk, number) == before


def test_undo_again_takes_back_what_was_before(desk: Desk, actors: Group) -> None:
    """Each press goes one act further back, and then there is nothing."""
    number = arrive(desk).ticket
    before = state(desk, number)
    for kind in ("claimed", "priority", "tags", "status"):
        ACTS[kind](actors.maria, desk, number)
    phrases = [undo(actors.maria, desk) for _ in range(4)]
    assert [phrase.split()[0:3] for phrase in phrases] == [
        ["the", "new", "status"], ["the", "new", "tags"], ["the", "new", "priority"], ["taking", f"TD-{number}"],
    ]  # fmt: skip
    assert state(desk, number) == before
    with pytest.raises(Invalid, match="nothing to undo"):
        undo(actors.maria, desk)


def test_undo_is_of_ones_own_acts_and_of_late(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A colleague's act is not ours to take back, nor one of more than 15 minutes ago."""
    number = arrive(desk).ticket
    tickets.set_priority(actors.maria, desk, number, Priority.HIGH)
    with pytest.raises(Invalid):
        undo(actors.kostas, desk)
    clock.advance(minutes=15, seconds=1)
    with pytest.raises(Invalid):
        undo(actors.maria, desk)


def test_undo_never_overwrites_somebodys_work(desk: Desk, actors: Group) -> None:
    """What somebody changed since is a Conflict, and stays."""
    number = arrive(desk).ticket
    tickets.set_priority(actors.maria, desk, number, Priority.HIGH)
    tickets.set_priority(actors.kostas, desk, number, Priority.URGENT)
    with pytest.raises(Conflict):
        undo(actors.maria, desk)
    assert ticket(desk, number).priority is Priority.URGENT


def test_undo_goes_beside_somebodys_work(desk: Desk, actors: Group) -> None:
    """A change of another field since is no reason to refuse, and stays too."""
    number = arrive(desk).ticket
    tickets.set_priority(actors.maria, desk, number, Priority.HIGH)
    tickets.set_tags(actors.kostas, desk, number, ["disk"])
    undo(actors.maria, desk)
    assert (ticket(desk, number).priority, state(desk, number)["tags"]) == (
        Priority.NORMAL,
        ["disk"],
    )


def test_an_answer_called_back_is_a_draft_again(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Nothing is sent, the customer waits as before, and the words are not lost."""
    number = arrive(desk).ticket
    waiting = ticket(desk, number).waiting_since
    replies.send(actors.maria, desk, number, "Half right")
    undo(actors.maria, desk)
    clock.advance(minutes=1)
    draft = replies.draft(actors.maria, desk, number, MessageKind.STAFF)
    assert draft is not None
    assert draft.text == "Half right"
    assert [mail.kind for mail in outgoing.claim(COURIER, desk)] == [OutboxKind.ACKNOWLEDGEMENT]
    assert (ticket(desk, number).waiting_since, ticket(desk, number).status) == (waiting, Status.NEW)
    assert [m.kind for m in reading.show(actors.maria, desk, number).messages if m.kind is MessageKind.STAFF] == []


def test_a_draft_begun_since_is_kept_below(desk: Desk, actors: Group) -> None:
    """Calling an answer back never costs newer words."""
    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "First")
    replies.save_draft(actors.maria, desk, number, MessageKind.STAFF, "Second")
    undo(actors.maria, desk)
    draft = replies.draft(actors.maria, desk, number, MessageKind.STAFF)
    assert draft is not None
    assert draft.text == "First\n\nSecond"


@pytest.mark.parametrize("is_recorded", [True, False])
def test_an_answer_that_left_cannot_be_called_back(
    desk: Desk, actors: Group, clock: FakeClock, is_recorded: bool
) -> None:
    """From the moment a courier has it, an answer is out of the house."""
    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "Hello")
    clock.advance(seconds=5)
    for mail in outgoing.claim(COURIER, desk):
        if is_recorded:
            outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 ok"))
    with pytest.raises(Invalid, match="left the house"):
        undo(actors.maria, desk)
    assert len([mail for mail in every(desk, Outbox) if mail.kind is OutboxKind.ANSWER]) == 1


def test_calling_an_answer_back_keeps_what_came_meanwhile(desk: Desk, actors: Group) -> None:
    """A customer who wrote in the same seconds still waits, since their first word."""
    mail = letter()
    number = arrive(desk, mail).ticket
    since = ticket(desk, number).waiting_since
    replies.send(actors.maria, desk, number, "Hello", then=Status.SOLVED)
    arrive(desk, letter(text="One thing more", in_reply_to=(mail.message_id,)))
    undo(actors.maria, desk)
    found = ticket(desk, number)
    assert found.waiting_since == since
    assert found.status in (Status.NEW, Status.OPEN)


def test_calling_an_answer_back_keeps_a_colleagues_work(desk: Desk, actors: Group) -> None:
    """What somebody set in the same seconds stays: the status with its moment, the claim with its end."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    replies.send(actors.maria, desk, number, "Hello")
    tickets.set_status(actors.kostas, desk, number, Status.ON_HOLD, SOON)
    tickets.assign(actors.kostas, desk, number, "kostas")
    tickets.claim(actors.kostas, desk, number)
    undo(actors.maria, desk)
    found = ticket(desk, number)
    assert (found.status, found.wake_at) == (Status.ON_HOLD, SOON)
    assert (found.claimed_by, found.assignee_id) == (actors.kostas.staff_id, actors.kostas.staff_id)


def test_tags_are_taken_back_to_a_ticket_that_was_handed_on(desk: Desk, actors: Group) -> None:
    """A handover note is part of the record and stays when the hand-over is taken back."""
    number = arrive(desk).ticket
    tickets.set_level(actors.maria, desk, number, Level.SECOND, "Asked for the error log.")
    undo(actors.maria, desk)
    notes = [m.text for m in reading.show(actors.maria, desk, number).messages if m.kind is MessageKind.NOTE]
    assert (notes, ticket(desk, number).level) == (["Asked for the error log."], Level.FIRST)
