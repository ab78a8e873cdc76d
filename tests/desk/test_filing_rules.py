"""What the rules of filing do to the store: copies, staff, junk, floods, fresh mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import text

from desk import decisions, filing, ledger, outgoing, policies, reading, replies, tickets
from desk.actors import COURIER, FILER
from desk.context import Desk
from procedure import tokens
from procedure.mail import Address, ForwardedMail, ParsedAttachment, Sent
from procedure.terms import Fate, MessageKind, OutboxKind, OutboxState, Status, Turn
from store.tables import Event, Ledger, Outbox, Ticket
from tests.fakes.desks import BILLING, SUPPORT, FakeClock, Group, owner_of, shipped
from tests.fakes.looks import every, kinds, row, ticket
from tests.fakes.mails import NIKOS, accept, arrive, letter

VOUCHED = {"authentication-results": "mx.example.com; dkim=pass header.d=example.com"}
MARIA = "maria@example.com"


def believing(desk: Desk) -> None:
    """Put a policy in force that trusts the peer of the tests' mails."""
    changed = policies.shipped_text().replace("relays = []", 'relays = ["192.0.2.7"]')
    _load(desk, changed.replace("authserv_ids = []", 'authserv_ids = ["mx.example.com"]'))


def _load(desk: Desk, changed: str) -> None:
    policies.load(owner_of(), desk, changed)


def answer(desk: Desk, actors: Group, clock: FakeClock, number: int) -> datetime:
    """Answer a ticket and let it be sent."""
    replies.send(actors.maria, desk, number, "Try again")
    clock.advance(minutes=1)
    for mail in outgoing.claim(COURIER, desk):
        outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 ok"))
    return clock.now()


def rules(desk: Desk, ledger_id: int) -> list[str]:
    return [hit["rule"] for hit in row(desk, Ledger, ledger_id).rules]


def outbox(desk: Desk, kind: OutboxKind) -> list[Outbox]:
    return sorted((mail for mail in every(desk, Outbox) if mail.kind is kind), key=lambda mail: mail.id or 0)


FILE = ParsedAttachment("a.txt", "text/plain", b"one")


@pytest.mark.parametrize(
    ("changes", "minutes", "rcpt_to", "fate"),
    [
        ({}, 0, BILLING, Fate.DUPLICATE),
        ({}, 15, BILLING, Fate.DUPLICATE),
        ({}, 1, SUPPORT, Fate.DUPLICATE),
        ({}, 16, BILLING, Fate.NEW_TICKET),
        ({"text": "Something else."}, 1, BILLING, Fate.NEW_TICKET),
        ({"attachments": ()}, 1, BILLING, Fate.NEW_TICKET),
        ({"attachments": (replace(FILE, content=b"two"),)}, 1, BILLING, Fate.NEW_TICKET),
        ({"sender": Address("", "eve@example.gr"), "senders": (Address("", "eve@example.gr"),)}, 1, BILLING,
         Fate.NEW_TICKET),
    ],
)  # fmt: skip
def test_a_second_path(
    desk: Desk, clock: FakeClock, changes: dict[str, object], minutes: int, rcpt_to: str, fate: Fate
) -> None:
    """The same words and files of one sender within 15 minutes are one mail; all else goes on and is flagged."""
    mail = letter(attachments=(FILE,))
    first = arrive(desk, mail)
    clock.advance(minutes=minutes)
    again = arrive(desk, replace(mail, **changes), mail_from=f"path{minutes}@example.gr", rcpt_to=(rcpt_to,))  # type: ignore[arg-type]  # fields of a mail
    found = row(desk, Ledger, again.ledger_id)
    assert again.fate is fate
    if fate is Fate.DUPLICATE:
        assert (found.duplicate_of, found.ticket_id) == (first.ledger_id, first.ticket_id)
        assert "second path" in found.reason
        assert len(every(desk, Ticket)) == 1
    else:
        assert (found.duplicate_of, rules(desk, again.ledger_id)[-1]) == (None, "same-message-id")


def test_a_second_path_sent_again_later(desk: Desk, clock: FakeClock, actors: Group) -> None:
    """Bytes that are known as a second path are still one when they come again after a lost 250; each has its bytes."""
    mail = letter()
    first = arrive(desk, mail)
    second = arrive(desk, mail, mail_from="list@example.gr")
    clock.advance(hours=3)
    third = arrive(desk, mail, mail_from="list@example.gr")
    assert (second.fate, third.fate) == (Fate.DUPLICATE, Fate.DUPLICATE)
    assert row(desk, Ledger, third.ledger_id).duplicate_of == first.ledger_id
    assert ledger.raw(actors.moderator, desk, second.ledger_id)
    assert ledger.balance(actors.moderator, desk).is_balanced


def test_a_fresh_mail_to_a_solved_ticket_joins_it(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Within the policy's days; before we have spoken, and after those days, it is a new ticket."""
    number = arrive(desk).ticket
    assert arrive(desk).ticket != number
    other = arrive(desk, letter("eve@example.gr", "Mail is slow")).ticket
    answer(desk, actors, clock, other)
    tickets.set_status(actors.maria, desk, other, Status.SOLVED)
    clock.advance(days=6)
    came = arrive(desk, letter("eve@example.gr", "RE: mail is SLOW"))
    assert (came.fate, came.ticket_id) == (Fate.APPENDED, other)
    assert (ticket(desk, other).status, ticket(desk, other).turn) == (Status.OPEN, Turn.OURS)
    clock.advance(days=8)
    assert arrive(desk, letter("eve@example.gr", "Mail is slow")).fate is Fate.NEW_TICKET


def test_an_answer_of_staff_by_mail(desk: Desk, actors: Group) -> None:
    """It is an answer like one from the console: a public message, a mail without the quote, the turn."""
    believing(desk)
    number = arrive(desk).ticket
    at = tokens.reply_address(desk.key, SUPPORT, number)
    mail = letter(MARIA, "Re: x", "Restart it.\n\nOn 2026-11-20 09:00, Desk wrote:\n> internal words", headers=VOUCHED)
    came = arrive(desk, mail, rcpt_to=(at,))
    sent = outbox(desk, OutboxKind.ANSWER)[-1]
    message = reading.show(actors.maria, desk, number).messages[-1]
    assert (came.fate, came.ticket_id) == (Fate.APPENDED, number)
    assert (message.kind, message.text, message.ledger_id) == (MessageKind.STAFF, "Restart it.", came.ledger_id)
    assert (sent.to_address, "Restart it." in sent.text, "internal words" in sent.text) == (NIKOS, True, False)
    assert (ticket(desk, number).status, kinds(desk, number)[-1]) == (Status.PENDING, "answered")
    assert ledger.balance(actors.moderator, desk).is_balanced


def test_a_note_of_staff_by_mail(desk: Desk, actors: Group) -> None:
    """It stays in the house, whole and with its files, and the customer still waits."""
    believing(desk)
    number = arrive(desk).ticket
    at = tokens.note_address(desk.key, SUPPORT, number)
    came = arrive(desk, letter(MARIA, text="See log.", headers=VOUCHED, attachments=(FILE,)), rcpt_to=(at,))
    message = reading.show(actors.maria, desk, number).messages[-1]
    assert (came.fate, message.kind, message.text) == (Fate.APPENDED, MessageKind.NOTE, "See log.")
    assert [one.filename for one in message.attachments] == ["a.txt"]
    assert outbox(desk, OutboxKind.ANSWER) == []
    assert (ticket(desk, number).turn, kinds(desk, number)[-1]) == (Turn.OURS, "noted")


@pytest.mark.parametrize("address", ["reply", "note"])
def test_mail_that_only_says_it_is_from_staff(desk: Desk, actors: Group, address: str) -> None:
    """Nothing of it reaches the customer or the ticket before a person has decided."""
    believing(desk)
    number = arrive(desk).ticket
    named = tokens.reply_address if address == "reply" else tokens.note_address
    came = arrive(desk, letter(MARIA, headers={}), rcpt_to=(named(desk.key, SUPPORT, number),))
    found = row(desk, Ledger, came.ledger_id)
    assert (came.fate, found.rules[0]["rule"], found.wants_ticket_id) == (Fate.QUARANTINED, "says-staff", number)
    assert outbox(desk, OutboxKind.ANSWER) == []


@pytest.mark.parametrize("user", ["maria", MARIA])
def test_an_answer_of_staff_who_logged_in(desk: Desk, actors: Group, user: str) -> None:
    """A password at our own listener proves what a relay would: the answer leaves."""
    number = arrive(desk).ticket
    at = tokens.reply_address(desk.key, SUPPORT, number)
    came = arrive(desk, letter(MARIA, "Re: x", "Restart it."), rcpt_to=(at,), user=user)
    assert (came.fate, ledger.get(actors.moderator, desk, came.ledger_id).user) == (Fate.APPENDED, user)
    assert "Restart it." in outbox(desk, OutboxKind.ANSWER)[-1].text


@pytest.mark.parametrize("user", ["", "peter", "Maria", "peter@example.com", "relay"])
def test_another_login_proves_nothing(desk: Desk, actors: Group, user: str) -> None:
    """Who logged in as somebody else, or not at all, may not write as maria."""
    number = arrive(desk).ticket
    at = tokens.reply_address(desk.key, SUPPORT, number)
    came = arrive(desk, letter(MARIA, "Re: x", "Restart it."), rcpt_to=(at,), user=user)
    assert rules(desk, came.ledger_id)[0] == "says-staff"
    assert outbox(desk, OutboxKind.ANSWER) == []


def test_a_forwarded_request(desk: Desk, actors: Group) -> None:
    """Its original sender is the requester, who forwarded it is named in a note, and nothing is acknowledged."""
    believing(desk)
    original = ForwardedMail(Address("Nikos", NIKOS), "Site down", "Please help.", "<orig@example.gr>")
    came = arrive(desk, letter(MARIA, "Fwd: Site down", "", headers=VOUCHED, forwarded=original))
    view = reading.show(actors.maria, desk, came.ticket)
    assert (view.requester_address, view.subject, view.messages[0].text) == (NIKOS, "Site down", "Please help.")
    assert (view.messages[1].kind, "Stated by maria" in view.messages[1].text) == (MessageKind.NOTE, True)
    assert outbox(desk, OutboxKind.ACKNOWLEDGEMENT) == []
    assert arrive(desk, letter(in_reply_to=("<orig@example.gr>",))).ticket_id == came.ticket_id


def test_a_blocked_member_of_staff_is_nobody(desk: Desk, actors: Group) -> None:
    """Who is blocked cannot answer by mail either."""
    believing(desk)
    number = arrive(desk).ticket
    desk.database.write(
        lambda session: session.execute(text("UPDATE staff SET is_blocked = true WHERE login = 'maria'"))
    )
    at = tokens.note_address(desk.key, SUPPORT, number)
    came = arrive(desk, letter(MARIA, headers=VOUCHED), rcpt_to=(at,))
    assert rules(desk, came.ledger_id)[0] == "note-address"


def test_a_flood_is_one_item(desk: Desk, clock: FakeClock, actors: Group) -> None:
    """The first become tickets, the rest wait at the first of them with their number, and nothing is lost."""
    _load(desk, policies.shipped_text().replace("same = 100", "same = 3"))
    came = []
    for number in range(40):
        clock.advance(minutes=1)
        came.append(arrive(desk, letter(subject=f"Backup {number} failed")))
    assert [one.fate for one in came[:4]] == [Fate.NEW_TICKET] * 3 + [Fate.QUARANTINED]
    held = [row(desk, Ledger, one.ledger_id) for one in came[3:]]
    assert {one.fate for one in held} == {Fate.QUARANTINED}
    assert {one.ticket_id for one in held} == {one.wants_ticket_id for one in held} == {came[0].ticket_id}
    assert "number 10 with this subject" in held[-1].reason
    assert "filed" not in kinds(desk, came[0].ticket)
    assert arrive(desk, letter(subject="Another thing")).fate is Fate.NEW_TICKET
    assert arrive(desk, letter("eve@example.gr", subject="Backup 7 failed")).fate is Fate.NEW_TICKET
    clock.advance(minutes=11)
    assert arrive(desk, letter(subject="Backup 99 failed")).fate is Fate.NEW_TICKET
    assert ledger.balance(actors.moderator, desk).is_balanced


def test_a_late_filer_finds_no_flood(desk: Desk, clock: FakeClock) -> None:
    """What counts is when mails came, not when they are filed."""
    _load(desk, policies.shipped_text().replace("same = 100", "same = 2"))
    mails = []
    for _ in range(5):
        mail = letter()
        mails.append((accept(desk, mail), mail))
        clock.advance(minutes=20)
    assert {filing.file(FILER, desk, number, mail).fate for number, mail in mails} == {Fate.NEW_TICKET}


def test_a_crowd_of_strangers(desk: Desk, clock: FakeClock) -> None:
    """Past the number of mails for the window, only those who never wrote before wait."""
    _load(desk, policies.shipped_text().replace("strangers = 0", "strangers = 3"))
    fates = [arrive(desk, letter(f"a{n}@example.gr")).fate for n in range(4)]
    assert fates == [Fate.NEW_TICKET] * 3 + [Fate.QUARANTINED]
    assert arrive(desk, letter("a1@example.gr", "Something else")).fate is Fate.NEW_TICKET
    clock.advance(minutes=11)
    assert arrive(desk, letter("b@example.gr")).fate is Fate.NEW_TICKET


def test_a_released_flood_is_a_ticket(desk: Desk, actors: Group) -> None:
    """A person can let any mail of a flood through."""
    _load(desk, policies.shipped_text().replace("same = 100", "same = 1"))
    first = arrive(desk)
    mail = letter()
    held = arrive(desk, mail)
    decisions.release(actors.moderator, desk, held.ledger_id)
    filed = filing.file(FILER, desk, held.ledger_id, mail)
    assert (held.fate, filed.fate, filed.ticket_id != first.ticket_id) == (Fate.QUARANTINED, Fate.NEW_TICKET, True)


@pytest.mark.parametrize(
    ("key", "mails", "expected"),
    [
        ("per_address = 5 ", ["nikos@example.gr"] * 3, 1),
        ("in_a_row = 10", ["nikos@example.gr"] * 3, 1),
        ("per_domain = 100", ["a@example.gr", "b@example.gr", "c@example.org"], 2),
        ("in_all = 1000", ["a@example.gr", "b@example.gr", "c@example.org"], 1),
    ],
)
def test_caps_of_acknowledgements(desk: Desk, key: str, mails: list[str], expected: int) -> None:
    """Each limit holds by itself; every mail becomes a ticket all the same."""
    _load(desk, policies.shipped_text().replace(key, f"{key.partition('=')[0]}= 1 "))
    assert {arrive(desk, letter(sender)).fate for sender in mails} == {Fate.NEW_TICKET}
    assert len(outbox(desk, OutboxKind.ACKNOWLEDGEMENT)) == expected


def test_acknowledgements_in_a_row_begin_again_after_an_answer(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Hours do not end the row; an answer of ours does."""
    _load(desk, policies.shipped_text().replace("in_a_row = 10", "in_a_row = 2"))
    for _ in range(5):
        number = arrive(desk, letter()).ticket
        clock.advance(hours=5)
    assert len(outbox(desk, OutboxKind.ACKNOWLEDGEMENT)) == 2
    answer(desk, actors, clock, number)
    clock.advance(hours=5)
    arrive(desk, letter(subject="Another thing"))
    assert len(outbox(desk, OutboxKind.ACKNOWLEDGEMENT)) == 3


@pytest.mark.parametrize("by", ["envelope", "Message-ID"])
@pytest.mark.parametrize("action", ["delayed", "relayed", "expanded", "delivered"])
def test_a_report_that_nothing_failed(desk: Desk, actors: Group, clock: FakeClock, action: str, by: str) -> None:
    """It stands beside its answer, which goes on; a delay is in the history, and the turn is where it was."""
    number = arrive(desk).ticket
    answer(desk, actors, clock, number)
    mail, before = outbox(desk, OutboxKind.ANSWER)[0], ticket(desk, number)
    status = "4.4.1" if action == "delayed" else "2.0.0"
    report = letter("mailer-daemon@x.example", "Mail delivery report", is_delivery_report=True, bounce_status=status,
                    bounce_action=action, bounce_ids=(mail.message_id,) if by == "Message-ID" else ())  # fmt: skip
    to = mail.envelope_from if by == "envelope" else SUPPORT
    came = arrive(desk, report, mail_from="", rcpt_to=(to,))
    after, said = ticket(desk, number), [e for e in every(desk, Event) if e.kind == "delayed"]
    assert (came.fate, came.ticket_id) == (Fate.AUTOMATIC, number)
    assert (after.status, after.turn, after.waiting_since) == (before.status, before.turn, None)
    assert outbox(desk, OutboxKind.ANSWER)[0].state is OutboxState.SENT
    assert [(e.ticket_id, e.data["outbox"]) for e in said] == ([(number, mail.id)] if action == "delayed" else [])
    assert reading.show(actors.maria, desk, number).messages[-1].kind is MessageKind.SYSTEM


def test_a_delay_of_what_is_dead(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A report of a delay that comes after the bounce says nothing new."""
    number = arrive(desk).ticket
    answer(desk, actors, clock, number)
    at = outbox(desk, OutboxKind.ANSWER)[0].envelope_from
    for action in ("failed", "delayed"):
        report = letter("mailer-daemon@x.example", "x", is_delivery_report=True, bounce_action=action)
        arrive(desk, report, mail_from="", rcpt_to=(at,))
    assert (kinds(desk, number).count("bounced"), kinds(desk, number).count("delayed")) == (1, 0)
    assert ticket(desk, number).turn == Turn.OURS


def test_shipped_policy_trusts_nobody() -> None:
    """Until a relay is named, no header of a mail is believed."""
    assert (shipped().trust.relays, shipped().trust.authserv_ids) == ((), ())
