"""The laws of the store looked at from outside: what must be true of the rows however they came about.

``faults`` counts and compares; on a healthy store it finds nothing. Run by ``tierdesk doctor`` and by tests after every
crash and fault. Each statement walks an index or a table once, so it is for a person who asks, not for a screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from procedure.statuses import SLEEPING
from procedure.terms import Fate, MessageKind, OutboxState, Status, ref
from store.spool import Spool
from store.tables import (
    OPEN_SQL,
    DeliveryAttempt,
    Ledger,
    LedgerCount,
    LedgerRaw,
    Message,
    Outbox,
    QueueCount,
    Ticket,
)

SHOWN = 20
"""Faults of one kind that are told; a broken store can have millions."""


def faults(session: Session) -> list[str]:
    """Return a sentence for each broken law, none on a healthy store."""
    checks = (_file, _ledger, _ledger_counts, _queue_counts, _tickets, _words, _answers)
    return [fault for check in checks for fault in check(session)]


def _file(session: Session) -> Iterator[str]:
    if session.get_bind().dialect.name != "sqlite":
        return
    for (found,) in session.execute(text(f"PRAGMA quick_check({SHOWN})")):
        if found != "ok":
            yield f"The store's file is damaged: {found}."
    for row in session.execute(text("PRAGMA foreign_key_check")).fetchmany(SHOWN):
        yield f"Row {row[1]} of {row[0]} points at a row of {row[2]} that is not there."


def _ledger(session: Session) -> Iterator[str]:
    original = col(Ledger.duplicate_of).is_(None)
    twice: Any = select(col(Ledger.digest)).where(original).group_by(col(Ledger.digest)).having(func.count() > 1)
    for digest in _first(session, twice):
        yield f"The mail with digest {digest} is in the ledger more than once."
    yield from nothing_behind(session)


def nothing_behind(session: Session) -> Iterator[str]:
    """Yield a sentence for each filed mail that no message carries, and for each original without its bytes."""
    original = col(Ledger.duplicate_of).is_(None)
    filed = col(Ledger.fate).in_((Fate.NEW_TICKET, Fate.APPENDED))
    carried = exists().where(col(Message.ledger_id) == Ledger.id)
    for ledger_id in _first(session, select(col(Ledger.id)).where(filed, ~carried)):
        yield f"Mail {ledger_id} is filed, but no message carries it."
    kept = exists().where(col(LedgerRaw.ledger_id) == Ledger.id)
    for ledger_id in _first(session, select(col(Ledger.id)).where(original, ~kept)):
        yield f"Mail {ledger_id} has no bytes."


def missing_files(session: Session, spool: Spool | None) -> Iterator[str]:
    """Yield a sentence for each mail whose file is not beside the store; as long as there are files to look for."""
    if spool is None:
        return
    named: Any = select(col(LedgerRaw.ledger_id), col(LedgerRaw.file)).where(col(LedgerRaw.file) != "")
    for ledger_id, file in session.execute(named.execution_options(yield_per=1000)):
        if not spool.has(file):
            yield f"Mail {ledger_id} has lost its bytes: the file {file} is not in the mail folder."


def _ledger_counts(session: Session) -> Iterator[str]:
    by_fate: Any = select(col(Ledger.fate), func.count()).group_by(col(Ledger.fate))
    counted = {Fate(fate).value: int(number) for fate, number in session.execute(by_fate)}
    counted["accepted"] = sum(counted.values())
    kept: Any = select(col(LedgerCount.word), func.sum(col(LedgerCount.mails))).group_by(col(LedgerCount.word))
    yield from _compared("ledger", counted, {word: int(number) for word, number in session.execute(kept)})


def _queue_counts(session: Session) -> Iterator[str]:
    place = (col(Ticket.level), col(Ticket.turn))
    by_place: Any = select(*place, func.count()).where(text(OPEN_SQL)).group_by(*place)
    counted = {f"level {level} turn {turn}": int(number) for level, turn, number in session.execute(by_place)}
    where = (col(QueueCount.level), col(QueueCount.turn))
    kept: Any = select(*where, func.sum(col(QueueCount.tickets))).group_by(*where)
    sums = {f"level {level} turn {turn}": int(number) for level, turn, number in session.execute(kept)}
    yield from _compared("queue", counted, sums)


def _compared(what: str, counted: Mapping[str, int], kept: Mapping[str, int]) -> Iterator[str]:
    for name in sorted(counted.keys() | kept.keys()):
        if counted.get(name, 0) != kept.get(name, 0):
            yield f"The {what} counter {name} says {kept.get(name, 0)}, the rows say {counted.get(name, 0)}."


def _tickets(session: Session) -> Iterator[str]:
    nobody_waits = col(Ticket.waiting_since).is_(None) & col(Ticket.wake_at).is_(None)
    forgotten = (col(Ticket.status) != Status.CLOSED) & nobody_waits
    sleepless = col(Ticket.status).in_(SLEEPING) & col(Ticket.wake_at).is_(None)
    for ticket_id in _first(session, select(col(Ticket.id)).where(forgotten | sleepless)):
        yield f"{ref(ticket_id)} has no next moment: nothing would bring it back."


def _words(session: Session) -> Iterator[str]:
    """Find open tickets whose last customer word is unanswered, and which say that nobody waits, or the reverse."""
    word, answer = aliased(Message), aliased(Message)
    answered = exists().where(
        col(answer.ticket_id) == word.ticket_id,
        col(answer.kind) == MessageKind.STAFF,
        col(answer.takes_turn).is_(True),
        col(answer.id) > word.id,
    )
    waits = exists().where(
        col(word.ticket_id) == Ticket.id,
        col(word.kind) == MessageKind.CUSTOMER,
        col(word.takes_turn).is_(True),
        ~answered,
    )
    is_open = text(OPEN_SQL)
    for ticket_id in _first(session, select(col(Ticket.id)).where(is_open, col(Ticket.waiting_since).is_(None), waits)):
        yield f"{ref(ticket_id)} holds an unanswered word, but says that nobody waits."
    wrong = select(col(Ticket.id)).where(is_open, col(Ticket.waiting_since).is_not(None), ~waits)
    for ticket_id in _first(session, wrong):
        yield f"{ref(ticket_id)} says that somebody waits, but every word is answered."


def _answers(session: Session) -> Iterator[str]:
    leaves = exists().where(col(Outbox.answer_id) == Message.id)
    kept_home: Any = select(col(Message.id)).where(col(Message.kind) == MessageKind.STAFF, ~leaves)
    for message_id in _first(session, kept_home):
        yield f"Answer {message_id} has no mail in the outbox."
    tried = exists().where(col(DeliveryAttempt.outbox_id) == Outbox.id, col(DeliveryAttempt.outcome) == "sent")
    unproven = select(col(Outbox.id)).where(col(Outbox.state) == OutboxState.SENT, ~tried)
    for outbox_id in _first(session, unproven):
        yield f"Mail {outbox_id} of the outbox counts as sent, but no attempt says so."


def _first(session: Session, statement: Any) -> list[Any]:
    return list(session.execute(statement.limit(SHOWN)).scalars())
