"""From the ledger to a ticket: mails are leased to a filer, and each ends in exactly one fate (law 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, select

from desk import filed, outgoing
from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import participants, storable
from desk.decisions import decided
from desk.errors import NotFound
from desk.policies import in_force
from desk.recording import record
from procedure.clues import Clues
from procedure.mail import Envelope, ParsedMail, RuleHit
from procedure.permissions import Permission
from procedure.terms import Fate, ref
from procedure.threading import Destination, TicketFacts, decide, find_clues
from store.tables import Ledger, LedgerRaw, Message, Outbox, Ticket

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=30)
_LARGEST_TICKET = 2**31 - 1


@dataclass(frozen=True)
class ClaimedMail:
    """A mail that a filer has leased; ``attempts`` counts this one."""

    ledger_id: int
    envelope: Envelope
    attempts: int


@dataclass(frozen=True)
class Filed:
    """Where a mail ended."""

    fate: Fate
    ticket_id: int | None


@act(Permission.FILE_MAIL)
def claim(actor: Actor, desk: Desk, limit: int = 8) -> list[ClaimedMail]:
    """Lease up to ``limit`` due mails for 60 s, oldest first, among them those whose filer disappeared.

    A mail whose filer disappeared three times is parked as poison here: what kills a filer must not kill it for ever.
    """

    def work(session: Session) -> list[ClaimedMail]:
        now = desk.clock.now()
        statement = (
            select(Ledger)
            .where(
                Ledger.fate == Fate.PENDING,
                Ledger.due_at <= now,
                or_(col(Ledger.lease_until).is_(None), col(Ledger.lease_until) <= now),
            )
            .order_by(col(Ledger.due_at), col(Ledger.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = [_lease(session, actor, row, now) for row in session.exec(statement).all()]
        return [mail for mail in claimed if mail is not None]

    return desk.database.write(work)


def _lease(session: Session, actor: Actor, row: Ledger, now: datetime) -> ClaimedMail | None:
    assert row.id is not None
    if row.attempts >= MAX_ATTEMPTS:
        _park(session, actor, row, now, "Its filer disappeared three times while reading it.")
        return None
    row.attempts += 1
    row.lease_until = now + LEASE
    raw = session.get_one(LedgerRaw, row.id).raw
    envelope = Envelope(row.received_at, row.peer, row.mail_from, tuple(row.rcpt_to), raw)
    return ClaimedMail(row.id, envelope, row.attempts)


@act(Permission.FILE_MAIL)
def fail(actor: Actor, desk: Desk, ledger_id: int, reason: str) -> Fate:
    """Write down that a mail could not be read this time; the third time it is poison, and a person decides."""

    def work(session: Session) -> Fate:
        row, now = _locked(session, ledger_id), desk.clock.now()
        if row.fate is not Fate.PENDING:
            return row.fate
        if row.attempts >= MAX_ATTEMPTS:
            _park(session, actor, row, now, reason)
        else:
            row.lease_until, row.due_at, row.reason = None, now + RETRY_AFTER * row.attempts, storable(reason)[:500]
        return row.fate

    return desk.database.write(work)


def _park(session: Session, actor: Actor, row: Ledger, now: datetime, reason: str) -> None:
    row.fate, row.reason, row.lease_until, row.decision = Fate.POISON, storable(reason)[:500], None, None
    record(session, actor, now, "filed", data={"ledger": row.id, "fate": Fate.POISON.value, "reason": row.reason})


@act(Permission.FILE_MAIL)
def file(actor: Actor, desk: Desk, ledger_id: int, parsed: ParsedMail) -> Filed:
    """Give a parsed mail its fate, once; asked again it returns the fate that the mail has. Raises NotFound."""
    return desk.database.write(lambda session: _file(session, actor, desk, ledger_id, parsed))


@act(Permission.FILE_MAIL)
def file_all(actor: Actor, desk: Desk, mails: Sequence[tuple[int, ParsedMail]]) -> list[Filed]:
    """Give several parsed mails their fates in one transaction, which costs one fsync; all or none. Raises NotFound."""
    return desk.database.write(
        lambda session: [_file(session, actor, desk, ledger_id, parsed) for ledger_id, parsed in mails]
    )


def _file(session: Session, actor: Actor, desk: Desk, ledger_id: int, parsed: ParsedMail) -> Filed:
    """Decide and write.

    1. read the clues and look up the tickets they name; 2. let the rules decide, unless a person has; 3. write ticket
    or message, the answers that it ends, the acknowledgement; 4. write the fate with the rules that had a say.
    """
    row = _locked(session, ledger_id)
    if row.fate is not Fate.PENDING:
        return Filed(row.fate, row.ticket_id)
    now, policy = desk.clock.now(), in_force(session, desk)
    raw = session.get_one(LedgerRaw, ledger_id).raw
    envelope = Envelope(row.received_at, row.peer, row.mail_from, tuple(row.rcpt_to), raw)
    clues = _clues(session, desk, parsed, envelope)
    facts = _facts(session, clues)
    where = decide(parsed, envelope, clues, facts, policy.times.reopen, now)
    where = decided(session, row.decision, parsed, _flagged(session, where, parsed))
    mail = filed.Arrived(ledger_id, envelope, parsed)
    where = _bounce(session, actor, desk, parsed, where)
    ticket_id = filed.write(session, actor, desk, policy, mail, where)
    _settle(session, actor, row, where, ticket_id, now)
    return Filed(where.fate, ticket_id)


def _flagged(session: Session, where: Destination, parsed: ParsedMail) -> Destination:
    """Say that the Message-ID of a mail is known from other bytes: a new message all the same, but worth a look."""
    if not parsed.message_id:
        return where
    known = select(Message.ticket_id).where(
        Message.message_id == storable(parsed.message_id)[:998], col(Message.ledger_id).is_not(None)
    )
    ticket_id = session.exec(known.limit(1)).first()
    if ticket_id is None:
        return where
    hit = RuleHit("same-message-id", f"Another mail with this Message-ID and other bytes is in {ref(ticket_id)}.")
    return replace(where, rules=(*where.rules, hit))


def _clues(session: Session, desk: Desk, parsed: ParsedMail, envelope: Envelope) -> Clues:
    clues = find_clues(parsed, envelope, desk.key, desk.mail.addresses)
    if not clues.header_ids:
        return clues
    wanted = [storable(message_id) for message_id in clues.header_ids]
    statement = select(Message.message_id, Message.ticket_id).where(col(Message.message_id).in_(wanted))
    return clues.knowing(dict(session.exec(statement).all()))


def _facts(session: Session, clues: Clues) -> Mapping[int, TicketFacts]:
    wanted = [ticket_id for ticket_id in clues.ticket_ids if ticket_id <= _LARGEST_TICKET]
    if not wanted:
        return {}
    rows = session.exec(select(Ticket).where(col(Ticket.id).in_(wanted)).with_for_update()).all()
    people = participants(session, [row.id for row in rows if row.id is not None])
    return {
        row.id: TicketFacts(row.id, row.status, people[row.id], row.closed_at) for row in rows if row.id is not None
    }


def _bounce(session: Session, actor: Actor, desk: Desk, parsed: ParsedMail, where: Destination) -> Destination:
    """End the answer that a bounce is about, and tie the bounce to its ticket."""
    row: Outbox | None = None
    if where.bounced_outbox_id is not None and where.bounced_outbox_id <= _LARGEST_TICKET:
        row = session.get(Outbox, where.bounced_outbox_id)
    elif where.bounced_message_id is not None:
        row = session.exec(select(Outbox).where(Outbox.message_id == where.bounced_message_id)).first()
    if row is None or row.id is None:
        return where
    reply = " ".join(f"{parsed.bounce_status} {parsed.subject}".split())
    outgoing.bounced(session, actor, desk, row.id, f"Bounced: {reply}")
    return replace(where, ticket_id=row.ticket_id)


def _settle(
    session: Session, actor: Actor, row: Ledger, where: Destination, ticket_id: int | None, now: datetime
) -> None:
    row.fate, row.reason, row.ticket_id = where.fate, storable(where.reason)[:500], ticket_id
    row.rules = [{"rule": hit.rule, "because": storable(hit.because)[:300]} for hit in where.rules]
    row.lease_until = None
    if where.fate is Fate.QUARANTINED:
        row.wants_ticket_id, row.decision = where.linked_ticket_id, None
    if ticket_id is not None:
        _received_again(session, actor, row, ticket_id)
    if where.fate not in (Fate.NEW_TICKET, Fate.APPENDED):
        data = {"ledger": row.id, "fate": where.fate.value, "reason": row.reason}
        record(session, actor, now, "filed", ticket_id, data)


def _received_again(session: Session, actor: Actor, row: Ledger, ticket_id: int) -> None:
    """Show on its ticket what came again before the first was filed."""
    statement = select(Ledger).where(Ledger.duplicate_of == row.id, col(Ledger.ticket_id).is_(None))
    for again in session.exec(statement.order_by(col(Ledger.id))).all():
        again.ticket_id = ticket_id
        data = {"ledger": again.id, "first": row.id}
        record(session, actor, again.received_at, "received_again", ticket_id, data)


def _locked(session: Session, ledger_id: int) -> Ledger:
    row = session.exec(select(Ledger).where(col(Ledger.id) == ledger_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no mail {ledger_id} in the ledger.")
    return row
