"""What a mail becomes once it is decided where it belongs: a new ticket, a word in one, an acknowledgement."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlmodel import Session

from desk.acknowledging import acknowledge
from desk.actors import Actor
from desk.by_staff import answer_by_mail, note_by_mail, note_statement
from desk.context import Desk
from desk.correspondence import add_message, add_participant, contact_for, earlier_tickets, storable
from desk.opening import MAX_SUBJECT
from desk.recording import change, create, locked
from procedure import routing
from procedure.acquaintance import with_history
from procedure.destination import Destination
from procedure.mail import Address, Envelope, ParsedMail
from procedure.policy import Policy
from procedure.statuses import after_customer_word
from procedure.terms import Channel, Fate, MessageKind, Status
from procedure.tokens import base_address
from store.tables import Ticket

NO_SUBJECT = "(no subject)"

__all__ = ["Arrived", "write"]


@dataclass(frozen=True)
class Arrived:
    """A mail being filed."""

    ledger_id: int
    envelope: Envelope
    parsed: ParsedMail
    routing: routing.Routing | None = None
    """Where it goes if it is a new request, as far as that was looked at before."""


def write(session: Session, actor: Actor, desk: Desk, policy: Policy, mail: Arrived, where: Destination) -> int | None:
    """Write what ``where`` says and return the ticket, None where there is none."""
    if where.fate is Fate.NEW_TICKET:
        return _new_ticket(session, actor, desk, policy, _as_stated(mail, where), where)
    if where.fate is Fate.APPENDED and where.ticket_id is not None and where.staff_login is not None:
        write_as_staff = answer_by_mail if where.kind is MessageKind.STAFF else note_by_mail
        write_as_staff(session, desk, policy, mail.ledger_id, mail.parsed, where.ticket_id, where.staff_login)
        return where.ticket_id
    if where.fate is Fate.APPENDED and where.ticket_id is not None:
        return _append(session, actor, policy, desk, mail, where.ticket_id, is_unverified=where.is_unverified)
    if where.fate is Fate.AUTOMATIC and where.ticket_id is not None:
        _file_beside(session, actor, policy, desk, mail, where.ticket_id)
    return where.ticket_id


def _as_stated(mail: Arrived, where: Destination) -> Arrived:
    """Return a forwarded request as the mail of who is said to have sent it."""
    stated = where.stated
    if stated is None:
        return mail
    parsed = replace(
        mail.parsed, sender=stated.sender, senders=(stated.sender,), subject=stated.subject, text=stated.text,
        message_id=stated.message_id or mail.parsed.message_id, telling=None, folded=None,
    )  # fmt: skip
    return replace(mail, parsed=parsed, routing=None)


def _new_ticket(session: Session, actor: Actor, desk: Desk, policy: Policy, mail: Arrived, where: Destination) -> int:
    now, parsed = desk.clock.now(), mail.parsed
    routed = mail.routing or routing.decide_mail(parsed, mail.envelope.rcpt_to, policy)
    contact = contact_for(session, parsed.sender, now)
    assert contact.id is not None
    routed = with_history(routed, earlier_tickets(session, contact.id, policy.history), policy)
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
    if where.stated is not None and where.staff_login is not None:
        note_statement(session, actor, desk, policy, ticket, mail.envelope, where.staff_login)
    if where.acknowledge:
        acknowledge(session, actor, desk, policy, parsed, Address("", mail.envelope.mail_from.strip().lower()), ticket)
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
        attachments=parsed.attachments, folded=parsed.folded,
    )  # fmt: skip


def _mailbox(desk: Desk, envelope: Envelope) -> str:
    """Return which of our addresses a mail came to, by the envelope: the To line may say anything."""
    ours = [base_address(address) for address in envelope.rcpt_to]
    return next((address for address in ours if address in desk.mail.addresses), desk.mail.default_address)


def _subject(text: str) -> str:
    return storable(" ".join(text.split()))[:MAX_SUBJECT] or NO_SUBJECT
