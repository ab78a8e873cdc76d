"""A whole ticket as people see it: conversation, attachments, history."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.errors import NotFound
from desk.mailing import mailbox_of
from desk.policies import in_force
from desk.views import AttachmentView, EventView, MessageView, TicketView
from procedure import tokens
from procedure.mail import RuleHit
from procedure.permissions import Permission
from procedure.terms import Level, ref
from store.tables import Attachment, Blob, Contact, Event, Message, Outbox, Staff, Ticket, TicketTag

HISTORY_LINES = 2_000
"""Events of one ticket shown at most, the newest; a loop could make millions."""


@act(Permission.READ_TICKETS)
def show(actor: Actor, desk: Desk, ticket_id: int) -> TicketView:
    """Return a ticket with its conversation and history. Raises NotFound."""
    return desk.database.read(lambda session: _view(session, desk, ticket_id))


@act(Permission.READ_TICKETS)
def attachment(actor: Actor, desk: Desk, attachment_id: int) -> tuple[AttachmentView, bytes]:
    """Return an attachment and its bytes. Raises NotFound."""

    def work(session: Session) -> tuple[AttachmentView, bytes]:
        row = session.get(Attachment, attachment_id)
        if row is None:
            raise NotFound(f"There is no attachment {attachment_id}.")
        blob = session.get_one(Blob, row.sha256)
        return _attachment(row, blob.size), blob.content

    return desk.database.read(work)


def _view(session: Session, desk: Desk, ticket_id: int) -> TicketView:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or ticket.id is None:
        raise NotFound(f"There is no ticket {ref(ticket_id)}.")
    requester = session.get_one(Contact, ticket.requester_id)
    logins = _logins(session, (ticket.assignee_id, ticket.claimed_by))
    tags = session.exec(select(TicketTag.tag).where(TicketTag.ticket_id == ticket_id).order_by(TicketTag.tag)).all()
    return TicketView(
        id=ticket.id,
        version=ticket.version,
        subject=ticket.subject,
        status=ticket.status,
        level=Level(ticket.level),
        difficulty=ticket.difficulty,
        priority=ticket.priority,
        channel=ticket.channel,
        requester_name=requester.name,
        requester_address=requester.address or "",
        assignee=logins.get(ticket.assignee_id),
        claimed_by=logins.get(ticket.claimed_by),
        claimed_until=ticket.claimed_until,
        tags=tuple(tags),
        created_at=ticket.created_at,
        waiting_since=ticket.waiting_since,
        due_at=ticket.due_at,
        wake_at=ticket.wake_at,
        rules=tuple(RuleHit(**hit) for hit in ticket.rules),
        messages=_messages(session, ticket_id),
        events=_events(session, ticket_id),
        note_address=_note_address(session, desk, ticket),
    )


def _note_address(session: Session, desk: Desk, ticket: Ticket) -> str:
    """Return the note address where a password or a trusted relay can prove who writes to it, else ''."""
    trust = in_force(session, desk).trust
    can_prove = desk.mail.has_logins or (trust.relays and trust.authserv_ids)
    if ticket.id is None or not desk.mail.addresses or not can_prove:
        return ""
    return tokens.note_address(desk.key, mailbox_of(desk, ticket), ticket.id)


def _logins(session: Session, staff_ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = [staff_id for staff_id in staff_ids if staff_id is not None]
    if not wanted:
        return {}
    return {row.id: row.login for row in session.exec(select(Staff).where(col(Staff.id).in_(wanted)))}


def _messages(session: Session, ticket_id: int) -> tuple[MessageView, ...]:
    attached: dict[int, list[AttachmentView]] = {}
    files = (
        select(Attachment, Blob.size)
        .join(Blob, col(Blob.sha256) == Attachment.sha256)
        .join(Message, col(Message.id) == Attachment.message_id)
        .where(Message.ticket_id == ticket_id)
        .order_by(col(Attachment.id))
    )
    for row, size in session.exec(files):
        attached.setdefault(row.message_id, []).append(_attachment(row, size))
    deliveries = {row.answer_id: row for row in session.exec(select(Outbox).where(Outbox.ticket_id == ticket_id))}
    statement = select(Message).where(Message.ticket_id == ticket_id).order_by(col(Message.id))
    return tuple(
        _message(row, tuple(attached.get(row.id or 0, ())), deliveries.get(row.id)) for row in session.exec(statement)
    )


def _message(row: Message, attachments: tuple[AttachmentView, ...], delivery: Outbox | None) -> MessageView:
    assert row.id is not None
    return MessageView(
        id=row.id,
        kind=row.kind,
        author_name=row.author_name,
        author_address=row.author_address,
        at=row.at,
        text=row.text,
        message_id=row.message_id,
        ledger_id=row.ledger_id,
        attachments=attachments,
        delivery=delivery.state if delivery else None,
        delivery_reply=delivery.last_reply if delivery else "",
    )


def _attachment(row: Attachment, size: int) -> AttachmentView:
    assert row.id is not None
    return AttachmentView(row.id, row.filename, row.content_type, size, row.sha256)


def _events(session: Session, ticket_id: int) -> tuple[EventView, ...]:
    statement = select(Event).where(Event.ticket_id == ticket_id).order_by(col(Event.id).desc()).limit(HISTORY_LINES)
    newest_first = session.exec(statement).all()
    return tuple(EventView(row.id or 0, row.at, row.actor, row.kind, dict(row.data)) for row in reversed(newest_first))
