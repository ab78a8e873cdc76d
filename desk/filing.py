"""From the ledger to a ticket: mails are leased to a filer, and each ends in exactly one fate (law 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, text
from sqlmodel import Session, col, select

from desk import filed, floods, outgoing
from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.decisions import decided
from desk.errors import NotFound
from desk.evidence import clues_of, facts_of, known_of
from desk.policies import in_force
from desk.raw_mail import part_of, raws_of
from desk.recording import record
from procedure.automatic import Delivery
from procedure.clues import MAX_HEADER_BYTES
from procedure.mail import RECEIVED_COUNT, Envelope, ParsedMail
from procedure.permissions import Permission
from procedure.policy import Policy
from procedure.routing import Routing, decide_mail
from procedure.terms import Fate
from procedure.threading import Destination, decide
from store.tables import PENDING_SQL, Ledger, Outbox

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
"""Failures to read or file a mail after which a person decides."""

MAX_DISAPPEARANCES = 10
"""Filers that may disappear over one mail; more than failures: a machine that keeps falling is no mail's fault."""

AT_ONCE = 16 << 20
"""Octets of mail that a filer has in memory at once, unless one mail is larger."""

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

    Of large mails fewer: what is claimed at once is in memory at once. A mail that was claimed before is claimed alone,
    or its neighbours would be counted with it when it kills the filer again. A mail whose filer disappeared ten times
    is parked as poison here: what kills a filer must not kill it for ever.
    """

    def work(session: Session) -> list[Ledger]:
        now = desk.clock.now()
        statement = (
            select(Ledger)
            .where(
                text(PENDING_SQL),
                Ledger.due_at <= now,
                or_(col(Ledger.lease_until).is_(None), col(Ledger.lease_until) <= now),
            )
            .order_by(col(Ledger.due_at), col(Ledger.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [row for row in _at_once(session.exec(statement).all()) if _lease(session, actor, row, now)]

    # The bytes are read outside the transaction: they are many, and writers wait.
    rows = desk.database.write(work)
    raws = desk.database.read(lambda session: raws_of(session, desk, [_id(row) for row in rows])) if rows else {}
    for row in rows:
        if _id(row) not in raws:  # its neighbours have their bytes
            fail(actor, desk, _id(row), "Its bytes cannot be read.")
    return [ClaimedMail(_id(row), _envelope(row, raws[_id(row)]), row.attempts) for row in rows if _id(row) in raws]


def _at_once(rows: Sequence[Ledger]) -> list[Ledger]:
    """Return the first mails that are claimed together."""
    chosen: list[Ledger] = []
    for row in rows:
        if chosen and (row.attempts or chosen[0].attempts or sum(one.size for one in chosen) + row.size > AT_ONCE):
            break
        chosen.append(row)
    return chosen


def _lease(session: Session, actor: Actor, row: Ledger, now: datetime) -> bool:
    if row.attempts >= MAX_DISAPPEARANCES:
        _park(session, actor, row, now, "Its filer disappeared ten times while reading it.")
        return False
    row.attempts += 1
    row.lease_until = now + LEASE
    return True


def _envelope(row: Ledger, raw: bytes) -> Envelope:
    return Envelope(row.received_at, row.peer, row.mail_from, tuple(row.rcpt_to), raw, row.user)


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
    return desk.database.write(lambda session: _file(session, actor, desk, in_force(session, desk), ledger_id, parsed))


@act(Permission.FILE_MAIL)
def file_all(actor: Actor, desk: Desk, mails: Sequence[tuple[int, ParsedMail]]) -> list[Filed]:
    """Give parsed mails their fates in one transaction, which costs one fsync; all or none of those that it returns.

    It ends early when an arriving mail waits for the store: then the rest is for the next call. Never none. What is
    read in the words of a mail is read before the transaction, since nobody else writes meanwhile. Raises NotFound.
    """
    routed = _route(desk, mails)

    def work(session: Session) -> list[Filed]:
        policy = in_force(session, desk)
        done: list[Filed] = []
        for ledger_id, parsed in mails:
            if done and desk.database.is_wanted:
                break
            routing = routed.get(ledger_id) if routed.policy is policy else None
            done.append(_file(session, actor, desk, policy, ledger_id, parsed, routing))
        return done

    return desk.database.write(work)


class _Routed(dict[int, Routing]):
    """Where mails would go as new requests, by a policy."""

    policy: Policy


def _route(desk: Desk, mails: Sequence[tuple[int, ParsedMail]]) -> _Routed:
    """Route what looks like new requests; the others are hardly ever."""
    new = {ledger_id: parsed for ledger_id, parsed in mails if not (parsed.in_reply_to or parsed.references)}

    def work(session: Session) -> tuple[Policy, dict[int, list[str]]]:
        recipients = select(Ledger.id, Ledger.rcpt_to).where(col(Ledger.id).in_(new), text(PENDING_SQL))
        return in_force(session, desk), {number: to for number, to in session.exec(recipients) if number is not None}

    policy, recipients = desk.database.read(work)
    routed = _Routed((number, decide_mail(new[number], to, policy)) for number, to in recipients.items())
    routed.policy = policy
    return routed


def _file(
    session: Session,
    actor: Actor,
    desk: Desk,
    policy: Policy,
    ledger_id: int,
    parsed: ParsedMail,
    routing: Routing | None = None,
) -> Filed:
    """Decide and write.

    1. read the clues and look up the tickets they name; 2. let the rules decide, unless a person has; 3. write ticket
    or message, the answers that it ends, the acknowledgement; 4. write the fate with the rules that had a say.
    """
    row = _locked(session, ledger_id)
    if row.fate is not Fate.PENDING:
        return Filed(row.fate, row.ticket_id)
    now = desk.clock.now()
    # The bytes are asked for servers passed alone, which their reader has counted.
    is_counted = RECEIVED_COUNT in parsed.headers
    envelope = _envelope(row, b"" if is_counted else part_of(session, desk, ledger_id, 0, MAX_HEADER_BYTES) or b"")
    clues, known = clues_of(session, desk, parsed, envelope), known_of(session, row, parsed, policy)
    facts = facts_of(session, clues, known, parsed)
    where = decide(parsed, envelope, clues, facts, policy, now, known)
    where = decided(session, row.decision, parsed, where)
    mail = filed.Arrived(ledger_id, envelope, parsed, routing)
    where = _bounce(session, actor, desk, parsed, where)
    ticket_id = filed.write(session, actor, desk, policy, mail, where)
    _settle(session, actor, row, where, ticket_id, now, policy.flood.window)
    return Filed(where.fate, ticket_id)


def _bounce(session: Session, actor: Actor, desk: Desk, parsed: ParsedMail, where: Destination) -> Destination:
    """Tie a delivery report to the answer it is about and to its ticket; only a failure ends the answer."""
    row: Outbox | None = None
    if where.bounced_outbox_id is not None and where.bounced_outbox_id <= _LARGEST_TICKET:
        row = session.get(Outbox, where.bounced_outbox_id)
    elif where.bounced_message_id is not None:
        row = session.exec(select(Outbox).where(Outbox.message_id == where.bounced_message_id)).first()
    if row is None or row.id is None:
        return where
    reply = " ".join(f"{parsed.bounce_status} {parsed.subject}".split())
    if where.delivery is Delivery.FAILED:
        outgoing.bounced(session, actor, desk, row.id, f"Bounced: {reply}")
    elif where.delivery is Delivery.DELAYED:
        outgoing.delayed(session, actor, desk, row.id, reply)
    return replace(where, ticket_id=row.ticket_id)


def _settle(
    session: Session,
    actor: Actor,
    row: Ledger,
    where: Destination,
    ticket_id: int | None,
    now: datetime,
    window: timedelta,
) -> None:
    row.fate, row.reason, row.ticket_id = where.fate, storable(where.reason)[:500], ticket_id
    row.duplicate_of = where.duplicate_of
    row.rules = [{"rule": hit.rule, "because": storable(hit.because)[:300]} for hit in where.rules]
    row.lease_until = None
    if where.fate is Fate.QUARANTINED:
        row.wants_ticket_id, row.decision = where.linked_ticket_id, None
        if where.is_flood:
            floods.fold(session, row, where, window)
    if ticket_id is not None:
        _received_again(session, actor, row, ticket_id)
    if where.fate not in (Fate.NEW_TICKET, Fate.APPENDED):
        data = {"ledger": row.id, "fate": where.fate.value, "reason": row.reason}
        # What waits for a person is no history of a ticket yet; a flood would fill one.
        record(session, actor, now, "filed", None if where.fate is Fate.QUARANTINED else ticket_id, data)


def _received_again(session: Session, actor: Actor, row: Ledger, ticket_id: int) -> None:
    """Show on its ticket what came again before the first was filed."""
    for again in session.exec(_again(), params={"first": row.id}).all():
        again.ticket_id = ticket_id
        data = {"ledger": again.id, "first": row.id}
        record(session, actor, again.received_at, "received_again", ticket_id, data)


def _id(row: Ledger) -> int:
    assert row.id is not None
    return row.id


def _locked(session: Session, ledger_id: int) -> Ledger:
    row: Ledger | None = session.exec(_for_update(), params={"number": ledger_id}).first()
    if row is None:
        raise NotFound(f"There is no mail {ledger_id} in the ledger.")
    return row


# Built once: for every mail that is filed, building a statement costs as much as running it.


@cache
def _for_update() -> Any:
    return select(Ledger).where(col(Ledger.id) == bindparam("number")).with_for_update()


@cache
def _again() -> Any:
    unfiled = select(Ledger).where(col(Ledger.duplicate_of) == bindparam("first"), col(Ledger.ticket_id).is_(None))
    return unfiled.order_by(col(Ledger.id))
