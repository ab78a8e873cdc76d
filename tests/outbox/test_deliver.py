"""Every answer of a smarthost has one meaning, and no mail dies of trouble that is not its own."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from outbox.compose import compose
from outbox.deliver import MAX_REPLY, clean_reply, deliver
from outbox.smarthost import Smarthost, Tls
from procedure.mail import Address, Deferred, OutgoingMail, Rejected, Sent
from tests.fakes.smarthost import DROP, STALL, FakeSmarthost


def smarthost(fake: FakeSmarthost, **changes: object) -> Smarthost:
    """Return the settings that lead to the fake."""
    plain = Smarthost("127.0.0.1", fake.port, Tls.NEVER, timeout=5.0, limit=20.0, helo="desk.example.com")
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_sent(mail: OutgoingMail) -> None:
    """A mail taken with 250 is Sent, with the server's words, and arrives as composed in the given envelope."""
    with FakeSmarthost() as fake:
        outcome = deliver(mail, smarthost(fake))
        got = fake.wait_for(1)[0]
    content = compose(mail).content
    assert outcome == Sent("250 2.0.0 queued as 4F2")
    assert (got.mail_from, got.rcpt_to, got.content) == (mail.envelope_from, "nikos@example.gr", content)
    assert (got.helo, got.mail_options) == ("desk.example.com", (f"SIZE={len(content)}",))


def test_acknowledgement_has_the_null_sender(mail: OutgoingMail) -> None:
    """An empty envelope sender goes out as ``MAIL FROM:<>`` (RFC 3834 §3.3)."""
    with FakeSmarthost() as fake:
        deliver(replace(mail, envelope_from=""), smarthost(fake))
        assert fake.wait_for(1)[0].mail_from == ""


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("connect", "421 4.3.2 busy", Deferred),
        ("connect", "554 5.7.1 no service for you", Deferred),
        ("connect", "what is this", Deferred),
        ("connect", DROP, Deferred),
        ("ehlo", "421 4.3.2 closing", Deferred),
        ("ehlo", "502 5.5.1 only HELO here", Sent),
        ("ehlo", DROP, Deferred),
        ("mail", "451 4.3.0 later", Deferred),
        ("mail", "530 5.7.0 authentication required", Deferred),
        ("mail", "550 5.7.1 sender not allowed", Deferred),
        ("mail", "552 5.3.4 too big", Rejected),
        ("mail", DROP, Deferred),
        ("rcpt", "251 2.1.5 will forward", Sent),
        ("rcpt", "450 4.2.0 greylisted", Deferred),
        ("rcpt", "550 5.1.1 no such user", Rejected),
        ("rcpt", "553 5.1.3 bad address", Rejected),
        ("rcpt", "503 5.5.1 bad sequence", Deferred),
        ("rcpt", "530 5.7.0 authentication required", Deferred),
        ("rcpt", "421 4.4.2 closing", Deferred),
        ("rcpt", "354 nonsense", Deferred),
        ("rcpt", DROP, Deferred),
        ("data", "451 4.3.0 later", Deferred),
        ("data", "554 5.5.1 no valid recipients", Rejected),
        ("data", "503 5.5.1 bad sequence", Deferred),
        ("data", "250 nonsense", Deferred),
        ("content", "451 4.3.0 disk full", Deferred),
        ("content", "554 5.7.1 looks like spam", Rejected),
        ("content", "500 5.5.2 line too long", Rejected),
        ("content", "251 odd but fine", Sent),
        ("content", "354 nonsense", Deferred),
        ("content", DROP, Deferred),
        ("quit", "500 no", Sent),
        ("quit", DROP, Sent),
    ],
)
def test_meaning_of_an_answer(mail: OutgoingMail, stage: str, answer: str, expected: type) -> None:
    """Each stage's answer means what the table in ``outbox.deliver`` says."""
    with FakeSmarthost({stage: answer}) as fake:
        outcome = deliver(mail, smarthost(fake))
    assert type(outcome) is expected
    if answer[0] in "45" and stage not in ("quit", "ehlo"):
        assert answer in outcome.reply


def test_helo_refused_too(mail: OutgoingMail) -> None:
    """A smarthost that refuses EHLO and HELO refuses us, not the mail."""
    with FakeSmarthost({"ehlo": "550 no", "helo": "550 go away"}) as fake:
        assert isinstance(deliver(mail, smarthost(fake)), Deferred)


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "content"])
def test_silence(mail: OutgoingMail, stage: str) -> None:
    """A smarthost that falls silent is given up after the time-out, and tried again later."""
    with FakeSmarthost({stage: STALL}) as fake:
        outcome = deliver(mail, smarthost(fake, timeout=0.2))
    assert isinstance(outcome, Deferred)


def test_silence_after_quit_is_of_no_interest(mail: OutgoingMail, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail that was taken stays Sent when the goodbye is not answered."""
    monkeypatch.setattr("outbox.smarthost.QUIT_TIMEOUT", 0.1)
    with FakeSmarthost({"quit": STALL}) as fake:
        assert isinstance(deliver(mail, smarthost(fake)), Sent)


def test_whole_attempt_is_limited(mail: OutgoingMail) -> None:
    """The limit ends an attempt whose steps would each be allowed to take longer."""
    with FakeSmarthost({"rcpt": STALL}) as fake:
        outcome = deliver(mail, smarthost(fake, timeout=30.0, limit=0.3))
    assert isinstance(outcome, Deferred)
    assert "no end after 0.3 s" in outcome.reply


def test_nobody_listens(mail: OutgoingMail) -> None:
    """A closed port is temporary, and the sentence names the smarthost."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    outcome = deliver(mail, Smarthost("127.0.0.1", port, timeout=2.0))
    assert isinstance(outcome, Deferred)
    assert f"127.0.0.1:{port}" in outcome.reply


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "\u0000", ""])
def test_smarthost_with_an_impossible_name(mail: OutgoingMail, host: str) -> None:
    """A wrong setting is our trouble: the mail waits."""
    assert isinstance(deliver(mail, Smarthost(host, 1, timeout=1.0)), Deferred)


def test_recipient_that_cannot_be_written(mail: OutgoingMail) -> None:
    """An address with a line end is refused before anything is sent: it can add no command."""
    with FakeSmarthost() as fake:
        outcome = deliver(replace(mail, to=Address("", "a@example.gr>\r\nRCPT TO:<b@example.gr")), smarthost(fake))
        assert (isinstance(outcome, Rejected), fake.commands) == (True, [])


def test_sender_that_cannot_be_written(mail: OutgoingMail) -> None:
    """A wrong address of our own is our trouble: the mail waits."""
    assert isinstance(deliver(replace(mail, envelope_from="support"), Smarthost("127.0.0.1", 1)), Deferred)


def test_smtputf8(mail: OutgoingMail) -> None:
    """An address that is not ASCII goes out in UTF-8 with the parameters of RFC 6531."""
    with FakeSmarthost() as fake:
        outcome = deliver(replace(mail, to=Address("Νίκος", "νίκος@παράδειγμα.gr")), smarthost(fake))
        got = fake.wait_for(1)[0]
    assert isinstance(outcome, Sent)
    assert (got.rcpt_to, got.mail_options[1:]) == ("νίκος@xn--hxajbheg2az3al.gr", ("BODY=8BITMIME", "SMTPUTF8"))


def test_smtputf8_needed_and_not_offered(mail: OutgoingMail) -> None:
    """Without SMTPUTF8 such a mail cannot leave, and the sentence says why."""
    with FakeSmarthost(extensions=("8BITMIME",)) as fake:
        outcome = deliver(replace(mail, to=Address("", "νίκος@example.gr")), smarthost(fake))
    assert isinstance(outcome, Rejected)
    assert "SMTPUTF8" in outcome.reply


def test_introduction_by_address_literal(mail: OutgoingMail) -> None:
    """Without a configured name the introduction is our address (RFC 5321 §4.1.4); no name is looked up."""
    with FakeSmarthost() as fake:
        deliver(mail, smarthost(fake, helo=""))
        assert fake.wait_for(1)[0].helo == "[127.0.0.1]"


def test_reply_is_made_harmless(mail: OutgoingMail) -> None:
    """What a server says is kept on one line, without control characters and not without end."""
    with FakeSmarthost({"rcpt": "550-5.1.1 \x1b]52;c;x\x07 no\r\n550 " + "x" * 900}) as fake:
        outcome = deliver(mail, smarthost(fake))
    assert outcome.reply.startswith("RCPT TO: 550 5.1.1 ]52;c;x no xxx")
    assert (len(outcome.reply), outcome.reply.isprintable()) == (MAX_REPLY, True)
    assert clean_reply("a\u2028\x9b31mb") == "a 31mb"


def test_lost_answer_says_that_the_mail_may_come_twice(mail: OutgoingMail) -> None:
    """A 250 lost on the way is a second attempt with the same bytes: a double answer is better than a lost one."""
    with FakeSmarthost({"content": [DROP, "250 2.0.0 ok"]}) as fake:
        first, second = deliver(mail, smarthost(fake)), deliver(mail, smarthost(fake))
        one, two = fake.wait_for(2)
    assert isinstance(first, Deferred)
    assert "may arrive twice" in first.reply
    assert (second, one.content) == (Sent("250 2.0.0 ok"), two.content)


def test_refused_session_ends_with_quit(mail: OutgoingMail) -> None:
    """A refusal is no reason to hang up without a word."""
    with FakeSmarthost({"rcpt": "550 5.1.1 no such user"}) as fake:
        deliver(mail, smarthost(fake))
        fake.wait_for_command("QUIT")
