"""What a fallen service had in hand is taken up by the next one at once."""

from __future__ import annotations

from desk import filing, outgoing, recovery, replies
from desk.actors import COURIER, FILER, TIMERS
from desk.context import Desk
from procedure.mail import Sent
from procedure.terms import OutboxState
from tests.fakes.desks import FakeClock, Group
from tests.fakes.mails import accept, arrive, letter


def test_leases_of_a_fallen_service_end(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A claimed mail and one on its way out are claimed again without waiting for their leases."""
    ticket = arrive(desk).ticket
    assert ticket is not None
    for mail in outgoing.claim(COURIER, desk):
        outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 ok"))
    replies.send(actors.maria, desk, ticket, "Try again, please.")
    clock.advance(minutes=1)
    accept(desk, letter("other@example.gr"))
    (answer,), (claimed,) = outgoing.claim(COURIER, desk), filing.claim(FILER, desk)
    assert (outgoing.claim(COURIER, desk), filing.claim(FILER, desk)) == ([], [])

    assert recovery.take_up(TIMERS, desk) == 2

    (again,), (same,) = outgoing.claim(COURIER, desk), filing.claim(FILER, desk)
    assert (again.message_id, same.ledger_id) == (answer.message_id, claimed.ledger_id)
    assert again.attempts == 2


def test_what_has_ended_is_left_alone(desk: Desk, actors: Group) -> None:
    """A mail that was sent is not sent again, a filed one not filed again."""
    arrive(desk)
    for mail in outgoing.claim(COURIER, desk):
        outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 ok"))
    assert recovery.take_up(TIMERS, desk) == 0
    assert {row.state for row in outgoing.rows(actors.supervisor, desk)} == {OutboxState.SENT}
