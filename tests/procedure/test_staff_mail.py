"""Mail of staff: answers, notes, forwarded requests, and what only looks like them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from procedure import tokens
from procedure.destination import Destination, Known, StaffFacts, TicketFacts
from procedure.forwarding import original
from procedure.mail import Address, Envelope, ForwardedMail, ParsedAttachment, ParsedMail
from procedure.policy_values import Trust
from procedure.staff_mail import answer_text
from procedure.terms import Fate, MessageKind, Status
from procedure.threading import decide, find_clues
from tests.fakes.desks import shipped
from tests.procedure.mails import NIKOS, NOW, a_mail, an_envelope

KEY = b"k" * 32
BOX = "support@desk.example"
MARIA = Address("Maria", "maria@desk.example")
STAFF = StaffFacts("maria", may_answer=True)
POLICY = replace(shipped(), trust=Trust(("192.0.2.1",), ("mx.desk.example",)))
TICKET = TicketFacts(7, Status.OPEN, frozenset({NIKOS.address}))
VOUCHED = {"authentication-results": "mx.desk.example; dkim=pass header.d=desk.example"}
ANSWER_AT = tokens.reply_address(KEY, BOX, 7)
NOTE_AT = tokens.note_address(KEY, BOX, 7)
GONE = tokens.reply_address(KEY, BOX, 8)
SIGNED = tokens.message_id(KEY, 7, "n", "desk.example")
FORWARDED = ForwardedMail(NIKOS, "My site is down", "Please help.", "<orig@customer.example>")
BLOCK = """Please see below.

---------- Forwarded message ---------
From: Nikos Pappas <nikos@customer.example>
Date: Fri, 20 Nov 2026 at 10:00
Subject: My site is down
To: Maria <maria@desk.example>

Please help.
"""


def mail_of_staff(**changes: Any) -> ParsedMail:
    fields: dict[str, Any] = {"sender": MARIA, "senders": (MARIA,), "headers": VOUCHED, "text": "Try again."}
    return a_mail(**{**fields, **changes})


def ends(mail: ParsedMail, to: str = ANSWER_AT, staff: StaffFacts | None = STAFF, **envelope: Any) -> Destination:
    at: Envelope = an_envelope(mail_from=MARIA.address, rcpt_to=(to,), **envelope)
    return decide(mail, at, find_clues(mail, at, KEY, (BOX,)), {7: TICKET}, POLICY, NOW, Known(staff=staff))


ANSWER = (Fate.APPENDED, "staff-answer", MessageKind.STAFF)
NOTE = (Fate.APPENDED, "staff-note", MessageKind.NOTE)
HELD = (Fate.QUARANTINED, "staff-answer-held", MessageKind.CUSTOMER)
CLAIMED = (Fate.QUARANTINED, "says-staff", MessageKind.CUSTOMER)
FILE = ParsedAttachment("a.pdf", "application/pdf", b"x")


@pytest.mark.parametrize(
    ("mail", "to", "expected"),
    [
        (mail_of_staff(), ANSWER_AT, ANSWER),
        (mail_of_staff(in_reply_to=(SIGNED,)), BOX, ANSWER),
        (mail_of_staff(), NOTE_AT, (Fate.APPENDED, "note-address", MessageKind.NOTE)),
        (mail_of_staff(subject="Fwd: x"), ANSWER_AT, NOTE),
        (mail_of_staff(forwarded=FORWARDED), ANSWER_AT, NOTE),
        (mail_of_staff(headers={**VOUCHED, "auto-submitted": "auto-generated"}), ANSWER_AT, NOTE),
        (mail_of_staff(attachments=(FILE,)), ANSWER_AT, HELD),
        (mail_of_staff(text="> quoted only"), ANSWER_AT, HELD),
        (mail_of_staff(text=" "), ANSWER_AT, HELD),
        (mail_of_staff(attachments=(FILE,)), NOTE_AT, (Fate.APPENDED, "note-address", MessageKind.NOTE)),
        # nothing proves it
        (mail_of_staff(headers={}), ANSWER_AT, CLAIMED),
        (mail_of_staff(headers={}), NOTE_AT, CLAIMED),
        (mail_of_staff(headers={}, forwarded=FORWARDED), BOX, CLAIMED),
        (mail_of_staff(headers={"authentication-results": "mx.evil.example; dkim=pass header.d=desk.example"}),
         ANSWER_AT, CLAIMED),
        (mail_of_staff(headers={"authentication-results": "mx.desk.example; dkim=pass header.d=evil.example"}),
         ANSWER_AT, CLAIMED),
        # what staff may do like anybody
        (mail_of_staff(), BOX, (Fate.NEW_TICKET, "new-request", MessageKind.CUSTOMER)),
        (mail_of_staff(headers={}), BOX, (Fate.NEW_TICKET, "new-request", MessageKind.CUSTOMER)),
        (mail_of_staff(), GONE, (Fate.QUARANTINED, "ticket-gone", MessageKind.CUSTOMER)),
        (mail_of_staff(headers={"auto-submitted": "auto-replied"}), ANSWER_AT,
         (Fate.AUTOMATIC, "auto-reply", MessageKind.CUSTOMER)),
    ],
)  # fmt: skip
def test_mail_of_staff(mail: ParsedMail, to: str, expected: tuple[Fate, str, MessageKind]) -> None:
    """Proven staff answer and note; what cannot be sent as it is, and what is not proven, waits for a person."""
    found = ends(mail, to)
    assert (found.fate, found.rules[0].rule, found.kind) == expected
    assert not found.acknowledge or found.rules[0].rule == "new-request"


def test_not_from_the_relay() -> None:
    """A field that did not come through our relay is the sender's own word."""
    assert ends(mail_of_staff(), peer="192.0.2.9").rules[0].rule == "says-staff"


def test_held_mail_names_its_ticket() -> None:
    """Who decides about it sees where it wanted to go."""
    assert ends(mail_of_staff(headers={})).linked_ticket_id == 7
    assert ends(mail_of_staff(text="")).linked_ticket_id == 7


def test_who_may_not_answer() -> None:
    """Mail gives nobody a right that the console does not."""
    assert ends(mail_of_staff(), staff=StaffFacts("owner", may_answer=False)).rules[0].rule == "staff-answer-held"


def test_a_customer_at_the_note_address() -> None:
    """Only staff write notes."""
    found = ends(a_mail(), NOTE_AT, staff=None)
    assert (found.fate, found.rules[0].rule, found.linked_ticket_id) == (Fate.QUARANTINED, "note-address", 7)


@pytest.mark.parametrize(
    ("mail", "sender", "subject"),
    [
        (mail_of_staff(forwarded=FORWARDED, text=""), NIKOS, "My site is down"),
        (mail_of_staff(subject="Fwd: x", text=BLOCK), NIKOS, "My site is down"),
        (mail_of_staff(subject="FW: x", text=BLOCK.replace("Subject: My site is down\n", "Subject:\nCc: x\n")),
         NIKOS, "x"),
        (mail_of_staff(subject="ΠΡΘ: x", text="Από: Νίκος <nikos@customer.example>\nΣτάλθηκε: χθες\nΠρος: m\n"
                       "Θέμα: Πέσαμε\n\nβοήθεια"), Address("Νίκος", NIKOS.address), "Πέσαμε"),
        (mail_of_staff(subject="Fwd: x", text="From: nikos@customer.example [mailto:nikos@customer.example]\n"
                       "Sent: now\nTo: m\nSubject: y\n\nz"), Address("", NIKOS.address), "y"),
    ],
)  # fmt: skip
def test_a_forwarded_request(mail: ParsedMail, sender: Address, subject: str) -> None:
    """It opens a ticket for its original sender, as stated by who forwarded it, and is not acknowledged."""
    found = ends(mail, BOX)
    assert found.stated is not None
    assert (found.fate, found.staff_login, found.acknowledge) == (Fate.NEW_TICKET, "maria", False)
    assert (found.stated.sender, found.stated.subject) == (sender, subject)
    assert found.rules[0].rule == "staff-forward"


@pytest.mark.parametrize(
    "mail",
    [
        mail_of_staff(text=BLOCK),
        mail_of_staff(subject="Fwd: x"),
        mail_of_staff(subject="Fwd: x", text=BLOCK.replace("nikos@customer.example", "nobody")),
        mail_of_staff(subject="Fwd: x", text=BLOCK.replace("nikos@customer.example", "a@x.example, b@x.example")),
        mail_of_staff(subject="Fwd: x", text=BLOCK.replace("nikos@customer.example", "support+t7@desk.example")),
        mail_of_staff(subject="Fwd: x", text=BLOCK.replace("nikos@customer.example", MARIA.address)),
        mail_of_staff(forwarded=replace(FORWARDED, sender=Address("", ""))),
    ],
)
def test_no_forwarded_request(mail: ParsedMail) -> None:
    """Without a word that it was forwarded, or one other sender in it, it is a request of its own sender."""
    found = ends(mail, BOX)
    assert (found.rules[0].rule, found.stated) == ("new-request", None)


def test_no_word_is_lost_in_forwarding() -> None:
    """What the forwarder wrote above stays in the request."""
    attached = original(mail_of_staff(text="Look.", forwarded=FORWARDED))
    inline = original(mail_of_staff(subject="Fwd: x", text=BLOCK))
    assert attached is not None
    assert inline is not None
    assert attached.text == "Look.\n\nPlease help."
    assert inline.text == BLOCK


def test_the_words_of_a_forwarded_mail_are_there_once() -> None:
    """The parser shows an attached mail's words in the text: then they are not written below it again."""
    attached = original(mail_of_staff(text="Look.\n\nFrom: Nikos\n\nPlease help.", forwarded=FORWARDED))
    assert attached is not None
    assert attached.text == "Look.\n\nFrom: Nikos\n\nPlease help."


def test_quotes_stay_in_the_house() -> None:
    """An answer leaves without the mail below it, in which notes may be."""
    text = "Try again.\n\nOn 2026-11-20 10:00, Desk wrote:\n> secret note\n> more\n"
    assert answer_text(mail_of_staff(text=text)) == "Try again."
    assert answer_text(mail_of_staff(text="> secret")) == ""
