"""Tickets of the past as the rules saw them, page by page from the newest: what a policy is judged by.

Memory holds one page, however many tickets there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import func
from sqlmodel import Session, col, select

from desk.context import Desk
from procedure.learning import level_of_people
from procedure.mail import ParsedAttachment
from procedure.phrases import MAX_LETTERS
from procedure.policy import Policy
from procedure.routing import Routing, decide
from procedure.terms import Level, MessageKind, Status
from store.tables import Attachment, Event, Ledger, Message, Ticket

PAGE = 50
_NOT_WORKED_ON = (Status.NEW, Status.OPEN)
"""Where a ticket stands on which nobody has agreed to its level yet: a claim alone does not."""


@dataclass(frozen=True)
class PastTicket:
    """A ticket as it arrived, what the rules said, and what people made of it (None: nobody has worked on it)."""

    ticket_id: int
    subject: str
    text: str
    sender: str
    recipients: tuple[str, ...]
    attachments: tuple[str, ...]
    difficulty: int
    rules: tuple[str, ...]
    people: Level | None

    def routed_by(self, policy: Policy) -> Routing:
        """Return where a policy would send it."""
        files = [ParsedAttachment(name, "", b"") for name in self.attachments]
        return decide(self.subject, self.text, self.recipients, files, policy, sender=self.sender)


def newest_first(
    desk: Desk, policy: Policy, *, last: int | None = None, since: datetime | None = None
) -> Iterator[PastTicket]:
    """Yield the ``last`` tickets, and none that is older than ``since``; each page is a transaction of its own."""
    before: int | None = None
    left = last
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        page, is_end = desk.database.read(partial(_page, policy=policy, before=before, size=size, since=since))
        yield from page
        if is_end or not page:
            return
        before, left = page[-1].ticket_id, None if left is None else left - len(page)


def _page(
    session: Session, policy: Policy, before: int | None, size: int, since: datetime | None
) -> tuple[list[PastTicket], bool]:
    statement = select(Ticket).order_by(col(Ticket.id).desc()).limit(size)
    if before is not None:
        statement = statement.where(col(Ticket.id) < before)
    found = session.exec(statement).all()
    tickets = {row.id: row for row in found if row.id is not None and (since is None or row.created_at >= since)}
    begun = _begun(session, list(tickets))
    first = _first_words(session, list(tickets))
    files = _files(session, [message.id for message, _ in first.values()])
    page = []
    for number, row in tickets.items():
        message, recipients = first.get(number, (_First(0, "", ""), ()))
        difficulty, level = begun.get(number, (row.difficulty, row.level))
        page.append(
            PastTicket(
                number, row.subject, message.text, message.sender, recipients or (row.mailbox,),
                files.get(message.id, ()), difficulty, tuple(str(hit.get("rule", "")) for hit in row.rules),
                _people(row, Level(level), difficulty, policy),
            )
        )  # fmt: skip
    return page, len(tickets) < size


def _people(row: Ticket, routed: Level, routed_difficulty: int, policy: Policy) -> Level | None:
    is_changed = row.level != routed or row.difficulty != routed_difficulty
    if not is_changed and row.first_answered_at is None and row.status in _NOT_WORKED_ON:
        return None
    return level_of_people(Level(row.level), routed, row.difficulty, routed_difficulty, policy)


def _begun(session: Session, tickets: list[int]) -> dict[int, tuple[int, int]]:
    """Return difficulty and level with which tickets were created."""
    statement = select(Event.ticket_id, Event.data).where(
        col(Event.ticket_id).in_(tickets), col(Event.kind) == "created"
    )
    return {
        number: (data["set"]["difficulty"], data["set"]["level"])
        for number, data in session.exec(statement)
        if number is not None
    }


@dataclass(frozen=True)
class _First:
    id: int
    text: str
    sender: str


def _first_words(session: Session, tickets: list[int]) -> dict[int, tuple[_First, tuple[str, ...]]]:
    first = (
        select(func.min(Message.id))
        .where(col(Message.ticket_id).in_(tickets), col(Message.kind) == MessageKind.CUSTOMER)
        .group_by(col(Message.ticket_id))
    )
    message_ids = list(session.exec(first))
    to = select(Message.id, Ledger.rcpt_to).join(Ledger, col(Ledger.id) == col(Message.ledger_id))
    recipients = {number: tuple(found) for number, found in session.exec(to.where(col(Message.id).in_(message_ids)))}
    # A mail may be millions of letters long: no more than the rules read is fetched.
    text = func.substr(col(Message.text), 1, MAX_LETTERS)
    words = select(Message.id, Message.ticket_id, text, Message.author_address)
    return {
        ticket: (_First(number or 0, said, sender), recipients.get(number, ()))
        for number, ticket, said, sender in session.exec(words.where(col(Message.id).in_(message_ids)))
    }


def _files(session: Session, messages: list[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    statement = select(Attachment.message_id, Attachment.filename).where(col(Attachment.message_id).in_(messages))
    for message, name in session.exec(statement.order_by(col(Attachment.id))):
        found[message] = (*found.get(message, ()), name)
    return found
