"""The one way a ticket changes: fields, turn, version and event together (law 5).

Every use case that touches a ticket ends here, so there is no change without an event and an actor, and a row can be
rebuilt from its events.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, col, select

from desk.actors import Actor
from desk.errors import NotFound
from desk.timekeeping import FIELDS, Told, clocks_of, due_of, next_alarm, told_by
from procedure.history import TICKET_FIELDS
from procedure.policy import Policy
from procedure.terms import MessageKind, Status, ref
from procedure.turn import stand
from store.inserting import insert_row, insert_rows
from store.tables import Event, Message, Ticket, TicketTag

_EVERY_COLUMN = tuple(name for name in Ticket.model_fields if name != "id")
_NOTHING: Told = frozenset()
_COLUMNS = tuple(field for field in TICKET_FIELDS if field != "tags")


def record(
    session: Session, actor: Actor, now: datetime, kind: str, ticket_id: int | None = None, data: Any = None
) -> int:
    """Write a line of history and return its number."""
    return insert_row(session, Event, at=now, actor=actor.login, kind=kind, ticket_id=ticket_id, data=data or {})


def locked(session: Session, ticket_id: int) -> Ticket:
    """Return a ticket for changing; no one else changes it until the transaction ends. Raises NotFound."""
    statement = select(Ticket).where(col(Ticket.id) == ticket_id).with_for_update()
    ticket = session.exec(statement).first()
    if ticket is None:
        raise NotFound(f"There is no ticket {ref(ticket_id)}.")
    return ticket


def change(
    session: Session,
    actor: Actor,
    policy: Policy,
    now: datetime,
    ticket: Ticket,
    kind: str,
    *,
    words_changed: bool = False,
    recount: bool = False,
    data: Mapping[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Set ``fields`` of a ticket and write the event ``kind`` with what was and what is.

    1. find who waits since when, if a message came, went or died; 2. set the fields; 3. read the clocks, if what they
    follow has changed or ``recount`` asks for it; 4. find the turn and the next moment; 5. count the version up;
    6. write the event. ``data`` is added to the event. ``tags`` may be among the fields, as a sorted list.
    """
    had = _tags(session, ticket)
    was = _fields(ticket, had)
    tags: list[str] | None = fields.pop("tags", None)
    if tags is not None:
        _set_tags(session, ticket, had, tags)
    # Queries first: a half-changed ticket must not be flushed, the schema would refuse it.
    if words_changed:
        fields["waiting_since"] = find_waiting_since(session, _id(ticket))
    for field, value in fields.items():
        setattr(ticket, field, value)
    if recount or any(plain(getattr(ticket, field)) != was[field] for field in FIELDS):
        _read_clocks(session, ticket, policy, now, told_by(kind, data or {}))
    _stand(ticket, now)
    ticket.version += 1
    if not recount:  # a clock that is read again is nothing that happened to the ticket
        ticket.changed_at = now
    session.add(ticket)
    session.flush()
    is_now = _fields(ticket, had if tags is None else tags)
    changed = [field for field in is_now if is_now[field] != was[field]]
    recorded = {"set": {f: is_now[f] for f in changed}, "was": {f: was[f] for f in changed}, **(data or {})}
    record(session, actor, now, kind, _id(ticket), recorded)


def create(
    session: Session, actor: Actor, policy: Policy, now: datetime, ticket: Ticket, tags: tuple[str, ...], data: Any
) -> None:
    """Write a new ticket, which waits for us from now on, with its event ``created``; its first message comes next."""
    ticket.waiting_since = ticket.created_at
    _read_clocks(session, ticket, policy, now)
    _stand(ticket, now)
    ticket.id = insert_row(session, Ticket, **{name: getattr(ticket, name) for name in _EVERY_COLUMN})
    make_transient_to_detached(ticket)  # as if it had been read: what changes from here on is written
    session.add(ticket)
    wanted = sorted(set(tags))
    _set_tags(session, ticket, [], wanted)
    record(session, actor, now, "created", _id(ticket), {"set": _fields(ticket, wanted), **data})


def _read_clocks(session: Session, ticket: Ticket, policy: Policy, now: datetime, just_told: Told = _NOTHING) -> None:
    with session.no_autoflush:  # a half-changed ticket must not be flushed
        pending = now, {field: plain(getattr(ticket, field)) for field in FIELDS}
        clocks, told = clocks_of(session, policy, ticket, now, pending)
    ticket.due_at, ticket.alarm_at = due_of(clocks), next_alarm(clocks, told | just_told)


def _stand(ticket: Ticket, now: datetime) -> None:
    standing = stand(Status(ticket.status), ticket.waiting_since, ticket.wake_at, ticket.due_at, now)
    ticket.turn = int(standing.turn)
    ticket.due_at = standing.due_at
    ticket.wake_at = standing.wake_at
    if ticket.status is not Status.CLOSED:  # a closed ticket is in no queue and keeps the moment it had
        ticket.next_at = standing.next_at


def find_waiting_since(session: Session, ticket_id: int) -> datetime | None:
    """Return what ``procedure.turn.waiting_since`` says of the ticket's messages, by two index look-ups."""
    answered = session.exec(
        select(func.max(Message.id)).where(
            Message.ticket_id == ticket_id, Message.kind == MessageKind.STAFF, col(Message.takes_turn).is_(True)
        )
    ).first()
    return session.exec(
        select(Message.at)
        .where(
            Message.ticket_id == ticket_id,
            Message.kind == MessageKind.CUSTOMER,
            col(Message.takes_turn).is_(True),
            col(Message.id) > (answered or 0),
        )
        .order_by(col(Message.id))
        .limit(1)
    ).first()


def snapshot(session: Session, ticket: Ticket) -> dict[str, Any]:
    """Return the fields of a ticket as an event records them."""
    return _fields(ticket, _tags(session, ticket))


def _fields(ticket: Ticket, tags: list[str]) -> dict[str, Any]:
    return {**{field: plain(getattr(ticket, field)) for field in _COLUMNS}, "tags": tags}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: instants as ISO 8601 in UTC, words as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, Enum):
        return value.value
    return value


def _tags(session: Session, ticket: Ticket) -> list[str]:
    return list(session.exec(select(TicketTag.tag).where(TicketTag.ticket_id == ticket.id).order_by(TicketTag.tag)))


def _set_tags(session: Session, ticket: Ticket, had: list[str], wanted: list[str]) -> None:
    for tag in set(had) - set(wanted):
        session.delete(session.get_one(TicketTag, (_id(ticket), tag)))
    insert_rows(session, TicketTag, [{"ticket_id": _id(ticket), "tag": tag} for tag in sorted(set(wanted) - set(had))])


def _id(ticket: Ticket) -> int:
    assert ticket.id is not None
    return ticket.id
