"""``u``: take back the last thing the actor did, while nobody has built on it.

Everything that an event records as *was* and *is* can be put back. An answer can be called back while the outbox holds
it; a handover note stays, since notes are part of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from desk import flood_decisions
from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.decisions import put_back
from desk.errors import Conflict, Invalid
from desk.policies import in_force
from desk.recording import change, locked, snapshot
from procedure.permissions import Permission
from procedure.terms import MessageKind, OutboxState, Priority, Status, ref
from store import search_index
from store.tables import Draft, Event, Message, Outbox, Ticket

WINDOW = timedelta(minutes=15)
"""Older acts are not undone by a single key; they are changed openly."""

_LOOK_BACK = 100
_SIMPLE = frozenset(
    {"claimed", "assigned", "released", "status", "handed_up", "handed_down", "difficulty", "priority", "tags"}
)
_COMPUTED = frozenset({"turn", "next_at", "due_at", "alarm_at", "waiting_since"})
_TOGETHER = (
    frozenset({"status", "wake_at", "closed_at"}),
    frozenset({"assignee_id"}),
    frozenset({"claimed_by", "claimed_until"}),
)
"""What an answer changes besides the turn. Half of a group is no state: a status without its moment."""

_INSTANTS = frozenset({"wake_at", "claimed_until", "closed_at", "first_answered_at", "created_at"})

NAMES: Mapping[str, str] = {
    "claimed": "taking",
    "assigned": "assigning",
    "released": "releasing",
    "status": "the new status of",
    "handed_up": "handing up",
    "handed_down": "handing down",
    "difficulty": "the new difficulty of",
    "priority": "the new priority of",
    "tags": "the new tags of",
    "answered": "the answer in",
}


@act(Permission.WORK_TICKETS)
def undo(actor: Actor, desk: Desk) -> str:
    """Take back the actor's last act of the past 15 minutes and return what it was, as a phrase.

    Raises Invalid when there is nothing to take back or an answer has left the house, Conflict when somebody has
    changed the same thing since.
    """

    def work(session: Session) -> str:
        event = _last(session, actor, desk.clock.now())
        if event is not None and event.kind == "decided" and "mails" in event.data:
            back = flood_decisions.put_back(session, actor, desk, event)
            return f"the decision on {back.mails} mails"
        if event is not None and event.kind == "decided":
            put_back(session, actor, desk, int(event.data["ledger"]), event.id)
            return f"the decision on mail {event.data['ledger']}"
        if event is None or event.ticket_id is None:
            raise Invalid("There is nothing to undo from the last 15 minutes.")
        ticket = locked(session, event.ticket_id)
        if event.kind == "answered":
            _call_back(session, actor, desk, ticket, event)
        else:
            _refuse_changed(session, ticket, event)
            _put_back(session, actor, desk, ticket, event)
        return f"{NAMES[event.kind]} {ref(event.ticket_id)}"

    return desk.database.write(work)


def _last(session: Session, actor: Actor, now: datetime) -> Event | None:
    """Return the actor's newest act that can be undone and is not yet."""
    statement = (
        select(Event)
        .where(Event.actor == actor.login, Event.at >= now - WINDOW)
        .order_by(col(Event.id).desc())
        .limit(_LOOK_BACK)
    )
    undone: set[int] = set()
    for event in session.exec(statement):
        if event.kind in ("undone", "decision_taken_back"):
            undone.add(int(event.data["undoes"]))
        elif event.id not in undone and (event.kind in _SIMPLE or event.kind in ("answered", "decided")):
            return event
    return None


def _refuse_changed(session: Session, ticket: Ticket, event: Event) -> None:
    current = snapshot(session, ticket)
    for field, value in event.data["set"].items():
        if field not in _COMPUTED and current[field] != value:
            assert ticket.id is not None
            raise Conflict(f"{ref(ticket.id)} has changed since; undo would overwrite somebody's work.")


def _put_back(
    session: Session,
    actor: Actor,
    desk: Desk,
    ticket: Ticket,
    event: Event,
    *,
    words_changed: bool = False,
    except_for: frozenset[str] = frozenset(),
) -> None:
    left_out = _COMPUTED | except_for
    fields = {field: _typed(field, value) for field, value in event.data["was"].items() if field not in left_out}
    change(
        session, actor, in_force(session, desk), desk.clock.now(), ticket, "undone",
        words_changed=words_changed, data={"undoes": event.id, "kind": event.kind}, **fields,
    )  # fmt: skip


def _call_back(session: Session, actor: Actor, desk: Desk, ticket: Ticket, event: Event) -> None:
    """Take an answer out of the outbox again; its words become the draft they were."""
    assert ticket.id is not None
    answer_id = int(event.data["message"])
    row = session.exec(select(Outbox).where(Outbox.answer_id == answer_id).with_for_update()).first()
    answer = session.get(Message, answer_id)
    if row is None or answer is None or row.state is not OutboxState.QUEUED or row.attempts:
        raise Invalid(f"The answer in {ref(ticket.id)} has left the house and cannot be called back.")
    session.delete(row)
    search_index.take(session, answer_id, ticket.id, answer.text)
    session.delete(answer)
    _keep_as_draft(session, actor, desk, ticket.id, answer.text)
    session.flush()
    changed_since = _changed_since(session, ticket, event)
    _put_back(session, actor, desk, ticket, event, words_changed=True, except_for=changed_since)


def _changed_since(session: Session, ticket: Ticket, event: Event) -> frozenset[str]:
    """Return the fields that somebody set after the answer; they stay, whole groups of them at a time."""
    current = snapshot(session, ticket)
    changed = {f for f, value in event.data["set"].items() if f not in _COMPUTED and current[f] != value}
    return frozenset().union(*(group for group in _TOGETHER if changed & group))


def _keep_as_draft(session: Session, actor: Actor, desk: Desk, ticket_id: int, text: str) -> None:
    statement = select(Draft).where(
        Draft.ticket_id == ticket_id, Draft.staff_login == actor.login, Draft.kind == MessageKind.STAFF
    )
    draft = session.exec(statement).first()
    if draft is None:
        draft = Draft(
            ticket_id=ticket_id, staff_login=actor.login, kind=MessageKind.STAFF, text="", updated_at=desk.clock.now()
        )
    # A draft begun since then keeps its words, below the ones that come back.
    draft.text = f"{text}\n\n{draft.text}".rstrip() if draft.text else text
    session.add(draft)


def _typed(field: str, value: Any) -> Any:
    if field in _INSTANTS and value is not None:
        return datetime.fromisoformat(value)
    if field == "status":
        return Status(value)
    if field == "priority":
        return Priority(value)
    return value
