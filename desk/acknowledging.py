"""Acknowledgements: once per ticket, and never so many that two desks could answer each other for ever.

Only what leaves is limited; mail comes in and is filed whatever its sender does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, literal
from sqlmodel import Session, col, select

from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import add_message, storable
from desk.mailing import mailbox_of, new_message_id, queue_mail
from desk.recording import record
from procedure import languages
from procedure.mail import Address, ParsedMail
from procedure.policy import Policy
from procedure.policy_values import Acknowledging
from procedure.terms import MessageKind, OutboxKind, ref
from store.tables import Outbox, Ticket

HOUR = timedelta(hours=1)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def acknowledge(
    session: Session, actor: Actor, desk: Desk, policy: Policy, parsed: ParsedMail, to: Address, ticket: Ticket
) -> None:
    """Say once that the request arrived, in the customer's language and with nothing of the customer's in it."""
    assert ticket.id is not None
    now = desk.clock.now()
    refusal = _refusal(session, policy.acknowledging, storable(to.address), now)
    if refusal:
        record(session, actor, now, "not_acknowledged", ticket.id, {"reason": refusal})
        return
    words = policy.acknowledgement(languages.guess(f"{parsed.subject} {parsed.text}"), ref(ticket.id))
    message_id = new_message_id(desk, ticket)
    sender = Address(desk.mail.name, mailbox_of(desk, ticket))
    add_message(session, ticket.id, MessageKind.SYSTEM, now, sender, words.text, message_id=message_id)
    queue_mail(
        session, desk, ticket, OutboxKind.ACKNOWLEDGEMENT, to, subject=words.subject, text=words.text,
        message_id=message_id, now=now, history=[named] if (named := storable(parsed.message_id)[:998]) else [],
    )  # fmt: skip
    record(session, actor, now, "acknowledged", ticket.id, {"to": to.address})


def _refusal(session: Session, limits: Acknowledging, address: str, now: datetime) -> str:
    """Return why no acknowledgement may leave to an address now; '' when one may."""
    recent, unanswered = _sent_to(session, address, now)
    if recent >= limits.per_address:
        return "too many to one address in an hour"
    if unanswered >= limits.in_a_row:
        return "too many to one address without an answer of ours in between"
    domain, everybody = _in_last_hour(session, limits, address.rpartition("@")[2], now)
    if domain >= limits.per_domain:
        return "too many to one domain in an hour"
    return "too many in an hour" if everybody >= limits.in_all else ""


def _sent_to(session: Session, address: str, now: datetime) -> tuple[int, int]:
    """Return how many left to an address in the last hour, and how many since our last answer to it."""
    recent, unanswered = session.exec(_counts(), params={"address": address, "hour": now - HOUR}).one()
    return int(recent), int(unanswered)


def _in_last_hour(session: Session, limits: Acknowledging, domain: str, now: datetime) -> tuple[int, int]:
    """Return how many left to a domain and in all, as far as the newest rows that could reach a limit tell."""
    smallest = min(limits.per_domain, limits.in_all)
    newest, before = session.exec(_newest(), params={"smallest": smallest}).one()
    if smallest and (before is None or before <= now - HOUR):
        return 0, 0
    first = newest - 2 * max(limits.in_all, limits.per_domain)
    asked = {"domain": f"@{domain}", "letters": len(domain) + 1, "first": first, "hour": now - HOUR}
    in_all, to_domain = session.exec(_to_domain(), params=asked).one()
    return int(to_domain), int(in_all)


# Built once: for every mail that is acknowledged, building a statement costs as much as running it.


@cache
def _counts() -> Any:
    to, at = col(Outbox.to_address) == bindparam("address"), col(Outbox.created_at)
    answered = select(func.max(at)).where(Outbox.kind == OutboxKind.ANSWER, to).scalar_subquery()
    since = func.coalesce(answered, literal(_LONG_AGO))
    return select(func.count().filter(at > bindparam("hour")), func.count().filter(at > since)).where(
        Outbox.kind == OutboxKind.ACKNOWLEDGEMENT, to
    )


@cache
def _to_domain() -> Any:
    address = col(Outbox.to_address)
    # Not LIKE: nothing in a domain is a pattern.
    end = func.substr(address, func.length(address) - bindparam("letters") + 1)
    return select(func.count(), func.count().filter(end == bindparam("domain"))).where(
        col(Outbox.id) > bindparam("first"),
        Outbox.kind == OutboxKind.ACKNOWLEDGEMENT,
        col(Outbox.created_at) > bindparam("hour"),
    )


@cache
def _newest() -> Any:
    """Return the newest number, and when the mail left that is ``smallest`` numbers back; NULL where there is none."""
    newest = select(func.coalesce(func.max(col(Outbox.id)), 0)).scalar_subquery()
    back = select(Outbox.created_at).where(col(Outbox.id) <= newest - bindparam("smallest") + 1)
    return select(newest, back.order_by(col(Outbox.id).desc()).limit(1).scalar_subquery())
