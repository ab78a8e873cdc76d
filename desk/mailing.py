"""What leaves the house: the outbox row of an answer or an acknowledgement, inside the transaction of its cause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update

from desk.context import Desk
from desk.correspondence import storable
from procedure import tokens
from procedure.mail import Address
from procedure.terms import MessageKind, OutboxKind, OutboxState, ref
from store.inserting import insert_row
from store.tables import Message, Outbox, Ticket

_MAX_REFERENCES = 20
_REPLY_PREFIX = re.compile(r"(?:(?:re|aw|sv|antw|απ|σχετ)\s*:\s*)+", re.IGNORECASE)


def mailbox_of(desk: Desk, ticket: Ticket) -> str:
    """Return the support address that a ticket is answered from: the one it came to, while it is still ours."""
    return ticket.mailbox if ticket.mailbox in desk.mail.addresses else desk.mail.default_address


def new_message_id(desk: Desk, ticket: Ticket) -> str:
    """Return a Message-ID of ours that proves its ticket."""
    assert ticket.id is not None
    domain = mailbox_of(desk, ticket).rpartition("@")[2]
    return tokens.message_id(desk.key, ticket.id, desk.chance.token(), domain)


def subject_of(ticket: Ticket) -> str:
    """Return the subject of an answer: ``Re: [TD-1042] Cannot log in``."""
    assert ticket.id is not None
    tag = f"[{ref(ticket.id)}]"
    plain = _REPLY_PREFIX.sub("", ticket.subject.strip(), count=1).replace(tag, "").strip()
    return f"Re: {tag} {plain}".rstrip()


def queue_mail(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    kind: OutboxKind,
    to: Address,
    *,
    subject: str,
    text: str,
    message_id: str,
    now: datetime,
    hold: timedelta = timedelta(0),
    answer_id: int | None = None,
    history: Sequence[str] | None = None,
) -> int:
    """Write a mail to send, due after ``hold``, and return its outbox id.

    ``history`` are the Message-IDs of the conversation where they are known, the last being what is answered.

    An answer travels under an envelope sender that names its outbox row, so that a bounce finds it (VERP); an
    acknowledgement under the null sender, so that nothing answers it (RFC 3834 §3.3).
    """
    assert ticket.id is not None
    mailbox = mailbox_of(desk, ticket)
    history = _thread(session, ticket.id, message_id) if history is None else list(history)
    key = insert_row(
        session,
        Outbox,
        ticket_id=ticket.id,
        answer_id=answer_id,
        kind=kind,
        envelope_from="",
        sender_name=desk.mail.name,
        sender_address=mailbox,
        to_name=storable(to.name),
        to_address=storable(to.address),
        reply_to=tokens.reply_address(desk.key, mailbox, ticket.id),
        subject=storable(subject),
        text=storable(text),
        message_id=message_id,
        in_reply_to=history[-1] if history else "",
        references=history,
        state=OutboxState.QUEUED,
        attempts=0,
        created_at=now,
        due_at=now + hold,
        last_reply="",
    )
    if kind is OutboxKind.ANSWER:
        named = tokens.bounce_address(desk.key, mailbox, key)
        session.execute(update(Outbox).where(col(Outbox.id) == key).values(envelope_from=named))
    return key


def _thread(session: Session, ticket_id: int, own: str) -> list[str]:
    """Return the Message-IDs of the conversation so far, oldest first, the last being what is answered."""
    newest_first = [(mid, kind) for mid, kind in session.exec(_named(), params={"ticket": ticket_id}) if mid != own]
    # What a mail client threads by is the customer's latest word, so that comes last (RFC 5322 §3.6.4).
    customers = [mid for mid, kind in newest_first if kind is MessageKind.CUSTOMER]
    ordered = [mid for mid, _ in reversed(newest_first)]
    if customers:
        ordered.remove(customers[0])
        ordered.append(customers[0])
    return ordered


@cache
def _named() -> Any:
    """Return the statement, built once: it is asked for every mail that leaves."""
    public = (MessageKind.CUSTOMER, MessageKind.STAFF)
    of_ticket = (col(Message.ticket_id) == bindparam("ticket"), col(Message.kind).in_(public), Message.message_id != "")
    named = select(Message.message_id, Message.kind).where(*of_ticket)
    return named.order_by(col(Message.id).desc()).limit(_MAX_REFERENCES)
