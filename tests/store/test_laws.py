"""The laws looked at from outside: a healthy store has no fault, and each fault is found by what it breaks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from desk import filing, ledger, opening, outgoing, replies, tickets, undo
from desk.actors import COURIER, FILER, LISTENER
from desk.context import Desk
from intake.parsing.mail import parse
from procedure.mail import Address, Envelope, Rejected, Sent
from procedure.terms import Status
from store import laws
from tests.fakes.desks import SUPPORT, FakeClock, engage


@pytest.fixture
def worked(any_desk: Desk, clock: FakeClock) -> Desk:
    """Return a desk after some work: filed, answered, sent, dead, called back, solved."""
    maria = engage(any_desk).maria
    for number in range(3):
        raw = f"From: c{number}@example.gr\r\nSubject: DNS {number}\r\n\r\nHelp {number}\r\n".encode()
        envelope = Envelope(clock.now(), "192.0.2.1", f"c{number}@example.gr", (SUPPORT,), raw)
        ledger.record(LISTENER, any_desk, [envelope, envelope])
    filed = [filing.file(FILER, any_desk, mail.ledger_id, parse(mail.envelope.raw))
             for mail in filing.claim(FILER, any_desk)]  # fmt: skip
    first, second, third = (mail.ticket_id for mail in filed if mail.ticket_id)
    replies.send(maria, any_desk, first, "Answer.")
    replies.send(maria, any_desk, second, "Dead on arrival.")
    replies.send(maria, any_desk, third, "Called back.")
    undo.undo(maria, any_desk)
    clock.advance(minutes=1)
    for mail in outgoing.claim(COURIER, any_desk, limit=20):
        dead = "Dead" in mail.text
        outgoing.record_outcome(COURIER, any_desk, mail.outbox_id, Rejected("550 no") if dead else Sent("250 ok"))
    phoned = opening.open_ticket(maria, any_desk, "Call", "text", Address("Nikos", ""))
    tickets.set_status(maria, any_desk, phoned, Status.ON_HOLD, clock.now() + timedelta(hours=2))
    tickets.set_status(maria, any_desk, first, Status.SOLVED)
    return any_desk


def faults(desk: Desk) -> list[str]:
    return desk.database.read(laws.faults)


def harm(desk: Desk, *statements: str) -> None:
    """Change rows behind the program's back."""
    desk.database.write(lambda session: [session.execute(text(one)) for one in statements])


def test_a_healthy_store_has_no_fault(worked: Desk) -> None:
    """All that the desk does keeps the laws."""
    assert faults(worked) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE ledger_count SET mails = mails + 1 WHERE word = 'accepted' AND slot = 0", "ledger counter accepted"),
        ("UPDATE ledger_count SET mails = mails - 1 WHERE word = 'new_ticket' AND slot = 0", "counter new_ticket"),
        ("UPDATE queue_count SET tickets = tickets + 1 WHERE level = 1 AND turn = 0 AND slot = 0", "queue counter"),
        ("UPDATE message SET ledger_id = NULL", "is filed, but no message carries it"),
        ("DELETE FROM ledger_raw", "has no bytes"),
        ("UPDATE ticket SET waiting_since = NULL, wake_at = '2026-12-24 09:00:00+00:00'", "says that nobody waits"),
        ("UPDATE message SET takes_turn = false WHERE kind = 'customer'", "says that somebody waits"),
        ("UPDATE outbox SET answer_id = NULL", "has no mail in the outbox"),
        ("DELETE FROM delivery_attempt", "no attempt says so"),
    ],
    ids=lambda value: value if "UPDATE" not in value and "DELETE" not in value else "",
)
def test_each_broken_law_is_found(statement: str, words: str, worked: Desk) -> None:
    """A row changed behind the program's back is told in a sentence."""
    harm(worked, statement)
    found = faults(worked)
    assert any(words in fault for fault in found), found


def test_twenty_of_a_kind_are_enough(worked: Desk, clock: FakeClock) -> None:
    """A broken store can have millions of faults; a person reads twenty."""
    envelopes = [Envelope(clock.now(), "", "a@example.gr", (SUPPORT,), b"%d" % number) for number in range(30)]
    ledger.record(LISTENER, worked, envelopes)
    harm(worked, "DELETE FROM ledger_raw")
    assert len([fault for fault in faults(worked) if "has no bytes" in fault]) == laws.SHOWN
