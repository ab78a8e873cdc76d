"""What an agent does with a ticket besides writing: take, give, move, sleep, solve, mark."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, text
from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.errors import AlreadyTaken, Invalid, NotFound
from desk.policies import in_force
from desk.recording import change, locked
from desk.replies import write_note
from procedure.permissions import Permission
from procedure.statuses import choices, may_set
from procedure.terms import CLOSED_STATUSES, Level, Priority, Status, Turn, ref
from store.tables import OPEN_SQL, Staff, Ticket

_TAG = re.compile(r"[^\s,#\x00-\x1f\ud800-\udfff]{1,40}")
MAX_TAGS = 20


@act(Permission.WORK_TICKETS)
def claim(actor: Actor, desk: Desk, ticket_id: int) -> None:
    """Take a ticket: it is the actor's, under a lease that others respect. Raises AlreadyTaken, NotFound, Invalid."""

    def work(session: Session) -> None:
        _claim(session, actor, desk, locked(session, ticket_id))

    desk.database.write(work)


def _claim(session: Session, actor: Actor, desk: Desk, ticket: Ticket) -> None:
    staff_id = _self(actor)
    now, policy = desk.clock.now(), in_force(session, desk)
    _refuse_closed(ticket)
    if ticket.claimed_by not in (None, staff_id) and ticket.claimed_until and ticket.claimed_until > now:
        raise AlreadyTaken(_ref(ticket), _name(session, ticket.claimed_by))
    # Somebody's ticket stays theirs when the lease of their claim has run out; ``assign`` moves it openly.
    if ticket.assignee_id not in (None, staff_id):
        raise AlreadyTaken(_ref(ticket), _name(session, ticket.assignee_id))
    change(
        session, actor, policy, now, ticket, "claimed",
        assignee_id=staff_id,
        claimed_by=staff_id,
        claimed_until=now + policy.times.claim,
        status=Status.OPEN if ticket.status is Status.NEW else ticket.status,
    )  # fmt: skip


@act(Permission.WORK_TICKETS)
def take_next(actor: Actor, desk: Desk, level: Level) -> int | None:
    """Take the ticket of a level that is due first and nobody's, and return its id; None when there is none.

    Two agents at once get two tickets: the row is locked while it is taken, and a locked one is passed over.
    """

    def work(session: Session) -> int | None:
        statement = (
            select(Ticket)
            .where(
                Ticket.level == int(level),
                Ticket.turn == int(Turn.OURS),
                col(Ticket.assignee_id).is_(None),
                text(OPEN_SQL),
                or_(col(Ticket.claimed_until).is_(None), col(Ticket.claimed_until) <= desk.clock.now()),
            )
            .order_by(col(Ticket.next_at), col(Ticket.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        ticket = session.exec(statement).first()
        if ticket is None:
            return None
        _claim(session, actor, desk, ticket)
        return ticket.id

    return desk.database.write(work)


@act(Permission.ASSIGN)
def assign(actor: Actor, desk: Desk, ticket_id: int, login: str | None) -> None:
    """Give a ticket to a member of staff, or to nobody (None). Raises NotFound, Invalid."""

    def work(session: Session) -> None:
        ticket = locked(session, ticket_id)
        _refuse_closed(ticket)
        staff = _staff(session, login) if login is not None else None
        change(
            session, actor, in_force(session, desk), desk.clock.now(), ticket,
            "assigned" if staff else "released",
            assignee_id=staff.id if staff else None,
            claimed_by=None,
            claimed_until=None,
            status=Status.OPEN if ticket.status is Status.NEW and staff else ticket.status,
        )  # fmt: skip

    desk.database.write(work)


@act(Permission.WORK_TICKETS)
def set_status(actor: Actor, desk: Desk, ticket_id: int, status: Status, wake_at: datetime | None = None) -> None:
    """Move a ticket to ``status``; a sleeping one wakes at ``wake_at``, by default after the policy's time.

    ``on_hold`` has no default moment: whoever puts a ticket on hold says until when. Raises Invalid, NotFound.
    """

    def work(session: Session) -> None:
        ticket = locked(session, ticket_id)
        now, policy = desk.clock.now(), in_force(session, desk)
        if not may_set(ticket.status, status):
            allowed = ", ".join(choices(ticket.status))
            raise Invalid(f"{_ref(ticket)} is {ticket.status}; from there it can become {allowed}, not {status}.")
        naps = {Status.PENDING: now + policy.times.pending, Status.SOLVED: now + policy.times.solved}
        wake = wake_at or naps.get(status)
        if status is Status.ON_HOLD and wake is None:
            raise Invalid("A ticket on hold needs the moment at which it comes back.")
        if wake is not None and wake <= now:
            raise Invalid(f"{wake:%Y-%m-%d %H:%M} UTC is in the past; a ticket sleeps until a moment to come.")
        sleeps = status in (Status.PENDING, Status.ON_HOLD, Status.SOLVED)
        _set(
            session, actor, desk, ticket, "status",
            status=status,
            wake_at=wake if sleeps else None,
            closed_at=now if status is Status.CLOSED else None,
            claimed_by=None if sleeps else ticket.claimed_by,
            claimed_until=None if sleeps else ticket.claimed_until,
        )  # fmt: skip

    desk.database.write(work)


@act(Permission.WORK_TICKETS)
def set_level(actor: Actor, desk: Desk, ticket_id: int, level: Level, note: str) -> None:
    """Hand a ticket up or down with a handover note: what was asked, tried and seen. Nobody's there, due as before.

    Raises Invalid without a note, or when the ticket is on that level already; NotFound.
    """
    if not note.strip():
        raise Invalid("A hand-over needs a note: what was asked, tried and seen.")

    def work(session: Session) -> None:
        ticket = locked(session, ticket_id)
        _refuse_closed(ticket)
        if ticket.level == level:
            raise Invalid(f"{_ref(ticket)} is on the {level.label} level already.")
        kind = "handed_up" if level > ticket.level else "handed_down"
        note_id = write_note(session, actor, desk, ticket, note.strip())
        _set(
            session, actor, desk, ticket, kind, {"message": note_id},
            level=int(level),
            assignee_id=None,
            claimed_by=None,
            claimed_until=None,
            status=Status.OPEN if ticket.status is Status.NEW else ticket.status,
        )  # fmt: skip

    desk.database.write(work)


@act(Permission.WORK_TICKETS)
def set_difficulty(actor: Actor, desk: Desk, ticket_id: int, difficulty: int) -> None:
    """Correct the estimate of how hard a ticket is, 1 to 5; its level stays. Raises Invalid, NotFound."""
    if not 1 <= difficulty <= 5:
        raise Invalid(f"Difficulty is 1 to 5, not {difficulty}.")

    def work(session: Session) -> None:
        _set(session, actor, desk, locked(session, ticket_id), "difficulty", difficulty=difficulty)

    desk.database.write(work)


@act(Permission.WORK_TICKETS)
def set_priority(actor: Actor, desk: Desk, ticket_id: int, priority: Priority) -> None:
    """Set how soon a ticket must be looked at; its due moment follows. Raises NotFound."""

    def work(session: Session) -> None:
        _set(session, actor, desk, locked(session, ticket_id), "priority", priority=priority)

    desk.database.write(work)


@act(Permission.WORK_TICKETS)
def set_tags(actor: Actor, desk: Desk, ticket_id: int, tags: Iterable[str]) -> None:
    """Replace a ticket's tags: at most 20, each 1 to 40 characters without blanks and commas. Raises Invalid."""
    wanted = sorted({tag.strip().lower().lstrip("#") for tag in tags if tag.strip()})
    wrong = [tag for tag in wanted if not _TAG.fullmatch(tag)]
    if wrong:
        raise Invalid(f"{wrong[0]!r} is not a tag: a tag is 1 to 40 characters without blanks and commas.")
    if len(wanted) > MAX_TAGS:
        raise Invalid(f"A ticket has at most {MAX_TAGS} tags, not {len(wanted)}.")

    def work(session: Session) -> None:
        _set(session, actor, desk, locked(session, ticket_id), "tags", tags=wanted)

    desk.database.write(work)


def _set(
    session: Session, actor: Actor, desk: Desk, ticket: Ticket, kind: str, data: Any = None, **fields: Any
) -> None:
    change(session, actor, in_force(session, desk), desk.clock.now(), ticket, kind, data=data, **fields)


def _refuse_closed(ticket: Ticket) -> None:
    if ticket.status in CLOSED_STATUSES:
        raise Invalid(f"{_ref(ticket)} is {ticket.status}; reopen it first.")


def _self(actor: Actor) -> int:
    if actor.staff_id is None:
        raise Invalid("Only a member of staff can take a ticket: act as one with --as LOGIN.")
    return actor.staff_id


def _staff(session: Session, login: str) -> Staff:
    staff = session.exec(select(Staff).where(Staff.login == login)).first()
    if staff is None:
        raise NotFound(f"There is nobody called {login!r} among the staff.")
    if staff.is_blocked:
        raise Invalid(f"{login} is blocked and cannot be given tickets.")
    return staff


def _name(session: Session, staff_id: int | None) -> str:
    staff = session.get(Staff, staff_id) if staff_id is not None else None
    return staff.login if staff else "somebody"


def _ref(ticket: Ticket) -> str:
    assert ticket.id is not None
    return ref(ticket.id)
