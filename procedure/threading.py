"""Where a mail belongs: an ordered table of rules, the first that decides wins, every one with a say is recorded.

1. our own mail coming back, a mail that went round and round, bounces and reports: never a ticket of their own
2. senders that cannot be answered: ourselves, nobody, several at once
3. the ticket it answers: proven by a token or a signed Message-ID; else by a known Message-ID or ``[TD-1042]``, which
   anybody could write and which count only from somebody who takes part in that ticket
4. what no ticket claims: answering machines are filed, bulk mail waits for a person, all else is a new request

A rule never loses a mail: in doubt a person decides (``quarantined``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from procedure.automatic import Automatic, is_delay, is_null, is_silent, says_away
from procedure.clues import Clues, find_clues
from procedure.mail import Envelope, ParsedMail, RuleHit
from procedure.terms import Fate, Status, ref

__all__ = ["Clues", "Destination", "TicketFacts", "decide", "find_clues"]

MAX_HOPS = 50
"""More ``Received`` lines than this mean a loop through others (RFC 5321 §6.3 suggests 100; we are an end point)."""


@dataclass(frozen=True)
class TicketFacts:
    """What the rules must know about a ticket; ``participants`` are lower-case addresses."""

    id: int
    status: Status
    participants: frozenset[str]
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Destination:
    """Where a mail goes. ``reason`` is one sentence for people, ``rules`` everything that had a say, in order.

    ``linked_ticket_id`` is a ticket that it continues without being part of it, or wants to join. ``is_unverified``: it
    carries a proof, but its sender takes no part in the ticket. A bounce that failed for good names the outbox row or
    else the Message-ID of the answer that did not arrive.
    """

    fate: Fate
    reason: str
    ticket_id: int | None = None
    linked_ticket_id: int | None = None
    bounced_outbox_id: int | None = None
    bounced_message_id: str | None = None
    acknowledge: bool = False
    is_unverified: bool = False
    rules: tuple[RuleHit, ...] = ()


def decide(
    mail: ParsedMail,
    envelope: Envelope,
    clues: Clues,
    tickets: Mapping[int, TicketFacts],
    policy_reopen: timedelta,
    now: datetime,
) -> Destination:
    """Return where a mail belongs; ``tickets`` holds those of ``clues.ticket_ids`` that exist."""
    found = (
        _machinery(mail, envelope, clues, tickets)
        or _unanswerable(mail, clues)
        or _answering_machine(mail, clues, tickets)
        or _answer(mail, clues, tickets, policy_reopen, now)
        or _fresh(mail, clues)
    )
    if found.fate is Fate.NEW_TICKET:
        return _with_acknowledgement(found, mail, envelope, clues)
    return found


def _machinery(
    mail: ParsedMail, envelope: Envelope, clues: Clues, tickets: Mapping[int, TicketFacts]
) -> Destination | None:
    """Decide about loops, bounces and reports."""
    if clues.own_message is not None:
        return _end(Fate.AUTOMATIC, "own-message", "Our own mail came back.", _existing(clues.own_message, tickets))
    if clues.hops > MAX_HOPS:
        return _end(Fate.QUARANTINED, "too-many-hops", f"It passed {clues.hops} servers and may be in a loop.")
    if clues.bounced_outbox_id is not None and _is_bounce_at_token(mail, envelope, clues):
        return _bounce(mail, Destination(Fate.AUTOMATIC, "", bounced_outbox_id=clues.bounced_outbox_id), "bounce-token")
    if clues.automatic is Automatic.BOUNCE:
        return _bounce_without_token(mail, clues, tickets)
    if clues.automatic is Automatic.REPORT:
        return _end(Fate.AUTOMATIC, "report", "A report of a mail system or a read receipt.")
    return None


def _is_bounce_at_token(mail: ParsedMail, envelope: Envelope, clues: Clues) -> bool:
    """Tell a bounce from a vacation notice or a person who answered to the envelope sender."""
    return clues.automatic is Automatic.BOUNCE or (is_null(envelope.mail_from) and not says_away(mail))


def _bounce(mail: ParsedMail, bounce: Destination, rule: str) -> Destination:
    if is_delay(mail):
        late = replace(bounce, bounced_outbox_id=None, bounced_message_id=None)
        return _explained(late, rule, "A delivery report: the answer is late or has arrived.")
    status = f" ({mail.bounce_status[:20]})" if mail.bounce_status else ""
    return _explained(bounce, rule, f"An answer of ours did not arrive{status}.")


def _bounce_without_token(mail: ParsedMail, clues: Clues, tickets: Mapping[int, TicketFacts]) -> Destination:
    """Believe a bounce only when it shows a signed Message-ID of ours: others could mark a customer as unreachable."""
    if clues.bounced_ticket is None:
        return _end(Fate.QUARANTINED, "foreign-bounce", "A bounce of a mail that we cannot prove to be ours.")
    ticket_id = _existing(clues.bounced_ticket, tickets)
    bounce = Destination(Fate.AUTOMATIC, "", ticket_id=ticket_id, bounced_message_id=clues.bounced_message_id)
    return _bounce(mail, bounce, "bounced-message")


def _unanswerable(mail: ParsedMail, clues: Clues) -> Destination | None:
    """Decide about senders that nobody can answer; before any ticket is looked at."""
    if clues.is_from_us:
        return _end(Fate.QUARANTINED, "own-address", "It says that it comes from one of our own addresses.")
    if len({sender.address.lower() for sender in mail.senders} - {""}) > 1:
        return _end(Fate.QUARANTINED, "several-senders", "It names several senders.")
    if not mail.sender.address:
        return _end(Fate.QUARANTINED, "no-sender", "It names no sender that can be answered.")
    return None


def _answering_machine(mail: ParsedMail, clues: Clues, tickets: Mapping[int, TicketFacts]) -> Destination | None:
    """File vacation notices, at their ticket when they prove it or come from somebody who takes part in it."""
    if clues.automatic is not Automatic.AUTO_REPLY:
        return None
    numbers = [*clues.replied, *clues.signed, *(n for n in clues.known if _takes_part(mail, tickets.get(n)))]
    ticket_id = next((number for number in numbers if number in tickets), None)
    return _end(Fate.AUTOMATIC, "auto-reply", "An automatic answer: it changes no turn.", ticket_id)


def _answer(
    mail: ParsedMail, clues: Clues, tickets: Mapping[int, TicketFacts], reopen: timedelta, now: datetime
) -> Destination | None:
    """Find the ticket that a mail answers: what is proven first, then what must come from a participant."""
    for rule, numbers in (("reply-address", clues.replied), ("signed-message-id", clues.signed)):
        for number in numbers:
            if number in tickets:
                return _continue(mail, rule, tickets[number], reopen, now)
    for rule, numbers in (("known-message-id", clues.known), ("subject-tag", clues.tagged)):
        for number in numbers:
            if _takes_part(mail, tickets.get(number)):
                return _continue(mail, rule, tickets[number], reopen, now)
    return _without_part(clues, tickets)


def _without_part(clues: Clues, tickets: Mapping[int, TicketFacts]) -> Destination | None:
    """Decide about a mail that names a ticket and may not simply join it."""
    gone = next(iter((*clues.replied, *clues.signed)), None)
    if gone is not None:
        return _end(Fate.QUARANTINED, "ticket-gone", f"It answers {ref(gone)}, which is not there.")
    tagged = next((number for number in clues.tagged if number in tickets), None)
    if tagged is not None:
        found = _end(Fate.QUARANTINED, "wants-to-join", f"A stranger to it wants to join {ref(tagged)}.")
        return replace(found, linked_ticket_id=tagged)
    known = next((number for number in clues.known if number in tickets), None)
    if known is not None and clues.automatic is not Automatic.BULK:
        found = _end(Fate.NEW_TICKET, "maybe-related", f"It answers a mail of {ref(known)} as a stranger to it.")
        return replace(found, linked_ticket_id=known)
    return None


def _continue(mail: ParsedMail, rule: str, ticket: TicketFacts, reopen: timedelta, now: datetime) -> Destination:
    """Carry on with a ticket: closed too long ago it becomes a new one, linked."""
    name = ref(ticket.id)
    if ticket.status is Status.CLOSED and ticket.closed_at is not None and now - ticket.closed_at > reopen:
        late = replace(_end(Fate.NEW_TICKET, rule, f"It answers {name}."), linked_ticket_id=ticket.id)
        return _explained(late, "closed-too-long", f"It continues {name}, closed more than {reopen.days} days ago.")
    found = _end(Fate.APPENDED, rule, f"It answers {name}.", ticket.id)
    if ticket.status is Status.CLOSED:
        found = _add(found, "reopens", f"{name} was closed at most {reopen.days} days ago")
    if _takes_part(mail, ticket):
        return found
    return replace(_add(found, "unverified", f"its sender takes no part in {name}"), is_unverified=True)


def _fresh(mail: ParsedMail, clues: Clues) -> Destination:
    if clues.automatic is Automatic.BULK:
        return _end(Fate.QUARANTINED, "bulk", "A newsletter or a mailing list.")
    if clues.automatic is Automatic.GENERATED:
        return _end(Fate.NEW_TICKET, "generated", "A new request, sent by a machine.")
    return _end(Fate.NEW_TICKET, "new-request", "A new request.")


def _with_acknowledgement(found: Destination, mail: ParsedMail, envelope: Envelope, clues: Clues) -> Destination:
    """Acknowledge only to a person who surely sent it and can be answered (RFC 3834 §2); never to ourselves."""
    sender = mail.sender.address.lower()
    if clues.automatic is not None:
        return _add(found, "not-acknowledged", "a machine sent it")
    if envelope.mail_from.strip().lower() != sender:
        return _add(found, "not-acknowledged", "its envelope sender is not its From address")
    if is_silent(sender):
        return _add(found, "not-acknowledged", "nobody reads the sender's mailbox")
    return replace(found, acknowledge=True)


def _takes_part(mail: ParsedMail, ticket: TicketFacts | None) -> bool:
    return ticket is not None and mail.sender.address.lower() in ticket.participants


def _existing(ticket_id: int, tickets: Mapping[int, TicketFacts]) -> int | None:
    return ticket_id if ticket_id in tickets else None


def _end(fate: Fate, rule: str, reason: str, ticket_id: int | None = None) -> Destination:
    return Destination(fate, reason, ticket_id=ticket_id, rules=(RuleHit(rule, reason),))


def _explained(found: Destination, rule: str, reason: str) -> Destination:
    return replace(_add(found, rule, reason), reason=reason)


def _add(found: Destination, rule: str, because: str) -> Destination:
    return replace(found, rules=(*found.rules, RuleHit(rule, because)))
