from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure import tokens
from procedure.destination import Copy, Known, Request
from procedure.mail import Address, Envelope, ParsedMail
from procedure.policy_values import Junk, Policy, Trust
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
LATE = replace(DSN, bounce_status="4.4.1", bounce_action="delayed", subject="Delayed Mail")
AT_TOKEN = an_envelope(mail_from="", rcpt_to=(BOUNCE,))
NULL = an_envelope(mail_from="")


@pytest.mark.parametrize(
    ("mail", "envelope", "expected"),
    [
        (DSN, AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (replace(DSN, is_delivery_report=False, subject="x"), AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (a_mail(), AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (replace(DSN, senders=()), AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (LATE, AT_TOKEN, (Fate.AUTOMATIC, "bounce-token", 77, None)),
        (LATE, NULL, (Fate.AUTOMATIC, "foreign-report", None, None)),
        (LATE, an_envelope(), (Fate.QUARANTINED, "foreign-bounce", None, None)),
        (replace(LATE, bounce_action=""), NULL, (Fate.QUARANTINED, "foreign-bounce", None, None)),
        (replace(DSN, bounce_action="failed"), NULL, (Fate.QUARANTINED, "foreign-bounce", None, None)),
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


SOLVED = TicketFacts(
    7, Status.SOLVED, frozenset({NIKOS.address}), None, "Re: Cannot LOG in", True, NOW - timedelta(days=7)
)
OURS_ALREADY = Known(requests=(Request(7, SOLVED.subject, NOW - timedelta(days=30)),))


def fresh(mail: ParsedMail, ticket: TicketFacts = SOLVED, policy: Policy | None = None) -> str:
    """Return the first rule for a mail of somebody who has a ticket already."""
    clues = find_clues(mail, an_envelope(), KEY, OURS)
    return decide(mail, an_envelope(), clues, {7: ticket}, policy or shipped(), NOW, OURS_ALREADY).rules[0].rule


NEVER = replace(shipped(), times=replace(shipped().times, join=timedelta(0)))


@pytest.mark.parametrize(
    ("mail", "ticket", "policy", "rule"),
    [
        (a_mail(), SOLVED, None, "same-subject"),
        (a_mail(subject="FW: cannot log in"), replace(SOLVED, status=Status.OPEN), None, "same-subject"),
        (a_mail(subject="Another thing"), SOLVED, None, "new-request"),
        (a_mail(), replace(SOLVED, is_answered=False), None, "new-request"),
        (a_mail(), replace(SOLVED, status=Status.CLOSED), None, "new-request"),
        (a_mail(), replace(SOLVED, changed_at=NOW - timedelta(days=7, seconds=1)), None, "new-request"),
        (a_mail(), replace(SOLVED, participants=frozenset()), None, "new-request"),
        (a_mail(subject="Re:"), replace(SOLVED, subject=""), None, "new-request"),
        (a_mail(in_reply_to=("<x@y>",)), SOLVED, None, "new-request"),
        (a_mail(headers=GENERATED), SOLVED, None, "generated"),
        (a_mail(), SOLVED, NEVER, "new-request"),
    ],
)
def test_a_fresh_mail_of_the_same_subject(
    mail: ParsedMail, ticket: TicketFacts, policy: Policy | None, rule: str
) -> None:
    """It joins its sender's ticket of that subject within the days, once we have spoken there; never a machine's."""
    assert fresh(mail, ticket, policy) == rule


BELIEVING = replace(
    shipped(), trust=Trust(("192.0.2.1",), ("mx",)), junk=Junk(("eve@other.example",), ("friend.example",), 6)
)
REFUSED = {"authentication-results": "mx; dmarc=fail (p=reject) header.from=customer.example"}
DOUBTED = {"authentication-results": "mx; dmarc=fail (p=none) header.from=customer.example"}
SPAM = {"x-spam-flag": "YES"}


@pytest.mark.parametrize(
    ("mail", "envelope", "expected"),
    [
        (from_address(STRANGER), None, (Fate.QUARANTINED, "blocked", False)),
        (from_address(STRANGER), TOKEN, (Fate.QUARANTINED, "blocked", False)),
        (a_mail(headers=REFUSED), None, (Fate.QUARANTINED, "dmarc-fail", False)),
        (a_mail(headers=REFUSED), TOKEN, (Fate.QUARANTINED, "dmarc-fail", False)),
        (from_address("x@friend.example", headers=REFUSED), None, (Fate.QUARANTINED, "dmarc-fail", False)),
        (a_mail(headers=DOUBTED), None, (Fate.NEW_TICKET, "new-request", False)),
        (a_mail(headers=SPAM), None, (Fate.QUARANTINED, "spam", False)),
        (a_mail(headers=SPAM), TOKEN, (Fate.APPENDED, "reply-address", False)),
        (from_address("y@z.example", headers=SPAM), TOKEN, (Fate.QUARANTINED, "spam", False)),
        (from_address("x@friend.example", headers=SPAM), None, (Fate.NEW_TICKET, "new-request", True)),
        (from_address("x@friend.example", headers=LIST), None, (Fate.NEW_TICKET, "generated", False)),
        (a_mail(), None, (Fate.NEW_TICKET, "new-request", True)),
    ],
)
def test_junk(mail: ParsedMail, envelope: Envelope | None, expected: tuple[Any, ...]) -> None:
    """Junk waits for a person; a participant with a proof is heard whatever a filter says, not whatever DMARC says."""
    envelope = envelope or an_envelope(mail_from=mail.sender.address)
    clues = find_clues(mail, envelope, KEY, OURS)
    found = decide(mail, envelope, clues, {7: OPEN}, BELIEVING, NOW)
    assert (found.fate, found.rules[0].rule, found.acknowledge) == expected


def test_a_second_path_and_a_second_mail() -> None:
    """The same mail again is a duplicate of the first; another one with its Message-ID goes on and says so."""
    clues = find_clues(a_mail(), an_envelope(), KEY, OURS)
    same, other = (
        decide(a_mail(), an_envelope(), clues, {}, shipped(), NOW, Known(copy=Copy(3, 7, is_same=is_same)))
        for is_same in (True, False)
    )
    assert (same.fate, same.duplicate_of, same.ticket_id, same.rules[0].rule) == (Fate.DUPLICATE, 3, 7, "second-path")
    assert (other.fate, other.duplicate_of, other.rules[-1].rule) == (Fate.NEW_TICKET, None, "same-message-id")


def test_own_mail_with_another_message_id() -> None:
    """A mail of ours whose Message-ID was rewritten is known by its mark; another desk's mark is nothing."""
    ours, theirs = tokens.instance(KEY, 7, 1), tokens.instance(b"other", 7, 1)
    assert summary(ends(a_mail(headers={"x-tierdesk-instance": ours}))) == (Fate.AUTOMATIC, "own-message", 7)
    assert ends(a_mail(headers={"x-tierdesk-instance": theirs})).fate is Fate.NEW_TICKET


def at_bounce(mail: ParsedMail, mail_from: str) -> tuple[Any, ...]:
    """Decide about a mail at the envelope sender of an answer in ticket 7."""
    envelope = an_envelope(mail_from=mail_from, rcpt_to=(BOUNCE,))
    clues = find_clues(mail, envelope, KEY, OURS).bounced_at(7)
    return summary(decide(mail, envelope, clues, {7: OPEN}, shipped(), NOW))


def test_the_bounce_address_names_a_ticket() -> None:
    """Of a delay report, of an answering machine, and of a person who wrote there."""
    assert at_bounce(LATE, "") == (Fate.AUTOMATIC, "bounce-token", 7)
    assert at_bounce(a_mail(headers=AUTO), "") == (Fate.AUTOMATIC, "auto-reply", 7)
    assert at_bounce(a_mail(), NIKOS.address) == (Fate.APPENDED, "bounce-address", 7)


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
