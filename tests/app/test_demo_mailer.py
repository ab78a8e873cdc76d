"""The demo's mails are real mails on a real wire, both ways."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from itertools import islice
from random import Random

import pytest

from app.demo.cast import Customer, Request, load_cast
from app.demo.mailer import is_acknowledgement, send, write_reply, write_request
from app.demo.smarthost import CatchingSmarthost, Caught
from outbox.compose import compose
from outbox.deliver import deliver
from outbox.smarthost import Smarthost, Tls
from procedure.mail import Address, OutgoingMail, Sent
from procedure.terms import OutboxKind

NOW = datetime(2026, 11, 20, 13, 24, 5, tzinfo=UTC)
DEADLINE = 10.0
NIKOS = Customer("Νίκος Παππάς", "nikos@pappas-hotel.example.gr", "el", "plain")
ANSWER = OutgoingMail(
    outbox_id=77,
    kind=OutboxKind.ANSWER,
    envelope_from="support+b77.abc@example.com",
    sender=Address("Example Support", "support@example.com"),
    to=Address(NIKOS.name, NIKOS.address),
    reply_to="support+t1042.def@example.com",
    subject="[TD-1042] Re: Δεν λαμβάνω email",
    text="Καλημέρα,\n\nλύθηκε.\n",
    message_id="<td.1042.n.mac@example.com>",
    in_reply_to="<q1@pappas-hotel.example.gr>",
    references=("<q1@pappas-hotel.example.gr>",),
    date=NOW,
    attempts=0,
)


def test_every_request_is_a_proper_mail() -> None:
    """All requests of the cast parse without defects and say what was meant, to whom and by whom."""
    rng, cast = Random(3), load_cast()
    for person, request in islice(cast.stream(rng), 60):
        mail = write_request(person, request, "support@example.com", NOW, rng)
        parsed = message_from_bytes(mail.content, policy=policy.default)
        body = parsed.get_body(("plain",))
        assert body is not None
        assert [part.defects for part in parsed.walk() if part.defects] == []
        assert (parsed["Subject"], body.get_content().replace("\r\n", "\n")) == (request.subject, request.text)
        assert (parsed["From"].addresses[0].addr_spec, parsed["Date"].datetime) == (person.address, NOW)
        assert (mail.mail_from, mail.rcpt_to, mail.message_id) == (person.address, parsed["To"], parsed["Message-ID"])
        assert len(list(parsed.iter_attachments())) == int(bool(request.attachment))
        assert ("html" in [part.get_content_subtype() for part in parsed.walk()]) == (person.style == "html")


@pytest.mark.parametrize("attachment", ["", "log", "screenshot"])
def test_same_seed_same_bytes(attachment: str) -> None:
    """A seed gives the same bytes, boundaries included."""
    person, request = load_cast().customers[1], Request("ssl", "SSL", "text\n", attachment)
    one, same = (write_request(person, request, "s@example.com", NOW, Random(5)) for _ in range(2))
    assert one == same


def test_reply_threads_as_mail_programs_do() -> None:
    """A customer's reply goes to Reply-To, names the answer in In-Reply-To and References, and quotes it."""
    reply = write_reply(NIKOS, compose(ANSWER).content, "Σας ευχαριστώ!", NOW, Random(1))
    parsed = message_from_bytes(reply.content, policy=policy.default)
    assert (reply.mail_from, reply.rcpt_to, parsed["To"]) == (NIKOS.address, ANSWER.reply_to, ANSWER.reply_to)
    assert (parsed["In-Reply-To"], parsed["Subject"]) == (ANSWER.message_id, f"Re: {ANSWER.subject}")
    assert parsed["References"].split() == ["<q1@pappas-hotel.example.gr>", ANSWER.message_id]
    assert parsed.get_content().startswith("Σας ευχαριστώ!")
    assert "έγραψε:\n> Καλημέρα,\n>\n> λύθηκε." in parsed.get_content().replace("\r\n", "\n")


def test_caught_answer_and_the_way_back() -> None:
    """An answer delivered to the catching smarthost is called back, and the reply to it goes out by SMTP."""
    arrived: list[Caught] = []
    changed = threading.Semaphore(0)

    def on_mail(caught: Caught) -> None:
        arrived.append(caught)
        changed.release()

    with CatchingSmarthost(on_mail) as smarthost:
        outcome = deliver(ANSWER, Smarthost("127.0.0.1", smarthost.port, Tls.NEVER))
        assert changed.acquire(timeout=DEADLINE)
        reply = write_reply(NIKOS, arrived[0].content, "Ευχαριστώ", NOW, Random(1))
        send(reply, "127.0.0.1", smarthost.port)
        assert changed.acquire(timeout=DEADLINE)
    assert outcome == Sent("250 2.0.0 caught as 1")
    assert arrived[0] == Caught(ANSWER.envelope_from, (NIKOS.address,), compose(ANSWER).content)
    assert (arrived[1].mail_from, arrived[1].content) == (NIKOS.address, reply.content)


def test_fault_in_the_callback_is_no_refusal(caplog: pytest.LogCaptureFixture) -> None:
    """A mail is caught even when nobody can make anything of it."""

    def on_mail(_caught: Caught) -> None:
        raise RuntimeError

    with CatchingSmarthost(on_mail) as smarthost:
        assert isinstance(deliver(ANSWER, Smarthost("127.0.0.1", smarthost.port, Tls.NEVER)), Sent)
        assert len(smarthost.caught) == 1
    assert "action=demo_callback_failed" in caplog.text


def test_acknowledgements_are_told_from_answers() -> None:
    """Customers answer people, not machines."""
    automatic = replace(ANSWER, kind=OutboxKind.ACKNOWLEDGEMENT, envelope_from="")
    assert [is_acknowledgement(compose(mail).content) for mail in (ANSWER, automatic)] == [False, True]
