"""Words of staff: answers, notes, drafts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import opening, outgoing, reading, replies, tickets
from desk.actors import COURIER
from desk.context import Desk
from desk.errors import AnsweredMeanwhile, Invalid, NotFound
from procedure.mail import Address
from procedure.terms import MessageKind, OutboxKind, OutboxState, Status, Turn
from store.tables import Message, Outbox
from tests.fakes.desks import START, SUPPORT, FakeClock, Group
from tests.fakes.looks import every, kinds, row, ticket
from tests.fakes.mails import NIKOS, arrive, letter

UNDO = timedelta(seconds=5)
PENDING = timedelta(days=3)


def answers(desk: Desk) -> list[Outbox]:
    return [mail for mail in every(desk, Outbox) if mail.kind is OutboxKind.ANSWER]


def test_an_answer_is_a_message_and_a_mail(desk: Desk, actors: Group) -> None:
    """The public word, the mail with the same Message-ID and the history are written together."""
    number = arrive(desk).ticket
    answer = row(desk, Message, replies.send(actors.maria, desk, number, "Try again now.\n\n"))
    [mail] = answers(desk)
    assert (answer.kind, answer.text, answer.takes_turn) == (MessageKind.STAFF, "Try again now.", True)
    assert (mail.answer_id, mail.message_id, mail.to_address) == (answer.id, answer.message_id, NIKOS)
    assert (mail.state, mail.due_at) == (OutboxState.QUEUED, START + UNDO)
    assert kinds(desk, number) == ["created", "acknowledged", "answered"]


def test_an_answer_reads_as_a_reply(desk: Desk, actors: Group) -> None:
    """It names the ticket, answers the customer's latest mail, comes from the address written to, and quotes."""
    mail = letter(subject="Re: RE: Cannot log in", text="Since this morning.")
    number = arrive(desk, mail, rcpt_to=("billing@example.com",)).ticket
    replies.send(actors.maria, desk, number, "Try again.")
    [out] = answers(desk)
    assert out.subject == f"Re: [TD-{number}] Cannot log in"
    assert (out.in_reply_to, out.references[-1]) == (mail.message_id, mail.message_id)
    assert out.sender_address == "billing@example.com"
    assert out.reply_to.startswith("billing+t")
    assert out.envelope_from.startswith("billing+b")
    assert out.text.startswith("Try again.\n\nMaria Level One\n")
    assert "> Since this morning." in out.text


def test_no_outbox_row_means_no_answer(desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Message and outbox row are one transaction: when the second fails, the first is not there either (law 4)."""
    number = arrive(desk).ticket
    before = (ticket(desk, number).version, len(every(desk, Message)))
    monkeypatch.setattr(replies, "queue_mail", _fail)
    with pytest.raises(RuntimeError):
        replies.send(actors.maria, desk, number, "Hello")
    assert (ticket(desk, number).version, len(every(desk, Message))) == before


def test_no_event_means_no_answer(desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail does not leave either when the turn cannot be handed over."""
    number = arrive(desk).ticket
    monkeypatch.setattr(replies, "_hand_turn", _fail)
    with pytest.raises(RuntimeError):
        replies.send(actors.maria, desk, number, "Hello")
    assert answers(desk) == []


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("the machine stops here")


@pytest.mark.parametrize(
    ("then", "sleeps", "turn"),
    [
        (Status.PENDING, PENDING, Turn.THEIRS),
        (Status.SOLVED, timedelta(days=7), Turn.THEIRS),
        (Status.ON_HOLD, PENDING, Turn.THEIRS),
        (Status.OPEN, timedelta(0), Turn.OURS),
    ],
)
def test_an_answer_hands_the_turn_over(
    desk: Desk, actors: Group, clock: FakeClock, then: Status, sleeps: timedelta, turn: Turn
) -> None:
    """Nobody waits any more, and the ticket has the moment at which it comes back."""
    number = arrive(desk).ticket
    now = clock.advance(minutes=9)
    replies.send(actors.maria, desk, number, "Hello", then=then)
    found = ticket(desk, number)
    assert (found.status, found.waiting_since, found.turn) == (then, None, turn)
    assert found.wake_at == now + sleeps
    assert (found.assignee_id, found.claimed_by) == (actors.maria.staff_id, None)


@pytest.mark.parametrize("then", [Status.NEW, Status.CLOSED])
def test_an_answer_cannot_leave_a_ticket_new_or_closed(desk: Desk, actors: Group, then: Status) -> None:
    """After an answer a ticket is somebody's turn."""
    with pytest.raises(Invalid):
        replies.send(actors.maria, desk, arrive(desk).ticket, "Hello", then=then)


def test_an_answer_stays_with_whom_the_ticket_is(desk: Desk, actors: Group) -> None:
    """Helping out on a colleague's ticket does not take it from them."""
    number = arrive(desk).ticket
    tickets.claim(actors.maria, desk, number)
    replies.send(actors.kostas, desk, number, "Hello")
    assert ticket(desk, number).assignee_id == actors.maria.staff_id


def test_the_conversation_went_on_meanwhile(desk: Desk, actors: Group) -> None:
    """Who has not seen the newest public word is told, the draft stays, and nothing is sent; asked again it is sent."""
    mail = letter()
    number = arrive(desk, mail).ticket
    seen = reading.show(actors.maria, desk, number).messages[0].id
    replies.save_draft(actors.maria, desk, number, MessageKind.STAFF, "My answer")
    arrive(desk, letter(text="It works again", in_reply_to=(mail.message_id,)))
    with pytest.raises(AnsweredMeanwhile, match=r"nikos@example\.gr wrote"):
        replies.send(actors.maria, desk, number, "My answer", seen_message=seen)
    draft = replies.draft(actors.maria, desk, number, MessageKind.STAFF)
    assert (draft and draft.text, answers(desk)) == ("My answer", [])
    replies.send(actors.maria, desk, number, "My answer")
    assert (replies.draft(actors.maria, desk, number, MessageKind.STAFF), len(answers(desk))) == (None, 1)


def test_notes_and_acknowledgements_do_not_make_an_answer_stale(desk: Desk, actors: Group) -> None:
    """Only public words matter to somebody who is writing one."""
    number = arrive(desk).ticket
    seen = reading.show(actors.maria, desk, number).messages[0].id
    replies.note(actors.kostas, desk, number, "Looks like the disk.")
    replies.send(actors.maria, desk, number, "Hello", seen_message=seen)
    assert len(answers(desk)) == 1


def test_a_colleagues_answer_makes_an_answer_stale(desk: Desk, actors: Group) -> None:
    """Two agents never answer the same word without knowing."""
    number = arrive(desk).ticket
    seen = reading.show(actors.maria, desk, number).messages[-1].id
    replies.send(actors.kostas, desk, number, "Done", seen_message=seen)
    with pytest.raises(AnsweredMeanwhile, match="Kostas Level Two wrote"):
        replies.send(actors.maria, desk, number, "Done", seen_message=seen)


@pytest.mark.parametrize("text", ["", " \n\t ", "x" * (replies.MAX_TEXT + 1)])
def test_empty_and_endless_texts_are_refused(desk: Desk, actors: Group, text: str) -> None:
    """Neither an answer nor a note can be nothing, or a file pasted by mistake."""
    number = arrive(desk).ticket
    for say in (replies.send, replies.note):
        with pytest.raises(Invalid):
            say(actors.maria, desk, number, text)


def test_a_caller_without_an_address_cannot_be_answered_by_mail(desk: Desk, actors: Group) -> None:
    """The agent is told, and the words are not lost."""
    number = opening.open_ticket(actors.maria, desk, "On the phone", "Site down", Address("Caller", ""))
    replies.save_draft(actors.maria, desk, number, MessageKind.STAFF, "Hello")
    with pytest.raises(Invalid, match="no mail address"):
        replies.send(actors.maria, desk, number, "Hello")
    assert replies.draft(actors.maria, desk, number, MessageKind.STAFF) is not None


def test_an_answer_is_held_for_a_moment(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """The courier does not get it before the undo time is over."""
    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "Hello")
    before = [mail.kind for mail in outgoing.claim(COURIER, desk)]
    clock.advance(seconds=5)
    after = [mail.kind for mail in outgoing.claim(COURIER, desk)]
    assert (before, after) == ([OutboxKind.ACKNOWLEDGEMENT], [OutboxKind.ANSWER])


def test_a_note_leaves_the_turn_where_it_is(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A customer waits on, whatever is noted; the note is internal and nothing is sent."""
    number = arrive(desk).ticket
    before = ticket(desk, number)
    clock.advance(minutes=5)
    replies.note(actors.maria, desk, number, "Asked the provider.")
    after = ticket(desk, number)
    assert (after.waiting_since, after.status, after.next_at) == (before.waiting_since, before.status, before.next_at)
    assert (after.version, kinds(desk, number)[-1], answers(desk)) == (before.version + 1, "noted", [])


def test_a_draft_is_ones_own(desk: Desk, actors: Group) -> None:
    """Drafts are by person, ticket and kind; each keeps its last words."""
    number = arrive(desk).ticket
    replies.save_draft(actors.maria, desk, number, MessageKind.STAFF, "One")
    replies.save_draft(actors.maria, desk, number, MessageKind.STAFF, "Two")
    replies.save_draft(actors.maria, desk, number, MessageKind.NOTE, "Note")
    replies.save_draft(actors.kostas, desk, number, MessageKind.STAFF, "His")
    assert sorted(draft.text for draft in replies.drafts(actors.maria, desk)) == ["Note", "Two"]
    replies.save_draft(actors.maria, desk, number, MessageKind.STAFF, "  ")
    assert [draft.text for draft in replies.drafts(actors.maria, desk)] == ["Note"]
    replies.note(actors.maria, desk, number, "Note")
    assert replies.drafts(actors.maria, desk) == []
    assert [draft.text for draft in replies.drafts(actors.kostas, desk)] == ["His"]


def test_a_draft_survives_a_change_of_owner(desk: Desk, actors: Group) -> None:
    """Handing a ticket on loses no word of anybody (law 9)."""
    number = arrive(desk).ticket
    replies.save_draft(actors.maria, desk, number, MessageKind.STAFF, "Half a sentence")
    tickets.assign(actors.moderator, desk, number, "kostas")
    tickets.set_status(actors.kostas, desk, number, Status.SOLVED)
    draft = replies.draft(actors.maria, desk, number, MessageKind.STAFF)
    assert draft is not None
    assert draft.text == "Half a sentence"


def test_a_draft_needs_its_ticket(desk: Desk, actors: Group) -> None:
    """Words for a ticket that is not there are refused aloud, not lost silently."""
    with pytest.raises(NotFound):
        replies.save_draft(actors.maria, desk, 4711, MessageKind.STAFF, "Words")


def test_answers_come_from_a_mailbox_that_is_ours(desk: Desk, actors: Group) -> None:
    """A ticket that came by phone is answered from the first support address."""
    number = opening.open_ticket(actors.maria, desk, "Call", "Site down", Address("Caller", "caller@example.org"))
    replies.send(actors.maria, desk, number, "Hello")
    assert answers(desk)[0].sender_address == SUPPORT
