"""The outbox: lease, outcome, retry, and the turn that comes back when an answer dies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import outgoing, reading, replies, tickets
from desk.actors import COURIER
from desk.context import Desk
from desk.due import mail_to_send
from desk.errors import Conflict, Invalid, NotFound
from procedure.mail import Deferred, OutgoingMail, Rejected, Sent
from procedure.retry import GIVE_UP_AFTER, SCHEDULE, WARN_AFTER
from procedure.terms import OutboxKind, OutboxState, Status, Turn
from store.tables import DeliveryAttempt, Outbox
from tests.fakes.desks import START, FakeChance, FakeClock, Group
from tests.fakes.looks import change, events, every, kinds, row, ticket
from tests.fakes.mails import NIKOS, arrive, letter


@pytest.fixture
def answered(desk: Desk, actors: Group, clock: FakeClock) -> int:
    """Return a ticket with one answer that is due, and nothing else in the outbox."""
    number = arrive(desk, mail_from="list-owner@example.gr").ticket  # not acknowledged
    replies.send(actors.maria, desk, number, "Hello")
    clock.advance(seconds=5)
    return number


def claimed(desk: Desk) -> OutgoingMail:
    [mail] = outgoing.claim(COURIER, desk)
    return mail


def test_sent_is_answered(desk: Desk, clock: FakeClock, answered: int) -> None:
    """When the next hop took the mail the ticket counts as answered, at that moment, and the words of it are kept."""
    mail = claimed(desk)
    now = clock.advance(seconds=2)
    assert outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 2.0.0 queued")) is OutboxState.SENT
    found = row(desk, Outbox, mail.outbox_id)
    assert (found.state, found.sent_at, found.lease_until, found.last_reply) == (
        OutboxState.SENT, now, None, "250 2.0.0 queued",
    )  # fmt: skip
    assert (ticket(desk, answered).first_answered_at, kinds(desk, answered)[-1]) == (now, "sent")
    assert [(a.outcome, a.at) for a in every(desk, DeliveryAttempt)] == [("sent", now)]


def test_the_first_answer_is_the_first(desk: Desk, actors: Group, clock: FakeClock, answered: int) -> None:
    """A later answer does not move the moment of the first."""
    outgoing.record_outcome(COURIER, desk, claimed(desk).outbox_id, Sent("250"))
    first = ticket(desk, answered).first_answered_at
    replies.send(actors.maria, desk, answered, "Once more")
    clock.advance(minutes=1)
    outgoing.record_outcome(COURIER, desk, claimed(desk).outbox_id, Sent("250"))
    assert ticket(desk, answered).first_answered_at == first


def test_what_is_leased_is_not_claimed_again(desk: Desk, clock: FakeClock, answered: int) -> None:
    """One courier has it until its lease ends."""
    claimed(desk)
    clock.advance(seconds=outgoing.LEASE.total_seconds() - 1)
    assert (outgoing.claim(COURIER, desk), mail_to_send(COURIER, desk)) == ([], False)


def test_a_courier_that_disappeared_is_replaced(desk: Desk, clock: FakeClock, answered: int) -> None:
    """After the lease the mail goes out again under the same Message-ID and the same envelope (law 4)."""
    first = claimed(desk)
    clock.advance(seconds=outgoing.LEASE.total_seconds())
    again = claimed(desk)
    assert (again.message_id, again.envelope_from, again.text) == (first.message_id, first.envelope_from, first.text)
    assert (again.outbox_id, again.attempts) == (first.outbox_id, 2)


def test_a_courier_that_comes_back_late_changes_nothing(desk: Desk, clock: FakeClock, answered: int) -> None:
    """The first word on a mail stands; the attempt is written down all the same."""
    mail = claimed(desk)
    outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250"))
    assert outgoing.record_outcome(COURIER, desk, mail.outbox_id, Rejected("550")) is OutboxState.SENT
    assert (row(desk, Outbox, mail.outbox_id).last_reply, len(every(desk, DeliveryAttempt))) == ("250", 2)
    assert ticket(desk, answered).waiting_since is None


def test_a_deferred_mail_is_tried_by_the_schedule(
    desk: Desk, clock: FakeClock, chance: FakeChance, answered: int
) -> None:
    """Each failed attempt waits longer, the last step repeats, the Message-ID stays; the answer still counts."""
    delays, ids = [], set()
    for _ in range(len(SCHEDULE) + 2):
        mail = claimed(desk)
        ids.add(mail.message_id)
        assert outgoing.record_outcome(COURIER, desk, mail.outbox_id, Deferred("451 later")) is OutboxState.QUEUED
        due = row(desk, Outbox, mail.outbox_id).due_at
        delays.append(due - clock.now())
        clock.at = due
    assert delays == [*SCHEDULE, SCHEDULE[-1], SCHEDULE[-1]]
    assert (len(ids), ticket(desk, answered).waiting_since) == (1, None)


@pytest.mark.parametrize(("fraction", "part"), [(0.0, 0.9), (1.0, 1.1)])
def test_mails_that_failed_together_do_not_return_together(
    desk: Desk, clock: FakeClock, chance: FakeChance, answered: int, fraction: float, part: float
) -> None:
    """Chance moves the next attempt by a tenth each way."""
    chance.fixed = fraction
    mail = claimed(desk)
    outgoing.record_outcome(COURIER, desk, mail.outbox_id, Deferred("451"))
    assert row(desk, Outbox, mail.outbox_id).due_at == clock.now() + SCHEDULE[0] * part


def test_a_late_mail_is_warned_about_once(desk: Desk, clock: FakeClock, answered: int) -> None:
    """After four hours the ticket says that its answer is still not there, and says it once."""
    said = []
    for age in (WARN_AFTER - timedelta(seconds=1), WARN_AFTER, WARN_AFTER * 4):
        clock.at = START + age
        outgoing.record_outcome(COURIER, desk, claimed(desk).outbox_id, Deferred("451 down"))
        said.append(kinds(desk, answered).count("delivery_late"))
        change(desk, "UPDATE outbox SET due_at = created_at")
    assert said == [0, 1, 1]


@pytest.mark.parametrize(
    ("age", "outcome"),
    [(timedelta(seconds=5), Rejected("550 5.1.1 no such user")), (GIVE_UP_AFTER, Deferred("451 still down"))],
)
def test_a_dead_answer_gives_the_turn_back(
    desk: Desk, actors: Group, clock: FakeClock, answered: int, age: timedelta, outcome: Rejected | Deferred
) -> None:
    """Refused for good or given up after five days: the customer waits again, since their own word, and it is seen."""
    clock.at = START + age
    mail = claimed(desk)
    assert outgoing.record_outcome(COURIER, desk, mail.outbox_id, outcome) is OutboxState.DEAD
    found = ticket(desk, answered)
    assert (found.status, found.turn, found.waiting_since, found.wake_at) == (Status.OPEN, Turn.OURS, START, None)
    assert (events(desk, answered)[-1].kind, events(desk, answered)[-1].data["to"]) == ("delivery_failed", NIKOS)
    last = reading.show(actors.maria, desk, answered).messages[-1]
    assert (last.delivery, last.delivery_reply) == (OutboxState.DEAD, outcome.reply)
    clock.advance(days=30)
    assert outgoing.claim(COURIER, desk) == []


def test_a_dead_answer_opens_what_was_closed(desk: Desk, actors: Group, clock: FakeClock, answered: int) -> None:
    """Even a solved and closed ticket comes back when its answer never arrived."""
    tickets.set_status(actors.maria, desk, answered, Status.SOLVED)
    tickets.set_status(actors.maria, desk, answered, Status.CLOSED)
    outgoing.record_outcome(COURIER, desk, claimed(desk).outbox_id, Rejected("550"))
    found = ticket(desk, answered)
    assert (found.status, found.closed_at, found.waiting_since) == (Status.OPEN, None, START)


def test_a_dead_answer_before_a_good_one_takes_nothing_back(
    desk: Desk, actors: Group, clock: FakeClock, answered: int
) -> None:
    """When another answer reached the customer nobody waits, but the ticket is opened to be looked at."""
    first = claimed(desk)
    replies.send(actors.maria, desk, answered, "Also")
    clock.advance(minutes=1)
    outgoing.record_outcome(COURIER, desk, claimed(desk).outbox_id, Sent("250"))
    outgoing.record_outcome(COURIER, desk, first.outbox_id, Rejected("550"))
    found = ticket(desk, answered)
    assert (found.waiting_since, found.status, found.turn) == (None, Status.OPEN, Turn.OURS)


def test_a_dead_acknowledgement_changes_no_turn(desk: Desk, actors: Group) -> None:
    """Nobody waits for an acknowledgement; its end is written down."""
    number = arrive(desk).ticket
    before = ticket(desk, number).version
    mail = claimed(desk)
    assert (mail.kind, mail.envelope_from) == (OutboxKind.ACKNOWLEDGEMENT, "")
    outgoing.record_outcome(COURIER, desk, mail.outbox_id, Rejected("550"))
    assert (ticket(desk, number).version, kinds(desk, number)[-1]) == (before, "delivery_failed")


def test_a_dead_answer_can_be_sent_again(desk: Desk, actors: Group, clock: FakeClock, answered: int) -> None:
    """After the address was mended it goes out under the same Message-ID, and the turn is the customer's again."""
    first = claimed(desk)
    outgoing.record_outcome(COURIER, desk, first.outbox_id, Rejected("550"))
    now = clock.advance(days=6)
    outgoing.retry(actors.moderator, desk, first.outbox_id)
    found = ticket(desk, answered)
    assert (found.status, found.waiting_since, found.wake_at) == (Status.PENDING, None, now + timedelta(days=3))
    again = claimed(desk)
    assert again.message_id == first.message_id
    assert outgoing.record_outcome(COURIER, desk, again.outbox_id, Deferred("451")) is OutboxState.QUEUED


def test_sending_again_begins_the_warning_anew(desk: Desk, actors: Group, clock: FakeClock, answered: int) -> None:
    """A mail sent again by hand is warned about again, four hours later."""
    for age in (WARN_AFTER, GIVE_UP_AFTER):
        clock.at = START + age
        outgoing.record_outcome(COURIER, desk, claimed(desk).outbox_id, Deferred("451"))
    outgoing.retry(actors.moderator, desk, every(desk, Outbox)[0].id or 0)
    clock.advance(seconds=WARN_AFTER.total_seconds())
    outgoing.record_outcome(COURIER, desk, claimed(desk).outbox_id, Deferred("451"))
    assert kinds(desk, answered).count("delivery_late") == 2


def test_a_waiting_mail_can_be_sent_now(desk: Desk, actors: Group, clock: FakeClock, answered: int) -> None:
    """Who knows that the next hop is back need not wait for the schedule."""
    mail = claimed(desk)
    outgoing.record_outcome(COURIER, desk, mail.outbox_id, Deferred("451"))
    nothing = outgoing.claim(COURIER, desk)
    outgoing.retry(actors.moderator, desk, mail.outbox_id)
    assert (nothing, claimed(desk).outbox_id, kinds(desk, answered)[-1]) == ([], mail.outbox_id, "retried")


def test_what_was_sent_or_is_being_sent_is_not_sent_again(
    desk: Desk, actors: Group, clock: FakeClock, answered: int
) -> None:
    """Sending twice is for lost leases, not for impatience."""
    mail = claimed(desk)
    with pytest.raises(Conflict, match="at this moment"):
        outgoing.retry(actors.moderator, desk, mail.outbox_id)
    outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 ok"))
    with pytest.raises(Invalid, match="sent already: 250 ok"):
        outgoing.retry(actors.moderator, desk, mail.outbox_id)
    with pytest.raises(NotFound):
        outgoing.retry(actors.moderator, desk, 4711)


def test_mails_go_out_oldest_first_and_in_small_lots(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A courier takes what it can carry; the rest is for the next."""
    for _ in range(3):
        replies.send(actors.maria, desk, arrive(desk, mail_from="x@example.gr").ticket, "Hello")
        clock.advance(seconds=1)
    clock.advance(seconds=10)
    lots = [[mail.outbox_id for mail in outgoing.claim(COURIER, desk, limit=2)] for _ in range(3)]
    assert [len(lot) for lot in lots] == [2, 1, 0]
    assert [*lots[0], *lots[1]] == sorted([*lots[0], *lots[1]])


def test_the_outbox_is_walked_newest_first(desk: Desk, actors: Group) -> None:
    """Pages, states and tickets narrow what is listed."""
    numbers = [arrive(desk, letter(f"c{n}@example.gr")).ticket for n in range(3)]
    listed = outgoing.rows(actors.maria, desk)
    assert [found.ticket_id for found in listed] == numbers[::-1]
    assert outgoing.rows(actors.maria, desk, before_id=listed[0].id, limit=1) == [listed[1]]
    assert outgoing.rows(actors.maria, desk, ticket_id=numbers[0], limit=None) == [listed[2]]
    assert outgoing.rows(actors.maria, desk, state=OutboxState.SENT) == []
