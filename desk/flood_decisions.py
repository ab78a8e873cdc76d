"""What a person decides about a whole flood: one act, one event, every mail of it with the decision written on it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.decisions import is_open, locked, mark, refuse, restore
from desk.errors import Conflict, Invalid
from desk.floods import head_anew, of
from desk.recording import record
from desk.views import AT_ONCE
from procedure.permissions import Permission
from procedure.terms import Fate
from store.tables import Event, Ledger


@dataclass(frozen=True)
class FloodDecided:
    """On how many mails a decision was written or taken back; ``first_id`` stood for them."""

    first_id: int
    act: str
    mails: int


@act(Permission.DECIDE_MAIL)
def release(actor: Actor, desk: Desk, first_id: int) -> FloodDecided:
    """Let every mail of a flood open a new ticket, at most 2,000 at once. Raises NotFound and Conflict."""
    return desk.database.write(lambda session: _decide(session, actor, desk, first_id, "release"))


@act(Permission.DECIDE_MAIL)
def spam(actor: Actor, desk: Desk, first_id: int) -> FloodDecided:
    """Mark every mail of a flood as spam, at most 2,000 at once; they stay one item. Raises NotFound and Conflict."""
    return desk.database.write(lambda session: _decide(session, actor, desk, first_id, "spam"))


@act(Permission.DECIDE_MAIL)
def take_back(actor: Actor, desk: Desk, first_id: int) -> FloodDecided:
    """Take back the decision on a flood for every mail of which nothing came yet. Raises NotFound and Invalid."""

    def work(session: Session) -> FloodDecided:
        row = locked(session, first_id)
        if row.decision is None:
            raise Invalid(f"There is no decision on mail {first_id} to take back.")
        return put_back(session, actor, desk, session.get_one(Event, row.decision["event"]))

    return desk.database.write(work)


def put_back(session: Session, actor: Actor, desk: Desk, event: Event) -> FloodDecided:
    """Undo the decision that an event records on all its mails, and fold them again.

    Raises Invalid when something came of it for each of them.
    """
    numbers = event.data.get("mails", [event.data["ledger"]])
    statement = select(Ledger).where(col(Ledger.id).in_(numbers)).order_by(col(Ledger.id)).with_for_update()
    back = [row for row in session.exec(statement) if is_open(row) and row.decision["event"] == event.id]
    if not back:
        raise Invalid(f"All {len(numbers)} mails of that flood are filed or decided on already.")
    for row in back:
        restore(row)
        row.flood_of = None if row is back[0] else back[0].id
    decision = event.data["decision"]
    data = {"ledger": back[0].id, "mails": len(back), "decision": decision, "undoes": event.id}
    record(session, actor, desk.clock.now(), "decision_taken_back", data=data)
    return FloodDecided(back[0].id or numbers[0], "take_back", len(back))


def _decide(session: Session, actor: Actor, desk: Desk, first_id: int, what: str) -> FloodDecided:
    row, now = locked(session, first_id), desk.clock.now()
    refuse(row, what)
    if row.flood_of is not None:
        raise Conflict(f"Mail {first_id} is one of the flood of mail {row.flood_of}; decide about that one.")
    if row.fate is not Fate.QUARANTINED:
        raise Conflict(f"Mail {first_id} could not be read and is of no flood.")
    mails = of(session, first_id, AT_ONCE)
    undecided = [mail for mail in mails if mail.decision is None or mail.decision["act"] != what]
    if undecided:
        data = {"ledger": first_id, "decision": what, "fate": row.fate.value, "mails": [mail.id for mail in undecided]}
        event_id = record(session, actor, now, "decided", data=data)
        for mail in undecided:
            mark(mail, what, actor, now, event_id)
        head_anew(session, first_id, after=mails[-1].id or 0)
    return FloodDecided(first_id, what, len(mails))
