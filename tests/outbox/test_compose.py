"""What leaves the house is proper mail, whatever was typed or received."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.compose import compose
from procedure.mail import Address, OutgoingMail
from procedure.terms import OutboxKind

GOLDEN = Path(__file__).parent / "golden"

ANSWER = OutgoingMail(
    outbox_id=77,
    kind=OutboxKind.ANSWER,
    envelope_from="support+b77.abcdefghijklmnop@example.com",
    sender=Address("Example Support", "support@example.com"),
    to=Address("Nikos Pappas", "nikos@example.gr"),
    reply_to="support+t1042.qrstuvwxyz234567@example.com",
    subject="[TD-1042] Re: Cannot log in to webmail",
    text="Hello Nikos,\n\nthe password is set anew.\n\n-- \nMaria\n",
    message_id="<td.1042.n0nce.mac@example.com>",
    in_reply_to="<q1@example.gr>",
    references=("<q0@example.gr>", "<q1@example.gr>"),
    date=datetime(2026, 11, 20, 13, 24, 5, tzinfo=UTC),
    attempts=0,
)
GREEK = replace(
    ANSWER,
    sender=Address("Υποστήριξη Example", "support@example.com"),
    to=Address("Ελένη Γεωργίου", "eleni@παράδειγμα.gr"),
    subject="[TD-1051] Re: Δεν λαμβάνω email από χθες το πρωί και δεν ξέρω τι άλλο να δοκιμάσω",
    text="Καλημέρα,\n\nτο γραμματοκιβώτιο είχε γεμίσει.\n\n> Δεν λαμβάνω email\n",
)
ACKNOWLEDGEMENT = replace(
    ANSWER,
    kind=OutboxKind.ACKNOWLEDGEMENT,
    envelope_from="",
    subject="[TD-1042] We have received your request",
    text="We have received your request – a person will answer it.\n",
)
UTF8_ADDRESS = replace(ANSWER, to=Address("Νίκος", "νίκος@example.gr"))

any_text = st.text(st.characters(), max_size=400) | st.text('ab =?_\r\n\t\x1b\x85\u2028<>"\\,:;@éλ', max_size=2500)
mails = st.builds(
    OutgoingMail,
    outbox_id=st.integers(1, 10**9),
    kind=st.sampled_from(OutboxKind),
    envelope_from=any_text,
    sender=st.builds(Address, any_text, any_text),
    to=st.builds(Address, any_text, any_text | st.just("νίκος@example.gr")),
    reply_to=any_text,
    subject=any_text,
    text=any_text,
    message_id=any_text,
    in_reply_to=any_text,
    references=st.lists(any_text | st.uuids().map(lambda u: f"<{u}@example.org>"), max_size=40).map(tuple),
    date=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    attempts=st.integers(0, 99),
)
FIELDS = {
    *("from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted"),
    *("x-auto-response-suppress", "mime-version", "content-type", "content-transfer-encoding"),
}


def without_controls(text: str) -> str:
    """Return what a one-line field keeps of a text."""
    return re.sub("[\ud800-\udfff]", "\ufffd", re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text))


def decoded_body(content: bytes) -> str:
    """Return the text of a composed mail with plain line feeds."""
    payload = message_from_bytes(content, policy=policy.compat32).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("name", "mail"),
    [("answer", ANSWER), ("greek", GREEK), ("acknowledgement", ACKNOWLEDGEMENT), ("utf8_address", UTF8_ADDRESS)],
)
def test_golden(name: str, mail: OutgoingMail) -> None:
    """The bytes of a composed mail are those kept beside the tests."""
    assert (GOLDEN / f"{name}.eml").read_bytes() == compose(mail).content


@given(mails)
def test_any_mail_composes_without_injection(mail: OutgoingMail) -> None:
    """No text in any field raises, adds a field, breaks a line end or makes a line longer than 998 octets."""
    content = compose(mail).content
    head, _, body = content.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert set(names) <= FIELDS
    assert len(names) == len(set(names))
    assert {"from", "to", "subject", "date"} <= set(names)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert all(line.strip() for line in head.split(b"\r\n"))
    assert body.isascii()
    assert body.endswith(b"\r\n")


@given(mails)
def test_composing_twice_gives_the_same_bytes(mail: OutgoingMail) -> None:
    """A second attempt sends the same bytes as the first."""
    assert compose(mail) == compose(replace(mail, attempts=mail.attempts + 1))


@given(any_text)
def test_subject_parses_back(subject: str) -> None:
    """A reader's program shows the subject that was given, control characters apart."""
    parsed = message_from_bytes(compose(replace(ANSWER, subject="[TD-1] " + subject)).content, policy=policy.compat32)
    unfolded = re.sub(r"\r?\n(?= )", "", parsed["Subject"])
    shown = str(make_header(decode_header(unfolded)))
    assert without_controls("[TD-1] " + subject) == shown


@given(any_text)
def test_display_name_parses_back(name: str) -> None:
    """A display name with quotes, commas or brackets stays a name and never becomes an address."""
    parsed = message_from_bytes(compose(replace(ANSWER, to=Address(name, "n@example.gr"))).content)
    unfolded = re.sub(r"\r?\n(?= )", "", parsed["To"])
    phrase, _, address = unfolded.rpartition("<") if unfolded.endswith(">") else ("", "", unfolded)
    assert address.removesuffix(">") == "n@example.gr"
    shown = str(make_header(decode_header(phrase.strip()))) if "=?" in phrase else phrase.strip()
    if shown.startswith('"') and "=?" not in phrase:
        shown = re.sub(r"\\(.)", r"\1", shown[1:-1])
    assert without_controls(name).strip(" ") == shown


@given(any_text)
def test_body_parses_back(text: str) -> None:
    """The text arrives as written: only control characters are gone and line ends are one kind."""
    clean = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
    clean = re.sub("[\ud800-\udfff]", "\ufffd", clean)
    expected = clean if clean.endswith("\n") else clean + "\n"
    assert expected == decoded_body(compose(replace(ANSWER, text=text)).content)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n.\nFrom here\n", "7bit"),
        ("x" * 2000, "quoted-printable"),
        ("mostly plain – with a dash\n", "quoted-printable"),
        ("Καλημέρα σας\n", "base64"),
    ],
)
def test_transfer_encoding_fits_the_text(text: str, encoding: str) -> None:
    """Plain text goes as it is, nearly plain text readable, other text in base64; never 8bit."""
    assert encoding == message_from_bytes(compose(replace(ANSWER, text=text)).content)["Content-Transfer-Encoding"]


def test_acknowledgement_says_that_it_is_automatic() -> None:
    """An acknowledgement carries RFC 3834's field and the null sender; an answer by a person carries neither."""
    composed = compose(ACKNOWLEDGEMENT)
    parsed = message_from_bytes(composed.content)
    assert (
        *(parsed[name] for name in ("Auto-Submitted", "X-Auto-Response-Suppress")),
        composed.mail_from,
    ) == ("auto-replied", "All", "")
    assert message_from_bytes(compose(ANSWER).content)["Auto-Submitted"] is None


def test_references_keep_the_first_and_the_last_nineteen() -> None:
    """A long conversation keeps its root and its end, the answered mail last and each id once."""
    ids = tuple(f"<m{number}@example.gr>" for number in range(50))
    parsed = message_from_bytes(compose(replace(ANSWER, references=ids, in_reply_to="<m49@example.gr>")).content)
    assert [ids[0], *ids[-19:]] == parsed["References"].split()


def test_answered_mail_is_added_to_references() -> None:
    """References ends with the answered mail where the list lacks it (RFC 5322 §3.6.4)."""
    parsed = message_from_bytes(compose(replace(ANSWER, references=("<a@x>",), in_reply_to="<b@x>")).content)
    assert parsed["References"].split() == ["<a@x>", "<b@x>"]


def test_hostile_message_ids_are_left_out() -> None:
    """An id with a line end, a space or a length that breaks lines is not repeated; the others are."""
    bad = ("<a@x>\r\nBcc: <v@x>", "<a b@x>", "<" + "a" * 5000 + "@x>", "<é@x>", "")
    parsed = message_from_bytes(compose(replace(ANSWER, references=(*bad, "<good@x>"), in_reply_to=bad[0])).content)
    assert (parsed["References"], parsed["In-Reply-To"], parsed["Bcc"]) == ("<good@x>", None, None)


def test_date_is_the_given_moment() -> None:
    """The Date field is the moment of the answer, in UTC, not of the attempt."""
    athens = replace(ANSWER, date=datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=3))))
    shown = message_from_bytes(compose(athens).content)["Date"]
    assert ("Wed, 01 Jul 2026 09:00:00 +0000", athens.date) == (shown, parsedate_to_datetime(shown))
