from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure import tokens
from procedure.mail import Address, Envelope, ParsedMail
from procedure.terms import Fate, Status
from procedure.threading import Destination, TicketFacts, decide, find_clues
from tests.fakes.desks import shipped
from tests.procedure.mails import NIKOS, NOW, a_mail, an_envelope, from_address

KEY = b"k" * 32
OURS = ("support@desk.example",)
REOPEN = timedelta(days=14)
STRANGER = "eve@other.example"
OPEN = TicketFacts(7, Status.OPEN, frozenset({NIKOS.address}))
KNOWN = {"<first@customer.example>": 7}


def own_id(number: int = 7) -> str:
    return tokens.message_id(KEY, number, "n", "desk.example")


TOKEN = an_envelope(rcpt_to=(tokens.reply_address(KEY, OURS[0], 7),))
BOUNCE = tokens.bounce_address(KEY, OURS[0], 77)


def ends(mail: ParsedMail, envelope: Envelope | None = None, ticket: TicketFacts | None = OPEN) -> Destination:
    """Decide about a mail while there is one ticket."""
    envelope = envelope or an_envelope(mail_from=mail.sender.address)
    clues = find_clues(mail, envelope, KEY, OURS).knowing(KNOWN)
    return decide(mail, envelope, clues, {ticket.id: ticket} if ticket else {}, shipped(), NOW)


def summary(found: Destination) -> tuple[Any, ...]:
    return found.fate, found.rules[0].rule, found.ticket_id or found.linked_ticket_id


AUTO = {"auto-submitted": "auto-replied"}
GENERATED = {"auto-submitted": "auto-generated"}
LIST = {"list-id": "<x>"}
ANSWERS = [
    # what proves it, from a participant and from a stranger
    (a_mail(), TOKEN, (Fate.APPENDED, "reply-address", 7)),
    (from_address(STRANGER), TOKEN, (Fate.APPENDED, "reply-address", 7)),
    (a_mail(in_reply_to=(own_id(),)), None, (Fate.APPENDED, "signed-message-id", 7)),
    (a_mail(references=(own_id(), "<x@y>")), None, (Fate.APPENDED, "signed-message-id", 7)),
    (from_address(STRANGER, in_reply_to=(own_id(),)), None, (Fate.APPENDED, "signed-message-id", 7)),
    # what anybody could write
    (a_mail(in_reply_to=("<first@customer.example>",)), None, (Fate.APPENDED, "known-message-id", 7)),
    (from_address(STRANGER, in_reply_to=("<first@customer.example>",)), None, (Fate.NEW_TICKET, "maybe-related", 7)),
    (a_mail(subject="Re: [TD-7] x"), None, (Fate.APPENDED, "subject-tag", 7)),
    (from_address(NIKOS.address.upper(), subject="[TD-7]"), None, (Fate.APPENDED, "subject-tag", 7)),
    (from_address(STRANGER, subject="Re: [TD-7] x"), None, (Fate.QUARANTINED, "wants-to-join", 7)),
    (a_mail(subject="[TD-8] x"), None, (Fate.NEW_TICKET, "new-request", None)),
    (a_mail(), None, (Fate.NEW_TICKET, "new-request", None)),
    # tickets that are gone
    (a_mail(in_reply_to=(own_id(8),)), None, (Fate.QUARANTINED, "ticket-gone", None)),
    (a_mail(in_reply_to=(own_id(8),), subject="[TD-7]"), None, (Fate.APPENDED, "subject-tag", 7)),
]
LOOPS = [
    (a_mail(message_id=own_id()), None, (Fate.AUTOMATIC, "own-message", 7)),
    (a_mail(message_id=own_id(8)), None, (Fate.AUTOMATIC, "own-message", None)),
    (a_mail(message_id="<td.7.n.aaaaaaaaaaaaaaaa@desk.example>"), None, (Fate.NEW_TICKET, "new-request", None)),
    (a_mail(), an_envelope(raw=b"Received: x\r\n" * 51 + b"\r\n"), (Fate.QUARANTINED, "too-many-hops", None)),
    (a_mail(), an_envelope(raw=b"Received: x\r\n" * 50 + b"\r\n"), (Fate.NEW_TICKET, "new-request", None)),
]
SENDERS = [
    (from_address(OURS[0]), TOKEN, (Fate.QUARANTINED, "own-address", None)),
    (from_address("support+x@desk.example"), None, (Fate.QUARANTINED, "own-address", None)),
    (from_address(""), TOKEN, (Fate.QUARANTINED, "no-sender", None)),
    (a_mail(senders=(NIKOS, Address("", STRANGER))), TOKEN, (Fate.QUARANTINED, "several-senders", None)),
    (a_mail(senders=(NIKOS, Address("N", NIKOS.address.upper()))), TOKEN, (Fate.APPENDED, "reply-address", 7)),
]
MACHINES = [
    (a_mail(headers=AUTO), TOKEN, (Fate.AUTOMATIC, "auto-reply", 7)),
    (a_mail(headers=AUTO, in_reply_to=(own_id(),)), None, (Fate.AUTOMATIC, "auto-reply", 7)),
    (a_mail(headers=AUTO, in_reply_to=("<first@customer.example>",)), None, (Fate.AUTOMATIC, "auto-reply", 7)),
    (from_address(STRANGER, headers=AUTO, in_reply_to=("<first@customer.example>",)), None,
     (Fate.AUTOMATIC, "auto-reply", None)),
    (a_mail(headers=AUTO, subject="[TD-7]"), None, (Fate.AUTOMATIC, "auto-reply", None)),
    (a_mail(headers=AUTO), None, (Fate.AUTOMATIC, "auto-reply", None)),
    (a_mail(), an_envelope(mail_from=""), (Fate.AUTOMATIC, "auto-reply", None)),
    (a_mail(headers=GENERATED), None, (Fate.NEW_TICKET, "generated", None)),
    (a_mail(headers=GENERATED), TOKEN, (Fate.APPENDED, "reply-address", 7)),
    (a_mail(headers=LIST), None, (Fate.QUARANTINED, "bulk", None)),
    (a_mail(headers=LIST), TOKEN, (Fate.APPENDED, "reply-address", 7)),
    (from_address(STRANGER, headers=LIST, in_reply_to=("<first@customer.example>",)), None,
     (Fate.QUARANTINED, "bulk", None)),
    (a_mail(headers={"content-type": "multipart/report; report-type=feedback-report"}), None,
     (Fate.AUTOMATIC, "report", None)),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "envelope", "expected"), ANSWERS + LOOPS + SENDERS + MACHINES)
def test_destination(mail: ParsedMail, envelope: Envelope | None, expected: tuple[Any, ...]) -> None:
    """Each mail goes where the first rule that knows it says."""
    assert summary(ends(mail, envelope)) == expected


DSN = a_mail(sender=Address("", "mailer-daemon@x.example"), is_delivery_report=True, bounce_status="5.1.1")
AT_TOKEN = an_envelope(mail_from="", rcpt_to=(BOUNCE,))
NULL = an_envelope(mail_from="")


@pytest.mark.parametrize(
    ("mail", "envelope", "expected"),
    [
        (DSN, AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (replace(DSN, is_delivery_report=False, subject="x"), AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (a_mail(), AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (replace(DSN, senders=()), AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (
            replace(DSN, bounce_status="4.4.1", subject="Delayed Mail"),
            AT_TOKEN,
            (Fate.AUTOMATIC, "bounce-token", None, None),
        ),
        (replace(DSN, bounce_ids=(own_id(),)), NULL, (Fate.AUTOMATIC, "bounced-message", None, own_id())),
        (replace(DSN, bounce_ids=("<x@y>",)), NULL, (Fate.QUARANTINED, "foreign-bounce", None, None)),
        (replace(DSN, bounce_ids=(own_id()[:-20] + "x>",)), NULL, (Fate.QUARANTINED, "foreign-bounce", None, None)),
        (DSN, NULL, (Fate.QUARANTINED, "foreign-bounce", None, None)),
        # not bounces, though they come to the bounce address
        (a_mail(headers=AUTO), AT_TOKEN, (Fate.AUTOMATIC, "auto-reply", None, None)),
        (a_mail(), an_envelope(rcpt_to=(BOUNCE,)), (Fate.NEW_TICKET, "new-request", None, None)),
    ],
)
def test_bounces(mail: ParsedMail, envelope: Envelope, expected: tuple[Any, ...]) -> None:
    """Only a token or a signed Message-ID proves a bounce, and a vacation notice or a person is none."""
    found = ends(mail, envelope)
    assert (found.fate, found.rules[0].rule, found.bounced_outbox_id, found.bounced_message_id) == expected


def test_bounce_without_token_is_filed_at_its_ticket() -> None:
    """The signed Message-ID inside a bounce names the ticket too."""
    assert ends(replace(DSN, bounce_ids=(own_id(),)), NULL).ticket_id == 7


CLOSED = replace(OPEN, status=Status.CLOSED, closed_at=NOW - REOPEN)


@pytest.mark.parametrize(
    ("ticket", "fate", "ticket_id", "linked", "rules"),
    [
        (OPEN, Fate.APPENDED, 7, None, ["reply-address"]),
        (replace(OPEN, status=Status.SOLVED), Fate.APPENDED, 7, None, ["reply-address"]),
        (CLOSED, Fate.APPENDED, 7, None, ["reply-address", "reopens"]),
        (replace(CLOSED, closed_at=None), Fate.APPENDED, 7, None, ["reply-address", "reopens"]),
        (replace(CLOSED, closed_at=NOW - REOPEN - timedelta(seconds=1)), Fate.NEW_TICKET, None, 7,
         ["reply-address", "closed-too-long"]),
    ],
)  # fmt: skip
def test_closed_tickets(
    ticket: TicketFacts, fate: Fate, ticket_id: int | None, linked: int | None, rules: list[str]
) -> None:
    """An answer reopens a ticket closed not too long ago; later it is a new one, linked."""
    found = ends(a_mail(), TOKEN, ticket)
    assert (found.fate, found.ticket_id, found.linked_ticket_id) == (fate, ticket_id, linked)
    assert [hit.rule for hit in found.rules] == rules


def test_stranger_with_a_proof_is_marked() -> None:
    """A stranger who has a token is heard and marked; a participant is not marked."""
    assert ends(from_address(STRANGER), TOKEN).is_unverified
    assert ends(from_address(STRANGER), TOKEN).rules[-1].rule == "unverified"
    assert not ends(a_mail(), TOKEN).is_unverified


def test_proof_beats_guess() -> None:
    """A token decides, whatever the subject says."""
    assert (
        ends(a_mail(subject="[TD-9] x", in_reply_to=("<first@customer.example>",)), TOKEN).rules[0].rule
        == "reply-address"
    )


@pytest.mark.parametrize(
    ("mail", "mail_from", "acknowledge"),
    [
        (a_mail(), NIKOS.address, True),
        (a_mail(), NIKOS.address.upper(), True),
        (a_mail(), STRANGER, False),
        (a_mail(headers=GENERATED), NIKOS.address, False),
        (a_mail(headers={"x-auto-response-suppress": "All"}), NIKOS.address, False),
        (from_address("noreply@shop.example"), "noreply@shop.example", False),
        (a_mail(subject="[TD-7]"), NIKOS.address, False),
        (from_address(STRANGER, in_reply_to=("<first@customer.example>",)), STRANGER, True),
    ],
)
def test_acknowledgement(mail: ParsedMail, mail_from: str, acknowledge: bool) -> None:
    """Only a new request of a person who surely sent it is acknowledged."""
    found = ends(mail, an_envelope(mail_from=mail_from))
    assert found.acknowledge is acknowledge
    assert found.fate is not Fate.NEW_TICKET or acknowledge or found.rules[-1].rule == "not-acknowledged"


FATES = {Fate.NEW_TICKET, Fate.APPENDED, Fate.AUTOMATIC, Fate.QUARANTINED}
IDS = st.lists(st.sampled_from([own_id(), own_id(8), "<first@customer.example>", "<x@y>", ""]), max_size=3).map(tuple)
MAILS = st.builds(
    a_mail,
    sender=st.sampled_from([NIKOS, Address("", STRANGER), Address("", ""), Address("", OURS[0])]),
    subject=st.sampled_from(["x", "[TD-7]", "[TD-8]", "Automatic reply: x", "Undeliverable: x"]) | st.text(),
    in_reply_to=IDS,
    references=IDS,
    message_id=st.sampled_from(["", own_id(), "<a@b>"]),
    headers=st.sampled_from([{}, AUTO, GENERATED, LIST, {"precedence": "bulk"}]),
    is_delivery_report=st.booleans(),
    bounce_ids=IDS,
    bounce_status=st.sampled_from(["", "5.1.1", "4.0.0"]),
)
ENVELOPES = st.builds(
    an_envelope,
    mail_from=st.sampled_from(["", NIKOS.address, STRANGER]),
    rcpt_to=st.sampled_from([OURS, TOKEN.rcpt_to, (BOUNCE,), (*TOKEN.rcpt_to, BOUNCE)]),
)


@given(MAILS, ENVELOPES, st.sampled_from([OPEN, CLOSED, None]))
def test_every_mail_has_exactly_one_end(mail: ParsedMail, envelope: Envelope, ticket: TicketFacts | None) -> None:
    """Whatever the mail, it ends somewhere, says why, and never goes to a ticket that is not there."""
    found = ends(mail, envelope, ticket)
    assert found.fate in FATES
    assert found.reason
    assert found.rules
    assert (found.fate is Fate.APPENDED) <= (found.ticket_id is not None)
    assert found.ticket_id is None or (ticket is not None and found.ticket_id == ticket.id)


@given(MAILS, ENVELOPES)
def test_no_acknowledgement_can_loop(mail: ParsedMail, envelope: Envelope) -> None:
    """An acknowledgement goes only to a new request with a real envelope sender that is its author and not us."""
    found = ends(mail, envelope)
    if found.acknowledge:
        assert found.fate is Fate.NEW_TICKET
        assert envelope.mail_from.lower() == mail.sender.address.lower() not in {"", *OURS}
        assert not mail.headers


@given(MAILS, ENVELOPES)
def test_a_stranger_joins_only_with_a_proof(mail: ParsedMail, envelope: Envelope) -> None:
    """Without a token or a signed Message-ID nobody but a participant reaches a ticket."""
    found = ends(mail, envelope)
    if found.fate is Fate.APPENDED and mail.sender.address not in OPEN.participants:
        proven = {own_id()} & {*mail.in_reply_to, *mail.references}
        assert proven or TOKEN.rcpt_to[0] in envelope.rcpt_to
