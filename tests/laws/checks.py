"""The laws as sentences about what is broken: looked at after every step of a random history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlalchemy import text
from sqlmodel import Session, col, select

from desk import ledger, raw_mail
from desk.actors import Actor
from desk.context import Desk
from desk.policies import in_force
from desk.recording import snapshot
from desk.timekeeping import clocks_of, due_of, next_alarm
from procedure.history import rebuild
from procedure.mail import Envelope
from procedure.terms import CLOSED_STATUSES, Fate, Level, MessageKind, OutboxState
from procedure.turn import Word, waiting_since
from store import queues
from store.tables import DeliveryAttempt, Event, Ledger, Message, Outbox, Ticket


def broken(desk: Desk, reader: Actor) -> list[str]:
    """Return a sentence for each law that does not hold; none when all is well."""
    balance, sums = ledger.balance(reader, desk), ledger.sums(reader, desk)
    found = [] if balance.is_balanced else [f"the ledger is not balanced: {balance}"]
    if (sums.accepted, sums.fates, sums.pending) != (balance.accepted, balance.fates, balance.pending):
        found.append(f"the counters of the ledger say {sums}, counting says {balance}")
    return [*found, *desk.database.read(lambda session: list(_all(session, desk)))]


def _all(session: Session, desk: Desk) -> Iterator[str]:
    tickets = session.exec(select(Ticket).order_by(col(Ticket.id))).all()
    yield from _mails(session, desk)
    yield from _queues(session, tickets)
    yield from _outbox(session)
    for ticket in tickets:
        yield from (f"TD-{ticket.id}: {sentence}" for sentence in _ticket(session, desk, ticket))


def _mails(session: Session, desk: Desk) -> Iterator[str]:
    rows = session.exec(select(Ledger)).all()
    originals = Counter(row.digest for row in rows if row.duplicate_of is None)
    yield from (f"{number} originals have one digest" for number in originals.values() if number > 1)
    for row in rows:
        if row.fate is not Fate.PENDING and row.lease_until is not None:
            yield f"mail {row.id} is {row.fate} and still leased"
        if row.duplicate_of is None and _digest(session, desk, row) != row.digest:
            yield f"mail {row.id} has other bytes than came"
        if row.decision is not None:
            yield from _decision(row)


def _digest(session: Session, desk: Desk, row: Ledger) -> str:
    octets = raw_mail.raw_of(session, desk, row.id or 0) or b""
    return raw_mail.digest(Envelope(row.received_at, row.peer, row.mail_from, tuple(row.rcpt_to), octets))


def _decision(row: Ledger) -> Iterator[str]:
    """A decision that the filer carried out is what became of the mail; one on parked mail is spam and nothing else."""
    act, ends = row.decision["act"], {"release": Fate.NEW_TICKET, "join": Fate.APPENDED}
    is_parked = row.fate in (Fate.QUARANTINED, Fate.POISON)
    if is_parked is not (act == "spam"):
        yield f"mail {row.id} is {row.fate}, decided was {act}"
    elif row.fate is not Fate.PENDING and not is_parked and row.fate is not ends.get(act, row.fate):
        yield f"mail {row.id} was decided {act} and is {row.fate}"
    elif act == "join" and row.fate is Fate.APPENDED and row.ticket_id != row.decision["ticket"]:
        yield f"mail {row.id} was to join {row.decision['ticket']} and is in {row.ticket_id}"


def _queues(session: Session, tickets: Sequence[Ticket]) -> Iterator[str]:
    every = {row.id or 0: row for row in tickets}
    listed = {level: queues.ids(session, int(level)) for level in Level}
    for number, row in every.items():
        expected = [] if row.status in CLOSED_STATUSES else [row.level]
        if [int(level) for level in Level if number in listed[level]] != expected:
            yield f"TD-{number} is {row.status} on level {row.level} and listed elsewhere"
    for ids in listed.values():
        keys = [(every[i].turn, every[i].next_at, i) for i in ids]
        if any(first > second for first, second in pairwise(keys)):
            yield f"a queue is out of order: {keys}"
    counted = Counter((row.level, row.turn) for row in every.values() if row.status not in CLOSED_STATUSES)
    kept = {key: number for key, number in queues.counts(session).items() if number}
    if kept != dict(counted):
        yield f"the counters of the queues say {kept}, counting says {dict(counted)}"


def _outbox(session: Session) -> Iterator[str]:
    mails = session.exec(select(Outbox)).all()
    answers = session.exec(select(Message).where(Message.kind == MessageKind.STAFF)).all()
    by_answer = {mail.answer_id: mail for mail in mails if mail.answer_id is not None}
    for answer in answers:
        mail = by_answer.get(answer.id or 0)
        if mail is None:
            yield f"answer {answer.id} has no mail"
        elif (mail.state is OutboxState.DEAD) is answer.takes_turn:
            yield f"answer {answer.id} counts: {answer.takes_turn}, its mail is {mail.state}"
    tried = set(session.exec(select(DeliveryAttempt.outbox_id).where(DeliveryAttempt.outcome == "sent")))
    yield from (
        f"mail {m.id} is sent without an attempt" for m in mails if m.state is OutboxState.SENT and m.id not in tried
    )


def _ticket(session: Session, desk: Desk, ticket: Ticket) -> Iterator[str]:
    if ticket.status not in CLOSED_STATUSES and ticket.waiting_since is None and ticket.wake_at is None:
        yield "has no next moment"
    messages = session.exec(select(Message).where(Message.ticket_id == ticket.id).order_by(col(Message.id)))
    since = waiting_since(Word(m.kind, m.at, m.takes_turn) for m in messages)
    if ticket.waiting_since != since:
        yield f"waits since {ticket.waiting_since}, its messages say {since}"
    clocks, told = clocks_of(session, in_force(session, desk), ticket, desk.clock.now())
    if (ticket.due_at, ticket.alarm_at) != (due_of(clocks), next_alarm(clocks, told)):
        yield f"is due {ticket.due_at}, waits since {since}, its clocks say {due_of(clocks)}"
    events = session.exec(select(Event).where(Event.ticket_id == ticket.id).order_by(col(Event.id))).all()
    rebuilt, row = rebuild(event.data for event in events), snapshot(session, ticket)
    if rebuilt != row:
        yield f"differs from its events in {[key for key in row if row[key] != rebuilt.get(key)]}"
    changes = sum("set" in event.data for event in events)
    if ticket.version != changes:
        yield f"has version {ticket.version} and {changes} events that changed it"


def sound(desk: Desk) -> bool:
    """Tell whether SQLite finds its own file sound."""

    def work(session: Session) -> bool:
        checks = [session.execute(text(f"PRAGMA {check}")).all() for check in ("integrity_check", "foreign_key_check")]
        return checks == [[("ok",)], []]

    return desk.database.read(work)
