"""Tickets as a list with all their fields, for programs: the queue's order, a page at a time, no conversations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlmodel import Session, col, select

from desk import queues
from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.views import TicketView
from procedure.mail import RuleHit
from procedure.permissions import Permission
from procedure.terms import Level
from store.tables import Contact, Staff, Ticket, TicketTag


def every(
    actor: Actor, desk: Desk, level: Level | None = None, *, text: str = "", everything: bool = False
) -> Iterator[TicketView]:
    """Yield tickets in the order of the queue, each page in short transactions of its own."""
    last = None
    while True:
        page = queues.page(actor, desk, level, after=last, limit=queues.PAGE, text=text, everything=everything)
        found = summaries(actor, desk, [row.id for row in page])
        yield from (found[row.id] for row in page if row.id in found)
        if len(page) < queues.PAGE:
            return
        last = page[-1]


@act(Permission.READ_TICKETS)
def summaries(actor: Actor, desk: Desk, wanted: Iterable[int]) -> dict[int, TicketView]:
    """Return tickets by id without conversation and history, at most 500; an id that is no ticket is left out."""
    some = list(wanted)[:500]

    def work(session: Session) -> dict[int, TicketView]:
        statement = (
            select(Ticket, Contact, col(Staff.login))
            .join(Contact, col(Contact.id) == Ticket.requester_id)
            .outerjoin(Staff, col(Staff.id) == Ticket.assignee_id)
            .where(col(Ticket.id).in_(some))
        )
        tags = _tags(session, some)
        found = [_view(*row, tuple(tags.get(row[0].id or 0, ()))) for row in session.exec(statement)]
        return {view.id: view for view in found}

    return desk.database.read(work)


def _tags(session: Session, ticket_ids: list[int]) -> dict[int, list[str]]:
    tags: dict[int, list[str]] = {}
    statement = select(TicketTag).where(col(TicketTag.ticket_id).in_(ticket_ids)).order_by(TicketTag.tag)
    for row in session.exec(statement):
        tags.setdefault(row.ticket_id, []).append(row.tag)
    return tags


def _view(ticket: Ticket, requester: Contact, assignee: str | None, tags: tuple[str, ...]) -> TicketView:
    assert ticket.id is not None
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
        assignee=assignee,
        claimed_by=None,
        claimed_until=None,
        tags=tags,
        created_at=ticket.created_at,
        waiting_since=ticket.waiting_since,
        due_at=ticket.due_at,
        wake_at=ticket.wake_at,
        rules=tuple(RuleHit(**hit) for hit in ticket.rules),
    )
