"""Contacts, participants and messages: the rows that a word of a conversation needs, inside another transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from procedure.acquaintance import Earlier
from procedure.mail import Address, ParsedAttachment
from procedure.search_fields import index_message
from procedure.terms import CLOSED_STATUSES, Level, MessageKind, Status
from store import search_index
from store.inserting import insert_missing, insert_row
from store.tables import Attachment, Blob, Contact, Message, Participant, Ticket


def storable(text: str) -> str:
    """Return text as every store can keep it: PostgreSQL has no NUL, UTF-8 no lone surrogate.

    Both are shown as the picture characters that stand for them; the raw bytes stay in the ledger.
    """
    return text.replace("\x00", "\u2400").encode("utf-8", "replace").decode("utf-8")


def earlier_tickets(session: Session, contact_id: int, most: int) -> list[Earlier]:
    """Return the last tickets of a requester, the newest first."""
    if not most:
        return []
    rows = session.execute(_earlier(), {"contact": contact_id, "most": most})
    return [Earlier(Level(level), Status(status) not in CLOSED_STATUSES) for level, status in rows]


@cache
def _earlier() -> Any:
    """Return the statement, built once: it is asked for every new request."""
    return (
        select(Ticket.level, Ticket.status)
        .where(Ticket.requester_id == bindparam("contact"))
        .order_by(col(Ticket.id).desc())
        .limit(bindparam("most"))
    )


def contact_for(session: Session, address: Address, now: datetime) -> Contact:
    """Return the contact with this address, made when it is new; a name once known is kept."""
    mail = storable(address.address).lower()
    name = storable(address.name)[:200]
    contact: Contact | None = session.exec(_contact(), params={"address": mail}).first() if mail else None
    if contact is None:
        key = insert_row(session, Contact, address=mail or None, name=name, created_at=now)
        return Contact(id=key, address=mail or None, name=name, created_at=now)
    if name and not contact.name:
        contact.name = name
        session.flush()
    return contact


@cache
def _contact() -> Any:
    """Return the statement, built once: it is asked for every mail that comes in."""
    return select(Contact).where(col(Contact.address) == bindparam("address"))


def add_participant(session: Session, ticket_id: int, address: str) -> None:
    """Let mail from ``address`` join a ticket by its number."""
    mail = storable(address).lower()
    if mail:
        insert_missing(session, Participant, ticket_id=ticket_id, address=mail)


def participants(session: Session, ticket_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return the addresses that may join each ticket by its number."""
    ids = list(ticket_ids)
    found: dict[int, set[str]] = {ticket_id: set() for ticket_id in ids}
    for row in session.exec(select(Participant).where(col(Participant.ticket_id).in_(ids))):
        found[row.ticket_id].add(row.address)
    return {ticket_id: frozenset(addresses) for ticket_id, addresses in found.items()}


def add_message(
    session: Session,
    ticket_id: int,
    kind: MessageKind,
    at: datetime,
    author: Address,
    text: str,
    *,
    staff_id: int | None = None,
    message_id: str = "",
    ledger_id: int | None = None,
    takes_turn: bool = False,
    attachments: Iterable[ParsedAttachment] = (),
    folded: str | None = None,
) -> int:
    """Write a message with its attachments, index its words and return its id.

    What the desk says by itself is not indexed (``search_index.SEARCHED_SQL``). ``folded`` are the words of ``text``
    as ``search_fields.index_message`` gives them, None when nobody has read them yet.
    """
    text, attachments = storable(text), tuple(attachments)
    key = insert_row(
        session,
        Message,
        ticket_id=ticket_id,
        kind=kind,
        at=at,
        author_name=storable(author.name)[:200],
        author_address=storable(author.address),
        staff_id=staff_id,
        text=text,
        message_id=storable(message_id)[:998],
        ledger_id=ledger_id,
        takes_turn=takes_turn,
    )
    for attachment in attachments:
        _attach(session, key, attachment)
    if kind is not MessageKind.SYSTEM or ledger_id is not None:
        body = index_message(text) if folded is None else storable(folded)
        search_index.put(session, key, ticket_id, body, [storable(file.filename)[:255] for file in attachments])
    return key


def _attach(session: Session, message_id: int, attachment: ParsedAttachment) -> None:
    """Write an attachment; bytes that are known already are not kept twice."""
    sha256 = hashlib.sha256(attachment.content).hexdigest()
    insert_missing(session, Blob, sha256=sha256, size=len(attachment.content), content=attachment.content)
    insert_row(
        session,
        Attachment,
        message_id=message_id,
        filename=storable(attachment.filename)[:255],
        content_type=storable(attachment.content_type)[:127],
        sha256=sha256,
    )
