"""What staff write by mail, once it is proven to be theirs: answers that leave, notes that stay."""

from __future__ import annotations

from sqlmodel import Session

from desk import replies
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import add_message
from desk.people import by_login
from desk.recording import change, locked
from procedure.mail import Address, Envelope, ParsedMail
from procedure.policy import Policy
from procedure.staff_mail import answer_text
from procedure.terms import MessageKind, Status, ref
from store.tables import Ticket


def answer_by_mail(
    session: Session, desk: Desk, policy: Policy, ledger_id: int, parsed: ParsedMail, ticket_id: int, login: str
) -> None:
    """Answer the customer with the new words of a mail, as its author would in the console."""
    author, ticket = by_login(session, login), locked(session, ticket_id)
    text = replies.checked(answer_text(parsed))
    replies.write_answer(session, author, desk, policy, ticket, text, Status.PENDING, ledger_id=ledger_id)


def note_by_mail(
    session: Session, desk: Desk, policy: Policy, ledger_id: int, parsed: ParsedMail, ticket_id: int, login: str
) -> None:
    """Keep a mail as a note, whole and with its files; the turn stays where it is."""
    author, ticket = by_login(session, login), locked(session, ticket_id)
    now = desk.clock.now()
    text = parsed.text.strip() or parsed.subject or "(no text)"
    note_id = add_message(
        session, ticket_id, MessageKind.NOTE, now, Address(author.name, parsed.sender.address), text,
        staff_id=author.staff_id, message_id=parsed.message_id, ledger_id=ledger_id, attachments=parsed.attachments,
    )  # fmt: skip
    change(session, author, policy, now, ticket, "noted", data={"message": note_id, "ledger": ledger_id})


def note_statement(
    session: Session, actor: Actor, desk: Desk, policy: Policy, ticket: Ticket, envelope: Envelope, login: str
) -> None:
    """Note on a forwarded request that only who forwarded it says whom it is from."""
    assert ticket.id is not None
    author, now = by_login(session, login), desk.clock.now()
    text = (
        f"Stated by {login}: this request was forwarded by mail from {envelope.mail_from or login}. Nothing but the "
        f"forwarded text says who sent it, and {ref(ticket.id)} was not acknowledged."
    )
    note_id = add_message(
        session, ticket.id, MessageKind.NOTE, now, Address(author.name, ""), text, staff_id=author.staff_id
    )
    change(session, actor, policy, now, ticket, "noted", data={"message": note_id, "stated_by": login})
