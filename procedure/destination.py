"""What the rules for incoming mail are given, and what they say: facts about tickets and senders, and a destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from procedure.automatic import Delivery
from procedure.mail import ForwardedMail, ParsedMail, RuleHit
from procedure.terms import Fate, MessageKind, Status


@dataclass(frozen=True)
class TicketFacts:
    """What the rules must know about a ticket; ``participants`` are lower-case addresses.

    ``is_answered``: somebody of ours has spoken in it. ``changed_at`` is when anything last happened there.
    """

    id: int
    status: Status
    participants: frozenset[str]
    closed_at: datetime | None = None
    subject: str = ""
    is_answered: bool = False
    changed_at: datetime | None = None


@dataclass(frozen=True)
class StaffFacts:
    """The member of staff whose address stands in From; whether it is really them is another question."""

    login: str
    may_answer: bool


@dataclass(frozen=True)
class Copy:
    """A mail with the same Message-ID that was filed as ``ledger_id``; ``is_same``: with the same words, just now."""

    ledger_id: int
    ticket_id: int
    is_same: bool


@dataclass(frozen=True)
class Request:
    """A request of the same sender not long ago."""

    ticket_id: int
    subject: str
    created_at: datetime


@dataclass(frozen=True)
class Known:
    """What the desk knows about a mail's sender and about mail like it.

    ``requests`` are the sender's, newest first. ``held`` tells how many mails wait as a flood at a ticket since the
    window of the policy began. ``is_crowded``: more mail came in that window than the policy has for strangers.
    """

    staff: StaffFacts | None = None
    copy: Copy | None = None
    requests: tuple[Request, ...] = ()
    held: Mapping[int, int] = field(default_factory=dict)
    is_crowded: bool = False


@dataclass(frozen=True)
class Destination:
    """Where a mail goes. ``reason`` is one sentence for people, ``rules`` everything that had a say, in order.

    ``linked_ticket_id`` is a ticket that it continues without being part of it, or wants to join. ``is_unverified``: it
    carries a proof, but its sender takes no part in the ticket. A delivery report names the outbox row or else the
    Message-ID of the answer it is about, and in ``delivery`` what became of that. ``duplicate_of`` is the ledger row
    of which it is a copy; ``is_flood``: it waits with others like it. ``kind`` is what it becomes in a ticket: an
    answer (``staff``) or a note when ``staff_login`` wrote it. ``stated`` is the mail that ``staff_login`` forwarded
    and that opens the ticket.
    """

    fate: Fate
    reason: str
    ticket_id: int | None = None
    linked_ticket_id: int | None = None
    bounced_outbox_id: int | None = None
    bounced_message_id: str | None = None
    delivery: Delivery = Delivery.FAILED
    acknowledge: bool = False
    is_unverified: bool = False
    rules: tuple[RuleHit, ...] = ()
    duplicate_of: int | None = None
    is_flood: bool = False
    kind: MessageKind = MessageKind.CUSTOMER
    staff_login: str | None = None
    stated: ForwardedMail | None = None


def end(fate: Fate, rule: str, reason: str, ticket_id: int | None = None) -> Destination:
    """Return a destination with the rule that decided."""
    return Destination(fate, reason, ticket_id=ticket_id, rules=(RuleHit(rule, reason),))


def explained(found: Destination, rule: str, reason: str) -> Destination:
    """Return a destination with one more rule, whose reason is now the mail's."""
    return replace(add(found, rule, reason), reason=reason)


def add(found: Destination, rule: str, because: str) -> Destination:
    """Return a destination with one more rule that had a say."""
    return replace(found, rules=(*found.rules, RuleHit(rule, because)))


def takes_part(mail: ParsedMail, ticket: TicketFacts | None) -> bool:
    """Tell whether the sender of a mail takes part in a ticket that is there."""
    return ticket is not None and mail.sender.address.lower() in ticket.participants


def existing(ticket_id: int | None, tickets: Mapping[int, TicketFacts]) -> int | None:
    """Return the ticket if it is there."""
    return ticket_id if ticket_id in tickets else None
