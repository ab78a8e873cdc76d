"""How well the policy routes, by what people made of its tickets, and what a changed policy would have done.

Nothing is counted beside the work: both are computed from tickets, their events and their first words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func
from sqlmodel import col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.errors import Invalid
from desk.past_tickets import newest_first
from desk.policies import in_force
from procedure import policy as policies
from procedure.learning import Judged, Replayed, Review, telling_words
from procedure.permissions import Permission
from procedure.policy import PolicyError
from procedure.terms import Level
from store.tables import Ticket

EXAMPLES = 20
"""Tickets named at most whose level a changed policy changes."""


@dataclass
class Trial:
    """What a changed policy would have done: (level now, level then, level of people or None) and how many."""

    tickets: int = 0
    counted: Counter[tuple[Level, Level, Level | None]] = field(default_factory=Counter)
    changed: list[Replayed] = field(default_factory=list)


@act(Permission.READ_POLICY)
def review(actor: Actor, desk: Desk, days: int) -> Review:
    """Return how often each rule was right for the tickets of the last ``days``, and which words no rule knows."""
    policy = desk.database.read(lambda session: in_force(session, desk))
    found = Review(policy)
    for ticket in newest_first(desk, policy, since=desk.clock.now() - timedelta(days=days)):
        if ticket.people is not None and ticket.rules:
            seen = telling_words((ticket.subject, ticket.text))
            found.add(Judged(ticket.difficulty, ticket.rules, ticket.people, seen))
    return found


@act(Permission.READ_POLICY)
def trial(actor: Actor, desk: Desk, text: str, last: int, on_progress: Callable[[float], None]) -> Trial:
    """Return what a policy would have done with the ``last`` tickets, and tell the part done, from 0 to 1.

    Both policies see what came in: subject, first words, sender, recipients and attachments. Raises Invalid.
    """
    try:
        changed = policies.parse(text)
    except PolicyError as error:
        raise Invalid("\n".join(error.problems)) from error
    policy = desk.database.read(lambda session: in_force(session, desk))
    newest = select(Ticket.id).order_by(col(Ticket.id).desc()).limit(last).subquery()
    expected = desk.database.read(lambda session: session.exec(select(func.count()).select_from(newest)).one())
    found = Trial()
    for ticket in newest_first(desk, policy, last=last):
        one = Replayed(ticket.ticket_id, ticket.routed_by(policy).level, ticket.routed_by(changed).level, ticket.people)
        found.tickets += 1
        found.counted[one.now, one.then, one.people] += 1
        if one.now != one.then and len(found.changed) < EXAMPLES:
            found.changed.append(one)
        on_progress(min(1.0, found.tickets / expected))  # more may have come in meanwhile
    return found
