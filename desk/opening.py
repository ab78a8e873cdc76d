"""A request that comes by another way than mail: an agent opens the ticket."""

from __future__ import annotations

from sqlmodel import Session

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import add_message, add_participant, contact_for, earlier_tickets, storable
from desk.errors import Invalid
from desk.policies import in_force
from desk.recording import create
from procedure import routing
from procedure.acquaintance import with_history
from procedure.mail import Address
from procedure.permissions import Permission
from procedure.terms import Channel, Level, MessageKind, Priority, Status
from store.tables import Ticket

MAX_SUBJECT = 500


@act(Permission.OPEN_TICKETS)
def open_ticket(
    actor: Actor,
    desk: Desk,
    subject: str,
    text: str,
    requester: Address,
    *,
    channel: Channel = Channel.PHONE,
    level: Level | None = None,
    priority: Priority | None = None,
) -> int:
    """Open a ticket for a requester and return its id; level and priority come from the policy unless given.

    Raises Invalid for an empty subject, or a requester without name and address.
    """
    if not subject.strip():
        raise Invalid("A ticket needs a subject.")
    if not requester.address and not requester.name.strip():
        raise Invalid("A ticket needs a requester: a mail address or at least a name.")
    if requester.address and "@" not in requester.address:
        raise Invalid(f"{requester.address!r} is not a mail address.")

    def work(session: Session) -> int:
        now, policy = desk.clock.now(), in_force(session, desk)
        routed = routing.decide(subject, text, (), (), policy)
        contact = contact_for(session, requester, now)
        assert contact.id is not None
        routed = with_history(routed, earlier_tickets(session, contact.id, policy.history), policy)
        hits = [{"rule": hit.rule, "because": storable(hit.because)[:300]} for hit in routed.rules]
        ticket = Ticket(
            subject=storable(" ".join(subject.split()))[:MAX_SUBJECT],
            requester_id=contact.id,
            channel=channel,
            level=int(level or routed.level),
            difficulty=routed.difficulty,
            priority=priority or routed.priority,
            status=Status.NEW,
            created_at=now,
            changed_at=now,
            next_at=now,
            rules=hits,
        )
        create(session, actor, policy, now, ticket, routed.tags, {"rules": hits})
        assert ticket.id is not None
        add_participant(session, ticket.id, contact.address or "")
        author = Address(contact.name or requester.name, contact.address or "")
        add_message(session, ticket.id, MessageKind.CUSTOMER, now, author, text.strip() or subject, takes_turn=True)
        return ticket.id

    return desk.database.write(work)
