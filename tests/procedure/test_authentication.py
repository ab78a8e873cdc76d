"""Only the topmost field of our own relay says who sent a mail."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.authentication import NOTHING, Verdict, is_relay, logged_in, read, verdict
from tests.procedure.mails import a_mail, an_envelope

IDS = ("mx.desk.example",)
MARIA = "maria@desk.example"


@pytest.mark.parametrize(
    ("field", "proven"),
    [
        ("mx.desk.example; dkim=pass header.d=desk.example", True),
        ("MX.desk.example 1; DKIM = pass (2048-bit key) header.d = Desk.Example header.s=k", True),
        ("mx.desk.example; dkim=pass header.i=@desk.example", True),
        ("mx.desk.example (a; b (c)); spf=pass smtp.mailfrom=x@desk.example", True),
        ('mx.desk.example; dkim=pass reason="good; very" header.d="desk.example"', True),
        ("mx.desk.example; dmarc=pass (p=reject) header.from=desk.example", True),
        ("mx.desk.example; auth=pass smtp.auth=maria@desk.example", True),
        ("mx.desk.example; auth=pass smtp.auth=kostas@desk.example", False),
        ("mx.desk.example; dkim=fail header.d=other.example; dkim=pass header.d=desk.example", True),
        # not aligned, not passed, not ours, not there
        ("mx.desk.example; dkim=pass header.d=evil.example", False),
        ("mx.desk.example; dkim=pass header.d=notdesk.example", False),
        ("mx.desk.example; dkim=pass header.d=example", False),
        ("mx.desk.example; dkim=pass header.d=a.desk.example", False),
        ("mx.desk.example; dkim=fail header.d=desk.example", False),
        ("mx.desk.example; dkim=pass (header.d=desk.example)", False),
        ("mx.desk.example; spf=pass smtp.helo=desk.example", False),
        ("mx.evil.example; dkim=pass header.d=desk.example", False),
        ("mx.desk.example.evil; dkim=pass header.d=desk.example", False),
        ("mx.desk.example; dkim=pass header.d=desk.example; dmarc=fail (p=none) header.from=desk.example", False),
        ("mx.desk.example; none", False),
        ("mx.desk.example", False),
        ("", False),
        (";;;", False),
    ],
)
def test_who_is_proven(field: str, proven: bool) -> None:
    """A pass counts for the domain it is about and those below it, when a trusted server says so and DMARC agrees."""
    assert read(field, IDS).proves(MARIA) is proven


def test_a_domain_vouches_for_those_below_it() -> None:
    """A domain signs for its own subdomains, and nobody is nobody."""
    found = read("mx.desk.example; dkim=pass header.d=desk.example", IDS)
    assert found.proves("maria@mail.desk.example")
    assert not found.proves("")
    assert not found.proves("maria")


@pytest.mark.parametrize(
    ("result", "fails", "refused"),
    [
        ("dmarc=fail (p=reject dis=none) header.from=x.example", True, True),
        ("dmarc=fail (p=QUARANTINE sp=NONE) header.from=x.example", True, True),
        ('dmarc=fail reason="SPF not aligned" header.from=x.example (policy=reject)', True, True),
        ("dmarc=fail action=oreject header.from=x.example", True, True),
        ("dmarc=fail policy.dmarc=reject header.from=x.example", True, True),
        ("dmarc=fail (p=none) header.from=x.example", True, False),
        ("dmarc=fail header.from=reject.example", True, False),
        ("dmarc=fail (sp=reject p=none) header.from=x.example", True, False),
        ("dmarc=none; spf=fail (p=reject) smtp.mailfrom=x.example", False, False),
        ("dmarc=pass (p=reject) header.from=x.example", False, False),
        ("dmarc=temperror (p=reject)", False, False),
    ],
)
def test_dmarc(result: str, fails: bool, refused: bool) -> None:
    """A failure counts, and more so when the domain asks to refuse what fails."""
    found = read(f"mx.desk.example; {result}", IDS)
    assert (found.is_known, found.fails, found.is_refused) == (True, fails, refused)


@pytest.mark.parametrize(
    ("peer", "relays", "expected"),
    [
        ("192.0.2.1", ("192.0.2.1",), True),
        ("192.0.2.9", ("192.0.2.0/24",), True),
        ("192.0.3.1", ("192.0.2.0/24",), False),
        ("2001:db8::7", ("2001:db8::/32", "local"), True),
        ("local", ("local",), True),
        ("local", ("127.0.0.1",), False),
        ("192.0.2.1", (), False),
        ("local", (), False),
        ("", ("local", "127.0.0.1"), False),
    ],
)
def test_relays(peer: str, relays: tuple[str, ...], expected: bool) -> None:
    """A relay is named by its address, its network or as the unix socket; nobody is one until named."""
    assert is_relay(peer, relays) is expected


def test_only_a_relay_is_believed() -> None:
    """The same field proves something from the relay and nothing from anybody else."""
    mail = a_mail(headers={"authentication-results": "mx.desk.example; dkim=pass header.d=desk.example"})
    assert verdict(mail, an_envelope(peer="192.0.2.1"), ("192.0.2.1",), IDS).proves(MARIA)
    assert verdict(mail, an_envelope(peer="192.0.2.2"), ("192.0.2.1",), IDS) == NOTHING
    assert verdict(mail, an_envelope(peer="192.0.2.1"), ("192.0.2.1",), ()) == NOTHING


@pytest.mark.parametrize(
    ("user", "expected"),
    [("maria", True), (MARIA, True), (MARIA.upper(), True), ("", False), ("eve", False), ("MARIA", False)],
)
def test_a_login_of_our_own(user: str, expected: bool) -> None:
    """A password proves its own login and address, never against a DMARC failure, and nobody else's."""
    found = logged_in(NOTHING, user, "maria", MARIA)
    assert found.proves(MARIA) is expected
    assert not found.proves("peter@desk.example")
    assert not logged_in(Verdict(is_known=True, fails=True), user, "maria", MARIA).proves(MARIA)


@given(st.text(alphabet=st.sampled_from('abcd.=;()"\\ @:/1') | st.characters()))
def test_any_text_is_read(text: str) -> None:
    """Whatever stands in the field, reading ends, and a stranger's name never proves anything."""
    read(text, IDS)
    assert not read(f"mx.evil.example; {text}", IDS).is_known


@pytest.mark.parametrize("piece", ["(", ")", '"', ";", "\\", "a=", "a=b ", "dkim=pass header.d=x;", "a" * 50 + "="])
def test_time_is_linear(piece: str) -> None:
    """A long field costs no more than a glance."""
    started = time.process_time()
    read(("mx.desk.example;" + piece * 1_000_000)[:1_000_000], IDS)
    assert time.process_time() - started < 0.5
