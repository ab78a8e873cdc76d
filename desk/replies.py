"""Words of staff: public answers, notes, and the drafts they come from."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import add_message, add_participant, storable
from desk.errors import AnsweredMeanwhile, Invalid
from desk.mailing import mailbox_of, new_message_id, queue_mail, subject_of
from desk.policies import in_force
from desk.recording import change, locked
from desk.views import DraftView
from procedure import languages, quoting
from procedure.mail import Address
from procedure.permissions import Permission
from procedure.policy import Policy
from procedure.terms import Level, MessageKind, OutboxKind, Status, ref
from store.tables import Contact, Draft, Message, Ticket

MAX_TEXT = 200_000
"""Characters of an answer or a note; more is surely a file pasted by mistake."""

_AFTER_ANSWER = (Status.PENDING, Status.SOLVED, Status.OPEN, Status.ON_HOLD)


@act(Permission.REPLY)
def send(
    actor: Actor,
    desk: Desk,
    ticket_id: int,
    text: str,
    *,
    seen_message: int | None = None,
    then: Status = Status.PENDING,
    quote: bool = True,
) -> int:
    """Answer the requester and return the new message's id.

    1. look whether the conversation went on after ``seen_message``, the newest message the author has seen (None: do
    not look); 2. write the message; 3. write the outbox row, held for the policy's undo time; 4. drop the draft;
    5. give the turn to the customer, with the moment at which the ticket comes back. One transaction (law 4).

    Raises AnsweredMeanwhile (nothing sent, the draft stays; sending again without ``seen_message`` is allowed),
    Invalid, NotFound.
    """
    body = checked(text)
    if then not in _AFTER_ANSWER:
        raise Invalid(f"After an answer a ticket is pending, solved or open, not {then}.")

    def work(session: Session) -> int:
        policy, ticket = in_force(session, desk), locked(session, ticket_id)
        _refuse_stale(session, ticket, seen_message)
        return write_answer(session, actor, desk, policy, ticket, body, then, quote=quote)

    return desk.database.write(work)


def write_answer(
    session: Session,
    actor: Actor,
    desk: Desk,
    policy: Policy,
    ticket: Ticket,
    body: str,
    then: Status,
    *,
    quote: bool = True,
    ledger_id: int | None = None,
) -> int:
    """Write an answer, its mail and the turn inside another transaction, and return the message's id.

    ``ledger_id`` is the mail by which it came, if it came by mail. Raises Invalid.
    """
    assert ticket.id is not None
    now, to = desk.clock.now(), _requester(session, ticket)
    message_id = new_message_id(desk, ticket)
    author = Address(actor.name, mailbox_of(desk, ticket))
    quoted = _quoted(session, ticket, body) if quote else ""
    answer_id = add_message(
        session, ticket.id, MessageKind.STAFF, now, author, body,
        staff_id=actor.staff_id, message_id=message_id, ledger_id=ledger_id, takes_turn=True,
    )  # fmt: skip
    full = _letter(policy, ticket, actor, body, quoted)
    queue_mail(
        session, desk, ticket, OutboxKind.ANSWER, to, subject=subject_of(ticket), text=full,
        message_id=message_id, now=now, hold=policy.times.undo, answer_id=answer_id,
    )  # fmt: skip
    add_participant(session, ticket.id, to.address)
    _drop_draft(session, actor, ticket.id, MessageKind.STAFF)
    _hand_turn(session, actor, desk, policy, ticket, answer_id, then)
    return answer_id


def _hand_turn(
    session: Session, actor: Actor, desk: Desk, policy: Policy, ticket: Ticket, answer_id: int, then: Status
) -> None:
    now = desk.clock.now()
    naps: dict[Status, timedelta] = {Status.PENDING: policy.times.pending, Status.SOLVED: policy.times.solved}
    change(
        session, actor, policy, now, ticket, "answered", words_changed=True, data={"message": answer_id},
        status=then,
        wake_at=now + naps.get(then, policy.times.pending) if then is not Status.OPEN else None,
        assignee_id=ticket.assignee_id or actor.staff_id,
        claimed_by=None,
        claimed_until=None,
    )  # fmt: skip


@act(Permission.NOTE)
def note(actor: Actor, desk: Desk, ticket_id: int, text: str) -> int:
    """Write an internal note and return its message id; the turn stays where it is. Raises Invalid, NotFound."""
    body = checked(text)

    def work(session: Session) -> int:
        now = desk.clock.now()
        ticket = locked(session, ticket_id)
        note_id = write_note(session, actor, desk, ticket, body)
        _drop_draft(session, actor, ticket_id, MessageKind.NOTE)
        change(session, actor, in_force(session, desk), now, ticket, "noted", data={"message": note_id})
        return note_id

    return desk.database.write(work)


def write_note(session: Session, actor: Actor, desk: Desk, ticket: Ticket, text: str) -> int:
    """Write a note inside another transaction, which records its own event."""
    assert ticket.id is not None
    author = Address(actor.name, "")
    return add_message(session, ticket.id, MessageKind.NOTE, desk.clock.now(), author, text, staff_id=actor.staff_id)


@act(Permission.WORK_TICKETS)
def save_draft(actor: Actor, desk: Desk, ticket_id: int, kind: MessageKind, text: str) -> None:
    """Keep words that are not sent yet; empty text drops the draft. Raises NotFound."""

    def work(session: Session) -> None:
        locked(session, ticket_id)
        draft_row = _draft(session, actor, ticket_id, kind)
        if not text.strip():
            _drop_draft(session, actor, ticket_id, kind)
        elif draft_row is None:
            session.add(
                Draft(
                    ticket_id=ticket_id,
                    staff_login=actor.login,
                    kind=kind,
                    text=storable(text),
                    updated_at=desk.clock.now(),
                )
            )
        else:
            draft_row.text, draft_row.updated_at = storable(text), desk.clock.now()

    desk.database.write(work)


@act(Permission.WORK_TICKETS)
def draft(actor: Actor, desk: Desk, ticket_id: int, kind: MessageKind) -> DraftView | None:
    """Return the actor's own unsent words on a ticket, None when there are none."""

    def work(session: Session) -> DraftView | None:
        row = _draft(session, actor, ticket_id, kind)
        return DraftView(row.ticket_id, row.kind, row.text, row.updated_at) if row else None

    return desk.database.read(work)


@act(Permission.WORK_TICKETS)
def drafts(actor: Actor, desk: Desk) -> list[DraftView]:
    """Return all of the actor's unsent words, newest first."""

    def work(session: Session) -> list[DraftView]:
        statement = select(Draft).where(Draft.staff_login == actor.login).order_by(col(Draft.updated_at).desc())
        return [DraftView(row.ticket_id, row.kind, row.text, row.updated_at) for row in session.exec(statement)]

    return desk.database.read(work)


def _draft(session: Session, actor: Actor, ticket_id: int, kind: MessageKind) -> Draft | None:
    statement = select(Draft).where(Draft.ticket_id == ticket_id, Draft.staff_login == actor.login, Draft.kind == kind)
    return session.exec(statement).first()


def _drop_draft(session: Session, actor: Actor, ticket_id: int, kind: MessageKind) -> None:
    row = _draft(session, actor, ticket_id, kind)
    if row is not None:
        session.delete(row)
        session.flush()


def checked(text: str) -> str:
    """Return the text of an answer or a note as it is kept. Raises Invalid when empty or too long."""
    if not text.strip():
        raise Invalid("There is nothing to send: the text is empty.")
    if len(text) > MAX_TEXT:
        raise Invalid(f"The text has {len(text):,} characters; at most {MAX_TEXT:,} can be sent.")
    return text.strip("\n").rstrip()


def _refuse_stale(session: Session, ticket: Ticket, seen_message: int | None) -> None:
    if seen_message is None:
        return
    newer = session.exec(
        select(Message)
        .where(
            Message.ticket_id == ticket.id,
            col(Message.id) > seen_message,
            col(Message.kind).in_((MessageKind.CUSTOMER, MessageKind.STAFF)),
        )
        .order_by(col(Message.id).desc())
        .limit(1)
    ).first()
    if newer is not None:
        assert ticket.id is not None
        raise AnsweredMeanwhile(
            f"{newer.author_name or newer.author_address} wrote in {ref(ticket.id)} while you were writing; "
            "your draft is kept. Read it, then send again."
        )


def _requester(session: Session, ticket: Ticket) -> Address:
    contact = session.get_one(Contact, ticket.requester_id)
    if not contact.address:
        assert ticket.id is not None
        raise Invalid(f"The requester of {ref(ticket.id)} has no mail address to answer to.")
    return Address(contact.name, contact.address)


def _quoted(session: Session, ticket: Ticket, body: str) -> str:
    """Return the customer's last word as a quote, '' when there is none."""
    last = session.exec(
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.kind == MessageKind.CUSTOMER)
        .order_by(col(Message.id).desc())
        .limit(1)
    ).first()
    if last is None:
        return ""
    name = last.author_name or last.author_address
    return quoting.quote(last.text, name, last.at, languages.guess(last.text + body))


def _letter(policy: Policy, ticket: Ticket, actor: Actor, body: str, quoted: str) -> str:
    signature = policy.signature(Level(ticket.level), actor.name).strip("\n")
    # No "-- " above the signature: mail programs would take the quote below it for a part of it.
    parts = [body, signature, quoted]
    return "\n\n".join(part for part in parts if part) + "\n"
