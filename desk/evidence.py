"""What the store knows about a mail that is being filed: the tickets it names, its sender, mails like it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, literal_column
from sqlmodel import Session, col, select

from desk.context import Desk
from desk.correspondence import participants, storable
from desk.people import by_address
from procedure.clues import Clues, find_clues
from procedure.destination import Copy, Known, Request, StaffFacts, TicketFacts
from procedure.mail import Envelope, ParsedMail
from procedure.permissions import Permission
from procedure.policy import Policy
from procedure.subjects import fold_subject
from procedure.terms import Fate, Status
from store.tables import Attachment, Contact, Ledger, Message, Outbox, Ticket

SECOND_PATH = timedelta(minutes=15)
"""A mail that comes again later than this is its sender's reminder, though nothing in it is new."""

MAX_CANDIDATES = 3
_LARGEST_KEY = 2**31 - 1
_NAMED = col(Message.message_id) != literal_column("''")
"""Written out in queries, or the partial index on Message-IDs is not used."""


def clues_of(session: Session, desk: Desk, parsed: ParsedMail, envelope: Envelope) -> Clues:
    """Return what a mail says about where it belongs, with what the store knows of the ids in it."""
    clues = find_clues(parsed, envelope, desk.key, desk.mail.addresses)
    outbox_id = clues.bounced_outbox_id
    if outbox_id is not None and outbox_id <= _LARGEST_KEY:
        ticket_id = session.exec(select(Outbox.ticket_id).where(Outbox.id == outbox_id)).first()
        clues = clues if ticket_id is None else clues.bounced_at(ticket_id)
    if not clues.header_ids:
        return clues
    wanted = [storable(message_id) for message_id in clues.header_ids]
    return clues.knowing(dict(session.exec(_by_message_id(), params={"wanted": wanted}).all()))


def known_of(session: Session, row: Ledger, parsed: ParsedMail, policy: Policy) -> Known:
    """Return what the store knows about a mail's sender and about mail like it."""
    address = storable(parsed.sender.address).lower()
    staff = by_address(session, address)
    requests = _requests(session, address, policy)
    return Known(
        staff=StaffFacts(staff.login, staff.may(Permission.REPLY)) if staff else None,
        copy=_copy(session, row, parsed),
        requests=requests,
        held=_held(session, row, requests, policy),
        is_crowded=not requests and _is_crowded(session, row, policy),
    )


def facts_of(session: Session, clues: Clues, known: Known, parsed: ParsedMail) -> Mapping[int, TicketFacts]:
    """Return the tickets that a mail names, and those of its sender that it may join; each locked."""
    subject = fold_subject(parsed.subject)
    alike = [one.ticket_id for one in known.requests if subject and fold_subject(one.subject) == subject]
    wanted = [number for number in {*clues.ticket_ids, *alike[:MAX_CANDIDATES]} if number <= _LARGEST_KEY]
    if not wanted:
        return {}
    # In one order always, or two filers could wait for each other.
    statement = select(Ticket).where(col(Ticket.id).in_(wanted)).order_by(col(Ticket.id)).with_for_update()
    rows = session.exec(statement).all()
    people = participants(session, [row.id for row in rows if row.id is not None])
    return {row.id: _facts(row, people[row.id]) for row in rows if row.id is not None}


def _facts(row: Ticket, people: frozenset[str]) -> TicketFacts:
    assert row.id is not None
    is_answered = row.first_answered_at is not None or row.status in (Status.PENDING, Status.SOLVED)
    return TicketFacts(row.id, row.status, people, row.closed_at, row.subject, is_answered, row.changed_at)


def _requests(session: Session, address: str, policy: Policy) -> tuple[Request, ...]:
    if not address:
        return ()
    found = {"address": address, "most": max(policy.flood.same, policy.flood.sender, 20)}
    rows = session.exec(_newest_of(), params=found)
    return tuple(Request(number, subject, at) for number, subject, at in rows if number is not None)


def _held(session: Session, row: Ledger, requests: tuple[Request, ...], policy: Policy) -> Mapping[int, int]:
    """Return how many mails wait as a flood at each ticket, since the window before this mail began."""
    limits = [limit for limit in (policy.flood.same, policy.flood.sender) if limit]
    if not limits or len(requests) < min(limits):
        return {}
    statement: Any = (
        select(Ledger.ticket_id, func.count())
        .where(
            col(Ledger.ticket_id).in_([one.ticket_id for one in requests]),
            Ledger.fate == Fate.QUARANTINED,
            Ledger.received_at > row.received_at - policy.flood.window,
        )
        .group_by(col(Ledger.ticket_id))
    )
    return {number: int(count) for number, count in session.exec(statement)}


def _is_crowded(session: Session, row: Ledger, policy: Policy) -> bool:
    assert row.id is not None
    if not policy.flood.strangers:
        return False
    # Numbers of the ledger have no gaps that matter here, so one look-up counts.
    at = session.exec(select(Ledger.received_at).where(Ledger.id == row.id - policy.flood.strangers)).first()
    return at is not None and at > row.received_at - policy.flood.window


def _copy(session: Session, row: Ledger, parsed: ParsedMail) -> Copy | None:
    """Return the mail that had this Message-ID before; one with the same words first.

    Two services that file both at the same moment see neither; that is two words in place of one, never none.
    """
    if not parsed.message_id:
        return None
    found = session.exec(_came_as(), params={"name": storable(parsed.message_id)[:998], "own": row.id}).all()
    for message, first in found:
        if first.id is not None and _is_same(session, row, parsed, message, first):
            return Copy(first.id, message.ticket_id, is_same=True)
    for message, first in found:
        if first.id is not None:
            return Copy(first.id, message.ticket_id, is_same=False)
    return None


def _is_same(session: Session, row: Ledger, parsed: ParsedMail, message: Message, first: Ledger) -> bool:
    if message.author_address.lower() != storable(parsed.sender.address).lower():
        return False
    if message.text != storable(parsed.text) or _files(session, message) != _own_files(parsed):
        return False
    return abs(row.received_at - first.received_at) <= SECOND_PATH or _came_so_before(session, row, first)


def _came_so_before(session: Session, row: Ledger, first: Ledger) -> bool:
    """Tell whether these very bytes are a known second path: its sender did not get our 250 and sends again."""
    statement = select(Ledger.id).where(Ledger.duplicate_of == first.id, Ledger.digest == row.digest).limit(1)
    return session.exec(statement).first() is not None


def _files(session: Session, message: Message) -> list[str]:
    return sorted(session.exec(select(Attachment.sha256).where(Attachment.message_id == message.id)))


def _own_files(parsed: ParsedMail) -> list[str]:
    return _digests(attachment.content for attachment in parsed.attachments)


def _digests(contents: Iterable[bytes]) -> list[str]:
    return sorted(hashlib.sha256(content).hexdigest() for content in contents)


# Built once: for every mail that is filed, building a statement costs as much as running it.


@cache
def _by_message_id() -> Any:
    wanted = col(Message.message_id).in_(bindparam("wanted", expanding=True))
    return select(Message.message_id, Message.ticket_id).where(wanted, _NAMED)


@cache
def _newest_of() -> Any:
    return (
        select(Ticket.id, Ticket.subject, Ticket.created_at)
        .join(Contact, col(Contact.id) == col(Ticket.requester_id))
        .where(col(Contact.address) == bindparam("address"))
        .order_by(col(Ticket.id).desc())
        .limit(bindparam("most"))
    )


@cache
def _came_as() -> Any:
    return (
        select(Message, Ledger)
        .join(Ledger, col(Ledger.id) == col(Message.ledger_id))
        .where(col(Message.message_id) == bindparam("name"), _NAMED, col(Message.ledger_id) != bindparam("own"))
        .order_by(col(Message.id).desc())
        .limit(10)
    )
