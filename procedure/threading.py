"""Where a mail belongs: an ordered table of rules, the first that decides wins, every one with a say is recorded.

1. our own mail coming back, a mail that went round and round, bounces and reports: never a ticket of their own
2. senders that cannot be answered: ourselves, nobody, several at once
3. the same mail by a second path; what the policy blocks, what DMARC refuses, what a trusted filter calls spam
4. answering machines are filed, at their ticket when they have one
5. mail of staff, proven to be theirs: answers, notes, forwarded requests (``procedure.staff_mail``)
6. the ticket it answers: proven by a token or a signed Message-ID; else by a known Message-ID or ``[TD-1042]``, which
   anybody could write and which count only from somebody who takes part in that ticket
7. what names no ticket: bulk mail waits for a person; a person's mail with the subject of an answered ticket of theirs
   joins it; all else is a new request, unless it is one of a flood

A rule never loses a mail: in doubt a person decides (``quarantined``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from procedure import authentication, junk
from procedure.authentication import Verdict
from procedure.automatic import Automatic, is_silent
from procedure.bounces import delivery_report
from procedure.clues import Clues, find_clues
from procedure.destination import (
    Copy,
    Destination,
    Known,
    TicketFacts,
    add,
    end,
    existing,
    explained,
    takes_part,
)
from procedure.flood import find_flood
from procedure.mail import Envelope, ParsedMail
from procedure.policy_values import Policy
from procedure.staff_mail import decide_staff
from procedure.subjects import fold_subject
from procedure.terms import Fate, Status, ref

__all__ = ["Clues", "Destination", "Known", "TicketFacts", "decide", "find_clues"]

MAX_HOPS = 50
"""More ``Received`` lines than this mean a loop through others (RFC 5321 §6.3 suggests 100; we are an end point)."""

STRANGER_TO_US = Known()


@dataclass(frozen=True)
class _Case:
    """One mail with all that is known about it."""

    mail: ParsedMail
    envelope: Envelope
    clues: Clues
    tickets: Mapping[int, TicketFacts]
    policy: Policy
    now: datetime
    known: Known
    verdict: Verdict


def decide(
    mail: ParsedMail,
    envelope: Envelope,
    clues: Clues,
    tickets: Mapping[int, TicketFacts],
    policy: Policy,
    now: datetime,
    known: Known = STRANGER_TO_US,
) -> Destination:
    """Return where a mail belongs.

    ``tickets`` holds those of ``clues.ticket_ids`` and of ``known.requests`` that exist.
    """
    trust = policy.trust
    verdict = authentication.verdict(mail, envelope, trust.relays, trust.authserv_ids)
    if known.staff is not None:
        verdict = authentication.logged_in(verdict, envelope.user, known.staff.login, mail.sender.address)
    case = _Case(mail, envelope, clues, tickets, policy, now, known, verdict)
    found = (
        _machinery(mail, envelope, clues, tickets)
        or _unanswerable(mail, clues)
        or _second_path(known.copy)
        or _junk(case)
        or _answering_machine(mail, clues, tickets)
        or decide_staff(mail, clues, tickets, known.staff, verdict)
        or _answer(mail, clues, tickets, policy.times.reopen, now)
        or _fresh(case)
    )
    if found.fate is Fate.NEW_TICKET and found.stated is None:
        found = _flood(found, case)
    if found.fate is Fate.NEW_TICKET:
        found = _with_acknowledgement(found, case)
    return _flagged(found, known.copy)


def _machinery(
    mail: ParsedMail, envelope: Envelope, clues: Clues, tickets: Mapping[int, TicketFacts]
) -> Destination | None:
    """Decide about loops, bounces and reports."""
    if clues.own_message is not None:
        return end(Fate.AUTOMATIC, "own-message", "Our own mail came back.", existing(clues.own_message, tickets))
    if clues.hops > MAX_HOPS:
        return end(Fate.QUARANTINED, "too-many-hops", f"It passed {clues.hops} servers and may be in a loop.")
    report = delivery_report(mail, envelope, clues, tickets)
    if report is not None:
        return report
    if clues.automatic is Automatic.REPORT:
        return end(Fate.AUTOMATIC, "report", "A report of a mail system or a read receipt.")
    return None


def _unanswerable(mail: ParsedMail, clues: Clues) -> Destination | None:
    """Decide about senders that nobody can answer; before any ticket is looked at."""
    if clues.is_from_us:
        return end(Fate.QUARANTINED, "own-address", "It says that it comes from one of our own addresses.")
    if len({sender.address.lower() for sender in mail.senders} - {""}) > 1:
        return end(Fate.QUARANTINED, "several-senders", "It names several senders.")
    if not mail.sender.address:
        return end(Fate.QUARANTINED, "no-sender", "It names no sender that can be answered.")
    return None


def _second_path(copy: Copy | None) -> Destination | None:
    """Let a mail that came twice, through two mailboxes or two servers, be one word of its customer."""
    if copy is None or not copy.is_same:
        return None
    reason = f"The same mail as {copy.ledger_id}, by a second path."
    return replace(end(Fate.DUPLICATE, "second-path", reason, copy.ticket_id), duplicate_of=copy.ledger_id)


def _flagged(found: Destination, copy: Copy | None) -> Destination:
    """Say that another mail had this Message-ID: a mail of its own all the same, but worth a look."""
    if copy is None or copy.is_same:
        return found
    because = f"Another mail with this Message-ID and other bytes is in {ref(copy.ticket_id)}."
    return add(found, "same-message-id", because)


def _junk(case: _Case) -> Destination | None:
    """Hold what is blocked, false or spam; points do not stand against a participant who carries a proof."""
    hit = junk.blocked(case.mail, case.envelope, case.policy)
    if hit is None and case.verdict.is_refused:
        reason = "Its sender is false: DMARC fails, and the domain asks to refuse such mail."
        return end(Fate.QUARANTINED, "dmarc-fail", reason)
    if hit is None and not junk.is_allowed(case.mail, case.policy) and not _carries_proof(case):
        hit = junk.filtered(case.mail, case.envelope, case.policy)
    return None if hit is None else end(Fate.QUARANTINED, hit.rule, hit.because)


def _carries_proof(case: _Case) -> bool:
    numbers = (*case.clues.replied, *case.clues.signed)
    return any(takes_part(case.mail, case.tickets.get(number)) for number in numbers)


def _answering_machine(mail: ParsedMail, clues: Clues, tickets: Mapping[int, TicketFacts]) -> Destination | None:
    """File vacation notices, at their ticket when they prove it or come from somebody who takes part in it."""
    if clues.automatic is not Automatic.AUTO_REPLY:
        return None
    guessed = (number for number in clues.known if takes_part(mail, tickets.get(number)))
    numbers = [*clues.replied, *clues.signed, *clues.at_bounce, *clues.noted, *guessed]
    ticket_id = next((number for number in numbers if number in tickets), None)
    return end(Fate.AUTOMATIC, "auto-reply", "An automatic answer: it changes no turn.", ticket_id)


def _answer(
    mail: ParsedMail, clues: Clues, tickets: Mapping[int, TicketFacts], reopen: timedelta, now: datetime
) -> Destination | None:
    """Find the ticket that a mail answers: what is proven first, then what must come from a participant."""
    proofs = (
        ("reply-address", clues.replied),
        ("signed-message-id", clues.signed),
        ("bounce-address", clues.at_bounce),
    )
    for rule, numbers in proofs:
        for number in numbers:
            if number in tickets:
                return _continue(mail, rule, tickets[number], reopen, now)
    for rule, numbers in (("known-message-id", clues.known), ("subject-tag", clues.tagged)):
        for number in numbers:
            if takes_part(mail, tickets.get(number)):
                return _continue(mail, rule, tickets[number], reopen, now)
    return _without_part(clues, tickets)


def _without_part(clues: Clues, tickets: Mapping[int, TicketFacts]) -> Destination | None:
    """Decide about a mail that names a ticket and may not simply join it."""
    gone = next(iter((*clues.replied, *clues.signed)), None)
    if gone is not None:
        return end(Fate.QUARANTINED, "ticket-gone", f"It answers {ref(gone)}, which is not there.")
    tagged = next((number for number in clues.tagged if number in tickets), None)
    if tagged is not None:
        found = end(Fate.QUARANTINED, "wants-to-join", f"A stranger to it wants to join {ref(tagged)}.")
        return replace(found, linked_ticket_id=tagged)
    known = next((number for number in clues.known if number in tickets), None)
    if known is not None and clues.automatic is not Automatic.BULK:
        found = end(Fate.NEW_TICKET, "maybe-related", f"It answers a mail of {ref(known)} as a stranger to it.")
        return replace(found, linked_ticket_id=known)
    return None


def _continue(mail: ParsedMail, rule: str, ticket: TicketFacts, reopen: timedelta, now: datetime) -> Destination:
    """Carry on with a ticket: closed too long ago it becomes a new one, linked."""
    name = ref(ticket.id)
    if ticket.status is Status.CLOSED and ticket.closed_at is not None and now - ticket.closed_at > reopen:
        late = replace(end(Fate.NEW_TICKET, rule, f"It answers {name}."), linked_ticket_id=ticket.id)
        return explained(late, "closed-too-long", f"It continues {name}, closed more than {reopen.days} days ago.")
    found = end(Fate.APPENDED, rule, f"It answers {name}.", ticket.id)
    if ticket.status is Status.CLOSED:
        found = add(found, "reopens", f"{name} was closed at most {reopen.days} days ago")
    if takes_part(mail, ticket):
        return found
    return replace(add(found, "unverified", f"its sender takes no part in {name}"), is_unverified=True)


def _fresh(case: _Case) -> Destination:
    """Decide about a mail that names no ticket."""
    automatic = case.clues.automatic
    if automatic is Automatic.BULK and not junk.is_allowed(case.mail, case.policy):
        return end(Fate.QUARANTINED, "bulk", "A newsletter or a mailing list.")
    if automatic is not None:
        return end(Fate.NEW_TICKET, "generated", "A new request, sent by a machine.")
    return _same_subject(case) or end(Fate.NEW_TICKET, "new-request", "A new request.")


def _same_subject(case: _Case) -> Destination | None:
    """Let a customer's fresh mail join their own ticket of that subject, once we have spoken in it.

    Before we have, it is as likely a second request with the same words in its subject.
    """
    mail, subject, days = case.mail, fold_subject(case.mail.subject), case.policy.times.join
    if not subject or not days or mail.in_reply_to or mail.references or case.verdict.fails:
        return None
    for request in case.known.requests:
        ticket = case.tickets.get(request.ticket_id)
        if ticket is None or not ticket.is_answered or ticket.status is Status.CLOSED:
            continue
        is_recent = ticket.changed_at is not None and case.now - ticket.changed_at <= days
        if is_recent and fold_subject(ticket.subject) == subject and takes_part(mail, ticket):
            reason = f"A fresh mail of its customer with the subject of {ref(ticket.id)}."
            return end(Fate.APPENDED, "same-subject", reason, ticket.id)
    return None


def _flood(found: Destination, case: _Case) -> Destination:
    if junk.is_allowed(case.mail, case.policy):
        return found
    flood = find_flood(case.mail, case.known, case.policy.flood, case.envelope.received_at)
    if flood is None:
        return found
    at = flood.ticket_id
    held = replace(found, fate=Fate.QUARANTINED, ticket_id=at, linked_ticket_id=at, is_flood=True)
    return explained(held, "flood", flood.reason)


def _with_acknowledgement(found: Destination, case: _Case) -> Destination:
    """Acknowledge only to a person who surely sent it and can be answered (RFC 3834 §2); never to ourselves."""
    sender = case.mail.sender.address.lower()
    if case.clues.automatic is not None:
        return add(found, "not-acknowledged", "a machine sent it")
    if found.stated is not None:
        return add(found, "not-acknowledged", "only staff say whom it is from")
    if case.envelope.mail_from.strip().lower() != sender:
        return add(found, "not-acknowledged", "its envelope sender is not its From address")
    if is_silent(sender):
        return add(found, "not-acknowledged", "nobody reads the sender's mailbox")
    if case.verdict.fails:
        return add(found, "not-acknowledged", "its sender may be false (DMARC)")
    return replace(found, acknowledge=True)
