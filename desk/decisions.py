"""What a person decides about mail that no rule could place: quarantined, or poison.

A decision does not parse. It puts the row back to ``pending`` with what was decided, and the filer carries it out: the
mail has exactly one fate before and after (law 2). ``spam`` needs no filer, and deletes nothing.

| act | for | becomes |
|---|---|---|
| release | quarantined, poison | a new ticket |
| join | quarantined, poison | a word in a ticket; its sender takes part from then on |
| retry | poison | whatever the rules say, once it can be read |
| spam | quarantined, poison | what it was, marked |

A mail that can still not be read is poison again, without a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import add_participant
from desk.errors import Conflict, Invalid, NotFound
from desk.floods import leave
from desk.recording import record
from procedure.mail import ParsedMail, RuleHit
from procedure.permissions import Permission
from procedure.terms import Fate, ref
from procedure.threading import Destination
from store.tables import Ledger, Ticket

PARKED = (Fate.QUARANTINED, Fate.POISON)
"""Where a person decides."""

_WORDS = {
    "release": "{who} decided that it opens a new ticket.",
    "join": "{who} decided that it joins {ticket}.",
    "spam": "{who} says that it is spam.",
    "retry": "{who} asked to read it again.",
}


@dataclass(frozen=True)
class Decided:
    """Where a mail stands after a decision."""

    ledger_id: int
    act: str
    fate: Fate
    ticket_id: int | None


@act(Permission.DECIDE_MAIL)
def release(actor: Actor, desk: Desk, ledger_id: int) -> Decided:
    """Let a parked mail open a new ticket. Asked again it changes nothing.

    Raises NotFound, and Conflict when the mail has another fate.
    """
    return desk.database.write(lambda session: _decide(session, actor, desk, ledger_id, "release"))


@act(Permission.DECIDE_MAIL)
def join(actor: Actor, desk: Desk, ledger_id: int, ticket_id: int | None = None) -> Decided:
    """Let a parked mail join a ticket, None for the one that it wants to join. Asked again it changes nothing.

    Raises NotFound, Invalid when it names no ticket, and Conflict when the mail has another fate.
    """

    def work(session: Session) -> Decided:
        wanted = ticket_id if ticket_id is not None else locked(session, ledger_id).wants_ticket_id
        if wanted is None:
            raise Invalid(f"Mail {ledger_id} names no ticket; say which one it should join.")
        if session.get(Ticket, wanted) is None:
            raise NotFound(f"There is no ticket {ref(wanted)}.")
        return _decide(session, actor, desk, ledger_id, "join", wanted)

    return desk.database.write(work)


@act(Permission.DECIDE_MAIL)
def retry(actor: Actor, desk: Desk, ledger_id: int) -> Decided:
    """Have poison mail read again from the beginning. Asked again it changes nothing.

    Raises NotFound, and Conflict when the mail has another fate.
    """
    return desk.database.write(lambda session: _decide(session, actor, desk, ledger_id, "retry"))


@act(Permission.DECIDE_MAIL)
def spam(actor: Actor, desk: Desk, ledger_id: int) -> Decided:
    """Mark a parked mail as spam; it stays where it is, and ``take_back`` or another decision unmarks it.

    Raises NotFound, and Conflict when the mail has another fate.
    """
    return desk.database.write(lambda session: _decide(session, actor, desk, ledger_id, "spam"))


@act(Permission.DECIDE_MAIL)
def take_back(actor: Actor, desk: Desk, ledger_id: int) -> Decided:
    """Take back the decision on a mail, as long as the filer has not carried it out. Raises NotFound, Invalid."""

    return desk.database.write(lambda session: put_back(session, actor, desk, ledger_id))


def put_back(session: Session, actor: Actor, desk: Desk, ledger_id: int, event_id: int | None = None) -> Decided:
    """Put a mail back to where it was before the decision on it, or before the one that an event records.

    It stands by itself then, whatever flood it was of. Raises NotFound, Invalid, and Conflict when somebody has decided
    something else since.
    """
    row = locked(session, ledger_id)
    if row.decision is None:
        raise Invalid(f"There is no decision on mail {ledger_id} to take back.")
    kept = row.decision
    if event_id not in (None, kept["event"]):
        raise Conflict(f"Somebody has decided something else on mail {ledger_id} since.")
    if not is_open(row):
        raise Invalid(f"Mail {ledger_id} {_standing(row)} already; that cannot be taken back.")
    leave(session, row)
    restore(row)
    data = {"ledger": row.id, "decision": kept["act"], "fate": row.fate.value, "undoes": kept["event"]}
    record(session, actor, desk.clock.now(), "decision_taken_back", kept["ticket"], data)
    return Decided(ledger_id, "take_back", row.fate, None)


def is_open(row: Ledger) -> bool:
    """Tell whether nothing came of the decision on a mail yet."""
    return row.decision is not None and (row.fate is Fate.PENDING or row.decision["act"] == "spam")


def restore(row: Ledger) -> None:
    """Make a mail what it was before the decision on it."""
    before = row.decision["before"]
    row.fate, row.attempts, row.reason = Fate(before["fate"]), before["attempts"], before["reason"]
    row.decision, row.lease_until = None, None


def decided(
    session: Session, decision: Mapping[str, Any] | None, parsed: ParsedMail, where: Destination
) -> Destination:
    """Return where a person's decision sends a mail that the rules would send to ``where``."""
    if decision is None or decision["act"] not in ("release", "join"):
        return where
    sentence = _sentence(decision["act"], decision["by"], decision["ticket"])
    hits = (*where.rules, RuleHit(f"decided-{decision['act']}", sentence))
    if decision["act"] == "release":
        linked = where.linked_ticket_id
        return Destination(
            Fate.NEW_TICKET, sentence, linked_ticket_id=linked, acknowledge=where.acknowledge, rules=hits
        )
    add_participant(session, decision["ticket"], parsed.sender.address)
    return Destination(Fate.APPENDED, sentence, ticket_id=decision["ticket"], rules=hits)


def _decide(
    session: Session, actor: Actor, desk: Desk, ledger_id: int, what: str, ticket_id: int | None = None
) -> Decided:
    row, now = locked(session, ledger_id), desk.clock.now()
    if _is_done(row, what, ticket_id):
        return Decided(ledger_id, what, row.fate, row.ticket_id)
    refuse(row, what)
    leave(session, row)
    data = {"ledger": row.id, "decision": what, "fate": row.fate.value}
    mark(row, what, actor, now, record(session, actor, now, "decided", ticket_id, data), ticket_id)
    return Decided(ledger_id, what, row.fate, row.ticket_id)


def mark(row: Ledger, what: str, actor: Actor, now: datetime, event_id: int, ticket_id: int | None = None) -> None:
    """Write a decision on a mail, with what was before it, and make the mail due for the filer if that carries it out.

    ``event_id`` is the event that records the decision.
    """
    before = {"fate": row.fate.value, "attempts": row.attempts, "reason": row.reason}
    if row.decision is not None:  # marked as spam, and now something else
        before = row.decision["before"]
    decision = {"act": what, "by": actor.login, "at": now.isoformat(), "ticket": ticket_id}
    row.decision = {**decision, "before": before, "event": event_id}
    if what != "spam":
        _make_due(row, _sentence(what, actor.login, ticket_id))


def _make_due(row: Ledger, reason: str) -> None:
    """Make a mail due for the filer, before what came later than it, with all its attempts before it."""
    row.flood_of = None
    row.fate, row.attempts, row.due_at, row.lease_until, row.reason = Fate.PENDING, 0, row.received_at, None, reason


def _is_done(row: Ledger, what: str, ticket_id: int | None) -> bool:
    return row.decision is not None and (row.decision["act"], row.decision["ticket"]) == (what, ticket_id)


def refuse(row: Ledger, what: str) -> None:
    """Raise Conflict for a mail that no person decides about."""
    if row.fate not in PARKED:
        raise Conflict(f"Mail {row.id} {_standing(row)}; only quarantined and poison mail waits for a decision.")
    if what == "retry" and row.fate is not Fate.POISON:
        raise Conflict(f"Mail {row.id} could be read and is quarantined; retry is for mail that could not be read.")


def _standing(row: Ledger) -> str:
    if row.fate is Fate.PENDING:
        return "is about to be filed"
    words = {
        Fate.NEW_TICKET: "opened",
        Fate.APPENDED: "is a word in",
        Fate.AUTOMATIC: "was filed as automatic, beside",
        Fate.DUPLICATE: f"is the same as mail {row.duplicate_of}, of",
    }
    if row.ticket_id is None:
        return f"is {row.fate.value}"
    return f"{words.get(row.fate, 'is in')} {ref(row.ticket_id)}"


def _sentence(what: str, who: str, ticket_id: int | None) -> str:
    return _WORDS[what].format(who=who, ticket=ref(ticket_id) if ticket_id is not None else "")


def locked(session: Session, ledger_id: int) -> Ledger:
    """Return a row of the ledger for a change. Raises NotFound."""
    row = session.exec(select(Ledger).where(col(Ledger.id) == ledger_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no mail {ledger_id} in the ledger.")
    return row
