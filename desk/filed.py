"""What a mail becomes once it is decided where it belongs: a new ticket, a word in one, an acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, func, select

from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import add_message, add_participant, contact_for, storable
from desk.mailing import mailbox_of, new_message_id, queue_mail
from desk.opening import MAX_SUBJECT
from desk.recording import change, create, locked, record
from procedure import languages, routing
from procedure.mail import Address, Envelope, ParsedMail
from procedure.policy import Policy
from procedure.statuses import after_customer_word
from procedure.terms import Channel, Fate, MessageKind, OutboxKind, Status
from procedure.threading import Destination
from procedure.tokens import base_address
from store.tables import Outbox, Ticket

ACKNOWLEDGED_PER_HOUR = 5
"""Acknowledgements to one address in an hour at most: two desks must not talk to each other for ever."""

NO_SUBJECT = "(no subject)"

__all__ = ["Arrived", "write"]


@dataclass(frozen=True)
class Arrived:
    """A mail being filed."""

    ledger_id: int
    envelope: Envelope
    parsed: ParsedMail


def write(session: Session, actor: Actor, desk: Desk, policy: Policy, mail: Arrived, where: Destination) -> int | None:
    """Write what ``where`` says and return the ticket, None where there is none."""
    if where.fate is Fate.NEW_TICKET:
        return _new_ticket(session, actor, desk, policy, mail, where)
    if where.fate is Fate.APPENDED and where.ticket_id is not None:
        return _append(session, actor, policy, desk, mail, where.ticket_id, is_unverified=where.is_unverified)
    if where.fate is Fate.AUTOMATIC and where.ticket_id is not None:
        _file_beside(session, actor, policy, desk, mail, where.ticket_id)
    return where.ticket_id


def _new_ticket(session: Session, actor: Actor, desk: Desk, policy: Policy, mail: Arrived, where: Destination) -> int:
    now, parsed = desk.clock.now(), mail.parsed
    routed = routing.decide(parsed.subject, parsed.text, mail.envelope.rcpt_to, parsed.attachments, policy)
    contact = contact_for(session, parsed.sender, now)
    assert contact.id is not None
    hits = [{"rule": hit.rule, "because": storable(hit.because)[:300]} for hit in routed.rules]
    ticket = Ticket(
        subject=_subject(parsed.subject),
        requester_id=contact.id,
        channel=Channel.MAIL,
        mailbox=_mailbox(desk, mail.envelope),
        level=int(routed.level),
        difficulty=routed.difficulty,
        priority=routed.priority,
        status=Status.NEW,
        # The customer waits since the mail was accepted, not since a filer came to it.
        created_at=mail.envelope.received_at,
        changed_at=now,
        next_at=now,
        linked_ticket_id=where.linked_ticket_id,
        rules=hits,
    )
    create(session, actor, policy, now, ticket, routed.tags, {"rules": hits, "ledger": mail.ledger_id})
    assert ticket.id is not None
    add_participant(session, ticket.id, parsed.sender.address)
    _customer_word(session, mail, ticket.id, takes_turn=True)
    if where.acknowledge:
        _acknowledge(session, actor, desk, policy, mail, ticket)
    return ticket.id


def _append(
    session: Session, actor: Actor, policy: Policy, desk: Desk, mail: Arrived, ticket_id: int, *, is_unverified: bool
) -> int:
    """Write a customer's word into its ticket: whatever slept wakes, and the turn is ours."""
    ticket = locked(session, ticket_id)
    message_id = _customer_word(session, mail, ticket_id, takes_turn=True)
    change(
        session, actor, policy, desk.clock.now(), ticket, "customer_wrote", words_changed=True,
        data={"message": message_id, "ledger": mail.ledger_id, "unverified": is_unverified},
        status=after_customer_word(ticket.status),
        wake_at=None,
        closed_at=None,
    )  # fmt: skip
    return ticket_id


def _file_beside(session: Session, actor: Actor, policy: Policy, desk: Desk, mail: Arrived, ticket_id: int) -> None:
    """Show a machine's mail on its ticket as a system message: no turn, no status, no answer."""
    parsed = mail.parsed
    text = parsed.text.strip() or parsed.subject
    message_id = add_message(
        session, ticket_id, MessageKind.SYSTEM, mail.envelope.received_at, parsed.sender, text,
        message_id=parsed.message_id, ledger_id=mail.ledger_id, attachments=parsed.attachments,
    )  # fmt: skip
    ticket = locked(session, ticket_id)
    change(session, actor, policy, desk.clock.now(), ticket, "machine_wrote", data={"message": message_id})


def _customer_word(session: Session, mail: Arrived, ticket_id: int, *, takes_turn: bool) -> int:
    parsed = mail.parsed
    return add_message(
        session, ticket_id, MessageKind.CUSTOMER, mail.envelope.received_at, parsed.sender, parsed.text,
        message_id=parsed.message_id, ledger_id=mail.ledger_id, takes_turn=takes_turn,
        attachments=parsed.attachments,
    )  # fmt: skip


def _acknowledge(session: Session, actor: Actor, desk: Desk, policy: Policy, mail: Arrived, ticket: Ticket) -> None:
    """Say once that the request arrived, in the customer's language and with nothing of the customer's in it."""
    assert ticket.id is not None
    now = desk.clock.now()
    to = Address("", mail.envelope.mail_from)
    recent = session.exec(
        select(func.count())
        .select_from(Outbox)
        .where(
            Outbox.kind == OutboxKind.ACKNOWLEDGEMENT,
            Outbox.to_address == to.address,
            Outbox.created_at > now - timedelta(hours=1),
        )
    ).one()
    if recent >= ACKNOWLEDGED_PER_HOUR:
        record(session, actor, now, "not_acknowledged", ticket.id, {"reason": "too many to one address in an hour"})
        return
    words = policy.acknowledgement(languages.guess(f"{mail.parsed.subject} {mail.parsed.text}"), f"TD-{ticket.id}")
    message_id = new_message_id(desk, ticket)
    sender = Address(desk.mail.name, mailbox_of(desk, ticket))
    add_message(session, ticket.id, MessageKind.SYSTEM, now, sender, words.text, message_id=message_id)
    queue_mail(
        session, desk, ticket, OutboxKind.ACKNOWLEDGEMENT, to, subject=words.subject, text=words.text,
        message_id=message_id, now=now,
    )  # fmt: skip
    record(session, actor, now, "acknowledged", ticket.id, {"to": to.address})


def _mailbox(desk: Desk, envelope: Envelope) -> str:
    """Return which of our addresses a mail came to, by the envelope: the To line may say anything."""
    ours = [base_address(address) for address in envelope.rcpt_to]
    return next((address for address in ours if address in desk.mail.addresses), desk.mail.default_address)


def _subject(text: str) -> str:
    return storable(" ".join(text.split()))[:MAX_SUBJECT] or NO_SUBJECT
