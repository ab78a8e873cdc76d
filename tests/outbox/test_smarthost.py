"""The way to the smarthost is protected as configured, and a password never leaves by a worse one."""

from __future__ import annotations

from pathlib import Path

import pytest

from outbox.deliver import deliver
from outbox.smarthost import Smarthost, Tls
from procedure.mail import Deferred, OutgoingMail, Sent
from tests.fakes.smarthost import DROP, FakeSmarthost

USERS = {"desk": "s3cret"}


@pytest.mark.parametrize(
    ("tls", "is_tls"),
    [(Tls.NEVER, False), (Tls.OPPORTUNISTIC, True), (Tls.REQUIRED, True)],
)
def test_starttls_offered(mail: OutgoingMail, certificate: Path, tls: Tls, is_tls: bool) -> None:
    """STARTTLS is used when offered, unless the setting is ``never``."""
    with FakeSmarthost(certificate=certificate) as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, tls, ca_file=str(certificate)))
        assert (type(outcome), fake.wait_for(1)[0].is_tls) == (Sent, is_tls)


@pytest.mark.parametrize(("tls", "expected"), [(Tls.OPPORTUNISTIC, Sent), (Tls.REQUIRED, Deferred)])
def test_starttls_not_offered(mail: OutgoingMail, tls: Tls, expected: type) -> None:
    """Without an offer ``required`` sends nothing and ``opportunistic`` sends in clear."""
    with FakeSmarthost() as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, tls))
        assert (type(outcome), len(fake.received)) == (expected, int(expected is Sent))


@pytest.mark.parametrize(("tls", "expected"), [(Tls.OPPORTUNISTIC, Sent), (Tls.REQUIRED, Deferred)])
def test_starttls_refused(mail: OutgoingMail, certificate: Path, tls: Tls, expected: type) -> None:
    """A refused STARTTLS is the same as none."""
    with FakeSmarthost({"starttls": "454 4.7.0 not now"}, certificate=certificate) as fake:
        assert type(deliver(mail, Smarthost("localhost", fake.port, tls))) is expected


@pytest.mark.parametrize(("tls", "expected"), [(Tls.OPPORTUNISTIC, Sent), (Tls.REQUIRED, Deferred)])
def test_unknown_certificate(mail: OutgoingMail, certificate: Path, tls: Tls, expected: type) -> None:
    """A certificate from nobody we know is good enough for ``opportunistic`` only."""
    with FakeSmarthost(certificate=certificate) as fake:
        assert type(deliver(mail, Smarthost("localhost", fake.port, tls))) is expected


def test_certificate_for_another_name(mail: OutgoingMail, certificate: Path) -> None:
    """A good certificate for another host is not good."""
    with FakeSmarthost(certificate=certificate) as fake:
        outcome = deliver(mail, Smarthost("127.0.0.1", fake.port, Tls.REQUIRED, ca_file=str(certificate)))
    assert isinstance(outcome, Deferred)
    assert "TLS with the smarthost failed" in outcome.reply


def test_implicit_tls(mail: OutgoingMail, certificate: Path) -> None:
    """``implicit`` speaks TLS from the first octet."""
    with FakeSmarthost(certificate=certificate, is_implicit_tls=True) as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, Tls.IMPLICIT, ca_file=str(certificate)))
        assert (type(outcome), fake.wait_for(1)[0].is_tls) == (Sent, True)


def test_words_slipped_in_before_tls_are_forgotten(mail: OutgoingMail, certificate: Path) -> None:
    """Replies sent in clear together with the 220 of STARTTLS do not count as replies under TLS (RFC 3207 §4.2)."""
    slipped = "220 go\r\n250-evil\r\n250 X-SLIPPED"
    with FakeSmarthost({"starttls": slipped}, certificate=certificate) as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, Tls.OPPORTUNISTIC))
        assert (type(outcome), fake.wait_for(1)[0].is_tls) == (Sent, True)


def test_missing_authorities(mail: OutgoingMail, certificate: Path) -> None:
    """A certificate file that is not there is a wrong setting: the mail waits."""
    with FakeSmarthost(certificate=certificate) as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, Tls.REQUIRED, ca_file="/nonexistent"))
    assert isinstance(outcome, Deferred)


def test_sign_in(mail: OutgoingMail, certificate: Path) -> None:
    """User and password are used where configured."""
    with FakeSmarthost(users=USERS, certificate=certificate) as fake:
        host = Smarthost("localhost", fake.port, Tls.REQUIRED, "desk", "s3cret", ca_file=str(certificate))
        assert (type(deliver(mail, host)), fake.wait_for(1)[0].user) == (Sent, "desk")


def test_wrong_password(mail: OutgoingMail) -> None:
    """A wrong password is our trouble: the mail waits, and the sentence says so without the password."""
    with FakeSmarthost(users=USERS) as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, Tls.NEVER, "desk", "wr0ng"))
    assert isinstance(outcome, Deferred)
    assert "sign-in refused: 535" in outcome.reply
    assert "wr0ng" not in outcome.reply


def test_password_that_is_not_ascii(mail: OutgoingMail) -> None:
    """A password that cannot be sent gives a sentence without the password."""
    with FakeSmarthost(users=USERS) as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, Tls.NEVER, "desk", "κωδικός"))
    assert isinstance(outcome, Deferred)
    assert ("ASCII" in outcome.reply, "κωδικός" in outcome.reply) == (True, False)


def test_sign_in_not_offered(mail: OutgoingMail) -> None:
    """A smarthost without AUTH gets no mail from somebody who was told to sign in."""
    with FakeSmarthost() as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, Tls.NEVER, "desk", "s3cret"))
    assert (type(outcome), fake.received) == (Deferred, [])


def test_password_is_not_sent_in_clear_by_accident(mail: OutgoingMail) -> None:
    """Somebody who strips the offer of STARTTLS does not get the password."""
    with FakeSmarthost(users=USERS) as fake:
        outcome = deliver(mail, Smarthost("localhost", fake.port, Tls.OPPORTUNISTIC, "desk", "s3cret"))
        assert isinstance(outcome, Deferred)
        assert not [command for command in fake.commands if command.startswith("AUTH")]


def test_connection_lost_in_sign_in(mail: OutgoingMail) -> None:
    """A connection lost while signing in is temporary."""
    with FakeSmarthost({"auth": DROP}, users=USERS) as fake:
        assert isinstance(deliver(mail, Smarthost("localhost", fake.port, Tls.NEVER, "desk", "s3cret")), Deferred)


def test_password_is_not_shown() -> None:
    """The settings can be logged without giving the password away."""
    assert "s3cret" not in repr(Smarthost("localhost", user="desk", password="s3cret"))
