"""The outbox: leasing mails to the courier, recording what the next hop said, giving the turn back when it said no."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, text
from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.errors import Conflict, Invalid, NotFound
from desk.policies import in_force
from desk.recording import change, locked, record
from desk.views import OutboxRow
from procedure import retry as schedule
from procedure import tokens
from procedure.mail import Address, Outcome, OutgoingMail, Rejected, Sent
from procedure.permissions import Permission
from procedure.terms import OutboxKind, OutboxState, Status
from store.tables import TO_SEND_SQL, DeliveryAttempt, Message, Outbox

LEASE = timedelta(minutes=5)
"""How long a courier may take over one mail; past it the mail is sent again with the same Message-ID (law 4)."""


@act(Permission.SEND_MAIL)
def claim(actor: Actor, desk: Desk, limit: int = 8) -> list[OutgoingMail]:
    """Lease up to ``limit`` due mails, oldest first, among them those whose courier disappeared."""

    def work(session: Session) -> list[OutgoingMail]:
        now = desk.clock.now()
        statement = (
            select(Outbox)
            .where(
                text(TO_SEND_SQL),
                Outbox.due_at <= now,
                or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) <= now),
            )
            .order_by(col(Outbox.due_at), col(Outbox.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = session.exec(statement).all()
        for row in rows:
            row.state, row.lease_until = OutboxState.SENDING, now + LEASE
            row.attempts += 1
        session.flush()
        return [_mail(desk, row) for row in rows]

    return desk.database.write(work)


def _mail(desk: Desk, row: Outbox) -> OutgoingMail:
    assert row.id is not None
    return OutgoingMail(
        outbox_id=row.id,
        kind=row.kind,
        envelope_from=row.envelope_from,
        sender=Address(row.sender_name, row.sender_address),
        to=Address(row.to_name, row.to_address),
        reply_to=row.reply_to,
        subject=row.subject,
        text=row.text,
        message_id=row.message_id,
        in_reply_to=row.in_reply_to,
        references=tuple(row.references),
        date=row.created_at,
        attempts=row.attempts,
        instance=tokens.instance(desk.key, row.ticket_id, row.id),
    )


@act(Permission.SEND_MAIL)
def record_outcome(actor: Actor, desk: Desk, outbox_id: int, outcome: Outcome) -> OutboxState:
    """Write down one attempt and return what became of the mail.

    Sent: the ticket counts as answered from now. Deferred: tried again by the schedule, warned about on the ticket
    after 4 h, dead after 5 days. Rejected: dead at once; a dead answer gives the turn back to us.
    """
    jitter = desk.chance.fraction()

    def work(session: Session) -> OutboxState:
        now = desk.clock.now()
        row = _locked_row(session, outbox_id)
        reply = storable(outcome.reply)[:500]
        session.add(DeliveryAttempt(outbox_id=outbox_id, at=now, outcome=type(outcome).__name__.lower(), reply=reply))
        if row.state in (OutboxState.SENT, OutboxState.DEAD):
            return row.state  # a courier that was thought lost came back; the first word stands
        row.lease_until, row.last_reply = None, reply
        if isinstance(outcome, Sent):
            _sent(session, actor, desk, row, now)
        elif isinstance(outcome, Rejected) or now - row.created_at >= schedule.GIVE_UP_AFTER:
            _dead(session, actor, desk, row, "delivery_failed", reply)
        else:
            _deferred(session, actor, row, now, jitter)
        session.flush()
        return row.state

    return desk.database.write(work)


def _sent(session: Session, actor: Actor, desk: Desk, row: Outbox, now: datetime) -> None:
    row.state, row.sent_at = OutboxState.SENT, now
    data = {"outbox": row.id, "reply": row.last_reply, "kind": row.kind.value}
    if row.kind is not OutboxKind.ANSWER:
        record(session, actor, now, "sent", row.ticket_id, data)
        return
    ticket = locked(session, row.ticket_id)
    change(
        session, actor, in_force(session, desk), now, ticket, "sent", data=data,
        first_answered_at=ticket.first_answered_at or now,
    )  # fmt: skip


def _deferred(session: Session, actor: Actor, row: Outbox, now: datetime, jitter: float) -> None:
    row.state, row.due_at = OutboxState.QUEUED, now + schedule.next_attempt(row.attempts, jitter)
    if row.warned_at is None and now - row.created_at >= schedule.WARN_AFTER:
        row.warned_at = now
        record(session, actor, now, "delivery_late", row.ticket_id, {"outbox": row.id, "reply": row.last_reply})


def _dead(session: Session, actor: Actor, desk: Desk, row: Outbox, kind: str, reply: str) -> None:
    """End a mail that will not arrive; its answer no longer counts, so the customer waits again."""
    row.state, row.lease_until, row.last_reply = OutboxState.DEAD, None, reply
    data = {"outbox": row.id, "reply": reply, "to": row.to_address, "kind": row.kind.value}
    if row.answer_id is None:
        record(session, actor, desk.clock.now(), kind, row.ticket_id, data)
        return
    session.get_one(Message, row.answer_id).takes_turn = False
    ticket = locked(session, row.ticket_id)
    waits = ticket.status is not Status.NEW
    change(
        session, actor, in_force(session, desk), desk.clock.now(), ticket, kind, words_changed=True, data=data,
        status=Status.OPEN if waits else ticket.status,
        wake_at=None,
        closed_at=None,
    )  # fmt: skip


def bounced(session: Session, actor: Actor, desk: Desk, outbox_id: int, reply: str) -> bool:
    """Let a bounce end a mail that was thought sent, inside filing's transaction; False when it was dead already."""
    row = _locked_row(session, outbox_id)
    if row.state is OutboxState.DEAD:
        return False
    _dead(session, actor, desk, row, "bounced", storable(reply)[:500])
    return True


def delayed(session: Session, actor: Actor, desk: Desk, outbox_id: int, reply: str) -> None:
    """Write down that a mail that was sent is late further on; its answer stands, and nobody's turn changes."""
    row = _locked_row(session, outbox_id)
    if row.state is not OutboxState.DEAD:
        data = {"outbox": row.id, "reply": storable(reply)[:500], "kind": row.kind.value}
        record(session, actor, desk.clock.now(), "delayed", row.ticket_id, data)


@act(Permission.RETRY_OUTBOX)
def retry(actor: Actor, desk: Desk, outbox_id: int) -> None:
    """Send a mail again that waits or is dead, now. Raises Invalid for one that was sent, NotFound."""

    def work(session: Session) -> None:
        now = desk.clock.now()
        row = _locked_row(session, outbox_id)
        if row.state is OutboxState.SENT:
            raise Invalid(f"Mail {outbox_id} was sent already: {row.last_reply}")
        if row.state is OutboxState.SENDING and row.lease_until and row.lease_until > now:
            raise Conflict(f"Mail {outbox_id} is being sent at this moment.")
        was_dead = row.state is OutboxState.DEAD
        # The age is counted from here on, or a mail given up after five days would be given up again at once.
        row.state, row.due_at, row.lease_until, row.created_at = OutboxState.QUEUED, now, None, now
        row.warned_at = None
        if not (was_dead and row.answer_id):
            record(session, actor, now, "retried", row.ticket_id, {"outbox": row.id})
            return
        session.get_one(Message, row.answer_id).takes_turn = True
        policy, ticket = in_force(session, desk), locked(session, row.ticket_id)
        change(
            session, actor, policy, now, ticket, "retried", words_changed=True, data={"outbox": row.id},
            status=Status.PENDING, wake_at=now + policy.times.pending, closed_at=None,
        )  # fmt: skip

    desk.database.write(work)


@act(Permission.READ_OUTBOX)
def rows(
    actor: Actor,
    desk: Desk,
    *,
    state: OutboxState | None = None,
    ticket_id: int | None = None,
    before_id: int | None = None,
    limit: int | None = 50,
) -> list[OutboxRow]:
    """Return outgoing mails, newest first; the next page begins before the last row's id. ``limit`` None: all."""

    def work(session: Session) -> list[OutboxRow]:
        statement = select(Outbox).order_by(col(Outbox.id).desc())
        if state is not None:
            statement = statement.where(Outbox.state == state)
        if ticket_id is not None:
            statement = statement.where(Outbox.ticket_id == ticket_id)
        if before_id is not None:
            statement = statement.where(col(Outbox.id) < before_id)
        if limit is not None:
            statement = statement.limit(limit)
        return [_view(row) for row in session.exec(statement)]

    return desk.database.read(work)


def _view(row: Outbox) -> OutboxRow:
    assert row.id is not None
    return OutboxRow(
        row.id, row.ticket_id, row.to_address, row.subject, row.state, row.attempts, row.due_at, row.last_reply,
        row.message_id,
    )  # fmt: skip


def _locked_row(session: Session, outbox_id: int) -> Outbox:
    row = session.exec(select(Outbox).where(col(Outbox.id) == outbox_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no mail {outbox_id} in the outbox.")
    return row
