"""A search as SQL: which of its words an index can look for, and what each ticket is asked besides.

Words beside each other are looked for in one message (its ticket's subject and requester count to each); what stands
under a minus, or is chosen beside a field, is asked of a ticket's messages one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import and_, bindparam, false, func, not_, or_, select, true
from sqlalchemy import text as sql
from sqlmodel import col

from procedure.search import All, AnyOf, Day, Field, Node, Not, OneOf, Since, Where, Words
from procedure.search_fields import Is
from procedure.terms import CLOSED_STATUSES
from store.search_index import SENDER_MARK, SUBJECT_MARK, TICKET_STEP
from store.tables import Attachment, Message, Staff, Ticket, TicketTag

_COLUMNS = {Where.SUBJECT: "subject : ", Where.FROM: "sender : ", Where.ANYWHERE: ""}
_MARKS = {Where.SUBJECT: SUBJECT_MARK, Where.FROM: SENDER_MARK, Where.ANYWHERE: ""}
_MOMENTS = {Field.WAITS: Ticket.waiting_since, Field.CREATED: Ticket.created_at, Field.UPDATED: Ticket.changed_at}
_PLAIN: dict[Field, Any] = {
    Field.LEVEL: Ticket.level,
    Field.DIFFICULTY: Ticket.difficulty,
    Field.PRIORITY: Ticket.priority,
    Field.STATUS: Ticket.status,
    Field.CHANNEL: Ticket.channel,
    Field.REF: Ticket.id,
}


@dataclass(frozen=True)
class Asking:
    """Who asks, when, where days begin, and in which dialect the answer is sought."""

    staff_id: int | None
    now: datetime
    zone: tzinfo
    dialect: str


def is_wordy(node: Node) -> bool:
    """Tell whether an index of words can answer this alone."""
    return isinstance(node, Words) or (
        isinstance(node, All | AnyOf) and bool(node.nodes) and all(map(is_wordy, node.nodes))
    )


def split(node: Node) -> tuple[Node | None, list[Node]]:
    """Return the words that every ticket found must have in one message, None without any, and all else."""
    terms = list(node.nodes) if isinstance(node, All) else [node]
    wordy = [term for term in terms if is_wordy(term)]
    rest = [term for term in terms if not is_wordy(term)]
    return (All(tuple(wordy)) if wordy else None), rest


def match_of(node: Node, dialect: str) -> str:
    """Return words as the index of a dialect is asked for them; they hold letters and digits only."""
    joined = {"sqlite": (" AND ", " OR "), "postgresql": (" & ", " | ")}[dialect]
    if isinstance(node, All | AnyOf):
        sign = joined[isinstance(node, AnyOf)]
        return "(" + sign.join(match_of(one, dialect) for one in node.nodes) + ")"
    assert isinstance(node, Words)
    if dialect == "sqlite":
        return f'({_COLUMNS[node.where]}"{" ".join(node.words)}"{" *" if node.is_prefix else ""})'
    lexemes = [f"'{_MARKS[node.where]}{word}'" for word in node.words]
    return "(" + " <-> ".join(lexemes) + (":*" if node.is_prefix else "") + ")"


def condition(node: Node, asking: Asking) -> Any:
    """Return what ``node`` asks of a ticket; it is true or false, never unknown, so that a minus turns it round."""
    if is_wordy(node):
        return _has_words(node, asking.dialect)
    match node:
        case Not():
            return not_(condition(node.node, asking))
        case All():
            wordy, rest = split(node)
            asked = [condition(one, asking) for one in rest]
            return and_(true(), *([condition(wordy, asking)] if wordy else []), *asked)
        case AnyOf():
            return or_(false(), *(condition(one, asking) for one in node.nodes))
        case OneOf():
            return _one_of(node, asking)
        case Since():
            moment = asking.now - node.span
            return _when(node.field, lambda at: at <= moment if node.is_longer else at > moment)
        case Day():
            return _day(node, asking.zone)
    raise AssertionError(node)


_HAS_WORDS = {
    "sqlite": "search_words MATCH :asked "
    f"AND rowid >= ticket.id * {TICKET_STEP} AND rowid < (ticket.id + 1) * {TICKET_STEP}",
    "postgresql": "search_words.ticket_id = ticket.id AND search_words.words @@ CAST(:asked AS tsquery)",
}


def _has_words(node: Node, dialect: str) -> Any:
    asked: Any = bindparam("asked", match_of(node, dialect), unique=True)
    return select(1).select_from(sql("search_words")).where(sql(_HAS_WORDS[dialect]).bindparams(asked)).exists()


def _one_of(node: OneOf, asking: Asking) -> Any:
    if node.field in _PLAIN:
        return col(_PLAIN[node.field]).in_(node.values)
    if node.field is Field.IS:
        return or_(*(_is(Is(str(value)), asking) for value in node.values))
    if node.field is Field.HAS:
        held = select(col(Attachment.id)).join(Message, col(Message.id) == Attachment.message_id)
        return held.where(col(Message.ticket_id) == Ticket.id).exists()
    if node.field is Field.TAG:
        tagged = select(col(TicketTag.tag)).where(col(TicketTag.ticket_id) == Ticket.id)
        return tagged.where(col(TicketTag.tag).in_(node.values)).exists()
    if node.field is Field.ASSIGNEE:
        return or_(*(_assigned(str(value), asking) for value in node.values))
    return or_(*(_to(str(value)) for value in node.values))


def _assigned(login: str, asking: Asking) -> Any:
    if login == "none":
        return col(Ticket.assignee_id).is_(None)
    given = col(Ticket.assignee_id).is_not(None)
    if login == "me":
        return given & (Ticket.assignee_id == asking.staff_id) if asking.staff_id is not None else false()
    return given & col(Ticket.assignee_id).in_(select(col(Staff.id)).where(func.lower(Staff.login) == login))


def _to(address: str) -> Any:
    """Return whether a ticket came to an address, or to one whose part before the @ this is."""
    mailbox = func.lower(Ticket.mailbox)
    return or_(mailbox == address, mailbox.startswith(f"{address}@", autoescape=True))


def _is(word: Is, asking: Asking) -> Any:
    is_open = col(Ticket.status).not_in(CLOSED_STATUSES)
    claimed = col(Ticket.claimed_until).is_not(None) & (col(Ticket.claimed_until) > asking.now)
    match word:
        case Is.OPEN:
            return is_open
        case Is.CLOSED:
            return not_(is_open)
        case Is.UNANSWERED:
            return is_open & col(Ticket.waiting_since).is_not(None)
        case Is.CLAIMED:
            return claimed
        case Is.MINE:
            if asking.staff_id is None:
                return false()
            return _assigned("me", asking) | (claimed & (col(Ticket.claimed_by) == asking.staff_id))
        case Is.BREACHED:
            return is_open & col(Ticket.due_at).is_not(None) & (col(Ticket.due_at) < asking.now)


def _when(field: Field, holds: Any) -> Any:
    at: Any = col(_MOMENTS[field])
    if field is not Field.WAITS:
        return holds(at)
    return col(Ticket.status).not_in(CLOSED_STATUSES) & at.is_not(None) & holds(at)


def _day(node: Day, zone: tzinfo) -> Any:
    begins = datetime.combine(node.day, time(), zone).astimezone(UTC)
    ends = datetime.combine(node.day + timedelta(days=1), time(), zone).astimezone(UTC)
    tests = {
        "=": lambda at: (at >= begins) & (at < ends),
        "<": lambda at: at < begins,
        "<=": lambda at: at < ends,
        ">": lambda at: at >= ends,
        ">=": lambda at: at >= begins,
    }
    return _when(node.field, tests[node.sign])
