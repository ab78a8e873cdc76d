"""Workers look before they claim: the look says what the claim would find, and writes nothing."""

from __future__ import annotations

import pytest

from desk import due, filing, ledger, opening, outgoing, replies, timers
from desk.actors import COURIER, FILER, LISTENER, TIMERS, Actor
from desk.context import Desk
from procedure.mail import Address, Deferred, Envelope
from tests.fakes.desks import SUPPORT, FakeClock, engage


@pytest.fixture
def maria(any_desk: Desk) -> Actor:
    return engage(any_desk).maria


def test_mail_to_file(any_desk: Desk, clock: FakeClock) -> None:
    """True for accepted mail until it is leased, and again when the lease is over."""
    found = [due.mail_to_file(FILER, any_desk)]
    ledger.record(LISTENER, any_desk, [Envelope(clock.now(), "", "a@example.gr", (SUPPORT,), b"Subject: x\r\n\r\ny")])
    found.append(due.mail_to_file(FILER, any_desk))
    filing.claim(FILER, any_desk)
    found.append(due.mail_to_file(FILER, any_desk))
    clock.advance(seconds=filing.LEASE.total_seconds())
    found.append(due.mail_to_file(FILER, any_desk))
    assert found == [False, True, False, True]


def test_mail_to_send(any_desk: Desk, clock: FakeClock, maria: Actor) -> None:
    """True for an answer past its time for undo, until it is leased, and again when its next attempt is due."""
    ticket = opening.open_ticket(maria, any_desk, "x", "y", Address("", "a@example.gr"))
    replies.send(maria, any_desk, ticket, "Hello.")
    found = [due.mail_to_send(COURIER, any_desk)]
    clock.advance(minutes=1)
    found.append(due.mail_to_send(COURIER, any_desk))
    (mail,) = outgoing.claim(COURIER, any_desk)
    found.append(due.mail_to_send(COURIER, any_desk))
    outgoing.record_outcome(COURIER, any_desk, mail.outbox_id, Deferred("later"))
    found.append(due.mail_to_send(COURIER, any_desk))
    clock.advance(days=1)
    found.append(due.mail_to_send(COURIER, any_desk))
    assert found == [False, True, False, False, True]


def test_sleepers_to_wake(any_desk: Desk, clock: FakeClock, maria: Actor) -> None:
    """True when a sleeping ticket's moment has come, until it was woken."""
    ticket = opening.open_ticket(maria, any_desk, "x", "y", Address("", "a@example.gr"))
    replies.send(maria, any_desk, ticket, "Hello.")
    found = [due.sleepers_to_wake(TIMERS, any_desk)]
    clock.advance(days=30)
    found.append(due.sleepers_to_wake(TIMERS, any_desk))
    timers.run_due(TIMERS, any_desk)
    found.append(due.sleepers_to_wake(TIMERS, any_desk))
    assert found == [False, True, False]


def test_a_look_rings_no_bell(any_desk: Desk) -> None:
    """On a server every commit wakes every screen; looking is not one."""
    rings: list[int] = []
    any_desk.database.on_write(lambda: rings.append(1))
    due.mail_to_file(FILER, any_desk)
    due.mail_to_send(COURIER, any_desk)
    due.sleepers_to_wake(TIMERS, any_desk)
    assert rings == []
