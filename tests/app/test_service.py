"""The service in this process, on loopback: mail in, answers out, one at a time, ended in order."""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.endpoints import parse_endpoint
from app.running import is_running
from app.service import Service, ServiceError, run_in_thread
from app.settings_model import Settings
from desk import feeds, filing, ledger, outgoing, reading, replies, service_lease
from desk.actors import FILER, LISTENER, TIMERS, Actor
from desk.context import Desk
from desk.views import TicketView
from procedure.mail import Envelope
from procedure.terms import Fate, MessageKind, OutboxState, Role, Status
from tests.fakes.desks import SUPPORT, FakeChance, FakeClock, Group, opened
from tests.fakes.smarthost import FakeSmarthost

DEADLINE = 20.0
CUSTOMER = "nikos@example.gr"


@pytest.fixture
def maria(actors: Group) -> Actor:
    return actors.maria


def settings_for(smarthost: FakeSmarthost | None = None, listen: str = "127.0.0.1:0") -> Settings:
    """Return settings whose store is not used: the desk is given."""
    tree: dict[str, dict[str, object]] = {
        "desk": {"addresses": [SUPPORT]},
        "smtp": {"listen": listen, "free_space_floor_bytes": 0},
    }
    if smarthost is not None:
        tree["outbox"] = {"smarthost": f"127.0.0.1:{smarthost.port}", "tls": "never"}
    return Settings.model_validate(tree)


def wait_until(desk: Desk, is_so: Callable[[], bool]) -> None:
    """Return when something has become true of the store; looks after each change of it."""
    deadline = time.monotonic() + DEADLINE
    with closing(feeds.follow(TIMERS, desk)) as feed:
        while not is_so():
            left = deadline - time.monotonic()
            assert left > 0, "not in time"
            feed.wait(min(left, 0.5))


def send(address: str, mail: EmailMessage, sender: str = CUSTOMER) -> None:
    endpoint = parse_endpoint(address)
    with smtplib.SMTP(endpoint.host, endpoint.port, timeout=DEADLINE) as smtp:
        smtp.send_message(mail, sender, [str(mail["To"])])


def letter(subject: str, text: str, to: str = SUPPORT, **fields: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Nikos Pappas <{CUSTOMER}>", to, subject
    mail["Message-ID"] = f"<{abs(hash((subject, text)))}@example.gr>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def is_settled(desk: Desk, actor: Actor, mails: int) -> Callable[[], bool]:
    """Return the question whether so many mails came in and each has its fate."""

    def is_so() -> bool:
        sums = ledger.balance(actor, desk)
        return sums.accepted == mails and not sums.pending

    return is_so


def only_ticket(desk: Desk, actor: Actor) -> TicketView:
    (ticket_id,) = {row.ticket_id for row in ledger.rows(actor, desk) if row.ticket_id is not None}
    return reading.show(actor, desk, ticket_id)


@contextmanager
def another_desk(url: str, clock: FakeClock) -> Iterator[Desk]:
    found = opened(url, clock, FakeChance())
    try:
        yield found
    finally:
        found.close()


def test_a_mail_is_answered_and_the_reply_comes_to_the_same_ticket(desk: Desk, maria: Actor, clock: FakeClock) -> None:
    """The main job, end to end: SMTP in, ticket, answer out by SMTP as a reply, the customer's reply on the ticket."""
    with FakeSmarthost() as smarthost, run_in_thread(desk, settings_for(smarthost)) as (address,):
        first = letter("Cannot log in to webmail", "Since this morning.")
        send(address, first)
        wait_until(desk, is_settled(desk, maria, 1))
        ticket = only_ticket(desk, maria)
        (acknowledgement,) = smarthost.wait_for(1)
        replies.send(maria, desk, ticket.id, "Please try again.")
        clock.advance(minutes=1)  # past the time in which it could be called back
        answer = smarthost.wait_for(2)[1]
        content = message_from_bytes(answer.content, policy=policy.default)
        back = letter(f"Re: {content['Subject']}", "It works!", content["Reply-To"], In_Reply_To=content["Message-ID"])
        send(address, back)
        wait_until(desk, is_settled(desk, maria, 2))
    after = only_ticket(desk, maria)
    kinds = [message.kind for message in after.messages]
    assert (ticket.subject, ticket.requester_address) == ("Cannot log in to webmail", CUSTOMER)
    assert acknowledgement.mail_from == ""
    assert (answer.rcpt_to, content["In-Reply-To"]) == (CUSTOMER, first["Message-ID"])
    assert content["Subject"] == f"Re: [{ticket.ref}] Cannot log in to webmail"
    assert kinds == [MessageKind.CUSTOMER, MessageKind.SYSTEM, MessageKind.STAFF, MessageKind.CUSTOMER]
    assert (after.status, after.waiting_since) == (Status.OPEN, clock.now())


def test_what_was_accepted_before_a_restart_is_filed_after_it(desk: Desk, maria: Actor, clock: FakeClock) -> None:
    """A mail that waits in the ledger when the service starts is filed; nothing lives in memory alone."""
    envelope = Envelope(clock.now(), "127.0.0.1", CUSTOMER, (SUPPORT,), letter("Help", "Please.").as_bytes())
    ledger.record(LISTENER, desk, [envelope])
    with run_in_thread(desk, settings_for()):
        wait_until(desk, is_settled(desk, maria, 1))
    assert ledger.balance(maria, desk).fates[Fate.NEW_TICKET] == 1


def test_a_filer_that_died_is_replaced_after_its_lease(desk: Desk, maria: Actor, clock: FakeClock) -> None:
    """A mail leased by a filer that disappeared is filed once the lease is over."""
    envelope = Envelope(clock.now(), "127.0.0.1", CUSTOMER, (SUPPORT,), letter("Help", "Please.").as_bytes())
    ledger.record(LISTENER, desk, [envelope])
    filing.claim(FILER, desk)
    clock.advance(minutes=2)
    with run_in_thread(desk, settings_for()):
        wait_until(desk, is_settled(desk, maria, 1))
    assert ledger.rows(maria, desk)[0].attempts == 2


def test_sleepers_wake(desk: Desk, maria: Actor, clock: FakeClock) -> None:
    """A pending ticket opens again when its moment has come."""
    with run_in_thread(desk, settings_for()) as (address,):
        send(address, letter("Help", "Please."))
        wait_until(desk, is_settled(desk, maria, 1))
        ticket = only_ticket(desk, maria)
        replies.send(maria, desk, ticket.id, "Done?")
        clock.advance(days=30)
        wait_until(desk, lambda: reading.show(maria, desk, ticket.id).status is Status.OPEN)


def test_without_a_smarthost_mail_waits(desk: Desk, maria: Actor) -> None:
    """No next hop is no reason to lose an answer or to refuse mail."""
    with run_in_thread(desk, settings_for()) as (address,):
        send(address, letter("Help", "Please."))
        wait_until(desk, is_settled(desk, maria, 1))
    assert [row.state for row in outgoing.rows(maria, desk)] == [OutboxState.QUEUED]


def test_the_listener_can_be_off(desk: Desk) -> None:
    """With smtp.listen empty the service runs and listens nowhere."""
    with run_in_thread(desk, settings_for(listen="")) as addresses:
        assert (addresses, is_running(desk)) == ([], True)


def test_a_second_service_is_refused(desk: Desk, sqlite_url: str, clock: FakeClock) -> None:
    """One service at a time on an embedded store; the second is told who runs it."""
    with (
        run_in_thread(desk, settings_for()),
        another_desk(sqlite_url, clock) as other,
        pytest.raises(ServiceError, match=r"run by process \d+ on \S+ already"),
        run_in_thread(other, settings_for()),
    ):
        pytest.fail("two services at once")


def test_a_service_that_ended_leaves_the_store_free(desk: Desk) -> None:
    """The lease is given back, so the next service starts at once."""
    for _ in range(2):
        with run_in_thread(desk, settings_for()):
            assert is_running(desk)
        assert not is_running(desk)


def test_a_killed_holder_does_not_block(desk: Desk, clock: FakeClock) -> None:
    """A lease whose process is gone is taken over before its term is up."""
    from app.holder import this_process

    dead = this_process("t")._replace(process=2**22 + 1)
    assert service_lease.take(TIMERS, desk, str(dead)) is None
    with run_in_thread(desk, settings_for()):
        assert service_lease.holder(TIMERS, desk) != str(dead)


def test_a_taken_port_is_one_sentence_and_leaves_the_store_free(desk: Desk, sqlite_url: str, clock: FakeClock) -> None:
    """Who cannot listen says why, and does not keep the lease."""
    with FakeSmarthost() as somebody:
        listen = f"127.0.0.1:{somebody.port}"
        with (
            pytest.raises(ServiceError, match=rf"Cannot listen on {listen}: Address already in use"),
            run_in_thread(desk, settings_for(listen=listen)),
        ):
            pytest.fail("it cannot have started")
    assert not is_running(desk)


async def test_a_lost_lease_ends_the_service(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that finds another in its place ends with a sentence instead of working on."""
    monkeypatch.setattr(service_lease, "RENEW_SECONDS", 0.01)
    service = Service(desk, settings_for())

    def steal(_: object) -> None:
        assert service_lease.take(TIMERS, desk, "9@elsewhere - - - t", lambda name: True) is None

    with pytest.raises(ServiceError, match="Another service has taken over"):
        await asyncio.wait_for(service.run(asyncio.Event(), steal), DEADLINE)


def test_an_unreadable_password_file_is_told_at_the_start(desk: Desk, tmp_path: Path) -> None:
    """Not at the first mail, hours later."""
    from app.errors import SettingsError

    outbox = {"smarthost": "localhost:25", "user": "u", "password_file": str(tmp_path / "none")}
    with pytest.raises(SettingsError, match="cannot be read"):
        Service(desk, Settings.model_validate({"outbox": outbox}))


def test_the_service_holds_no_role_of_people(desk: Desk, maria: Actor) -> None:
    """Its parts act in their own names, which the history shows."""
    with run_in_thread(desk, settings_for()) as (address,):
        send(address, letter("Help", "Please."))
        wait_until(desk, is_settled(desk, maria, 1))
    assert {event.actor for event in only_ticket(desk, maria).events} == {"service:filer"}
    assert not set(Role) & FILER.roles
