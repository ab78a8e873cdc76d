"""The ledger: every accepted mail is a row before the peer is told 250, and the rows add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from desk import floods, raw_mail
from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.errors import NotFound
from desk.raw_mail import KeptMail
from desk.recording import record as record_event
from desk.views import Balance, DecisionView, LedgerRow, RawPart
from procedure.mail import Envelope, RuleHit
from procedure.permissions import Permission
from procedure.terms import Fate
from procedure.tokens import base_address
from store.inserting import inserting, table_of
from store.laws import nothing_behind
from store.tables import Ledger, LedgerCount, LedgerRaw


@act(Permission.ACCEPT_MAIL)
def accepts(actor: Actor, desk: Desk, address: str) -> bool:
    """Tell whether mail to ``address`` is for us: a support address, with or without a ``+tag``, or our postmaster."""
    base = base_address(address)
    local, _, domain = base.rpartition("@")
    if base in desk.mail.addresses:
        return True
    if not local:  # RFC 5321 §4.5.1: <postmaster> without a domain is always accepted
        return domain == "postmaster"
    return local == "postmaster" and any(known.endswith("@" + domain) for known in desk.mail.addresses)


@act(Permission.ACCEPT_MAIL)
def keep(actor: Actor, desk: Desk, envelope: Envelope) -> KeptMail:
    """Return a mail ready for ``record``, with its digest; the bytes of a large one are durable then.

    Worth a thread of its own for each large mail, so that none waits for another's disk. Raises Unavailable.
    """
    return raw_mail.keep(desk, envelope)


@act(Permission.ACCEPT_MAIL)
def record(actor: Actor, desk: Desk, mails: Sequence[Envelope | KeptMail]) -> list[int]:
    """Write mails and return their ledger ids in order; durable when this returns (law 1).

    One transaction for all: connections that wait at the same time share its fsync. A mail whose sender, recipients
    and bytes are known becomes a row ``duplicate`` that points at the first (law 2). Raises Unavailable with nothing
    written.
    """
    kept = [mail if isinstance(mail, KeptMail) else raw_mail.keep(desk, mail) for mail in mails]
    return desk.database.write(lambda session: _write(session, actor, kept), urgent=True)


def _write(session: Session, actor: Actor, kept: Sequence[KeptMail]) -> list[int]:
    """Write all mails with two statements, then those that were known, one by one."""
    values = [_values(mail) for mail in kept]
    connection = session.connection()
    insert_originals, insert_raws = _inserts(connection.dialect.name)
    new: dict[str, int] = {digest: ledger_id for digest, ledger_id in connection.execute(insert_originals, values)}
    ids, raws = [], []
    for mail, row in zip(kept, values, strict=True):
        ledger_id = new.pop(mail.digest, None)  # the second of two alike in one batch finds none
        if ledger_id is not None:
            raws.append({"ledger_id": ledger_id, "raw": b"" if mail.file else mail.envelope.raw, "file": mail.file})
        ids.append(ledger_id or _write_duplicate(session, actor, row))
    if raws:
        connection.execute(insert_raws, raws)
    return ids


@cache
def _inserts(dialect: str) -> tuple[Any, Any]:
    """Return the two statements of every accepted mail, built once: building costs as much as running them."""
    originals = inserting(dialect)(table_of(Ledger)).on_conflict_do_nothing(
        index_elements=["digest"], index_where=col(Ledger.duplicate_of).is_(None)
    )
    return originals.returning(col(Ledger.digest), col(Ledger.id)), table_of(LedgerRaw).insert()


def _values(mail: KeptMail) -> dict[str, Any]:
    envelope = mail.envelope
    return {
        "received_at": envelope.received_at,
        "peer": storable(envelope.peer),
        "user": storable(envelope.user),
        "mail_from": storable(envelope.mail_from),
        "rcpt_to": [storable(address) for address in envelope.rcpt_to],
        "size": len(envelope.raw),
        "digest": mail.digest,
        "fate": Fate.PENDING,
        "reason": "",
        "rules": [],
        "attempts": 0,
        "due_at": envelope.received_at,
    }


def _write_duplicate(session: Session, actor: Actor, values: dict[str, Any]) -> int:
    same = (Ledger.digest == values["digest"], col(Ledger.duplicate_of).is_(None))
    first = session.exec(select(Ledger).where(*same)).one()
    again = Ledger(
        **{
            **values,
            "fate": Fate.DUPLICATE,
            "duplicate_of": first.id,
            "ticket_id": first.ticket_id,
            "reason": f"The same mail as {first.id}, received again.",
        }
    )
    session.add(again)
    session.flush()
    assert again.id is not None
    if first.ticket_id is not None:
        data = {"ledger": again.id, "first": first.id}
        record_event(session, actor, values["received_at"], "received_again", first.ticket_id, data)
    return again.id


@act(Permission.READ_LEDGER)
def rows(
    actor: Actor, desk: Desk, *, fate: Fate | None = None, before_id: int | None = None, limit: int | None = 50
) -> list[LedgerRow]:
    """Return ledger rows, newest first; the next page begins before the last row's id. ``limit`` None: all."""

    def work(session: Session) -> list[LedgerRow]:
        statement = select(Ledger).order_by(col(Ledger.id).desc())
        if fate is not None:
            statement = statement.where(Ledger.fate == fate)
        if before_id is not None:
            statement = statement.where(col(Ledger.id) < before_id)
        return [_view(row) for row in session.exec(statement.limit(limit))]

    return desk.database.read(work)


@act(Permission.READ_LEDGER)
def some(actor: Actor, desk: Desk, wanted: Iterable[int]) -> dict[int, LedgerRow]:
    """Return mails by id, at most 500; an id that is not there is left out."""
    few = list(wanted)[:500]

    def work(session: Session) -> dict[int, LedgerRow]:
        rows = session.exec(select(Ledger).where(col(Ledger.id).in_(few))).all()
        folded = floods.sizes(session, few)
        return {view.id: replace(view, folded=folded.get(view.id, 0)) for view in map(_view, rows)}

    return desk.database.read(work)


@act(Permission.READ_LEDGER)
def get(actor: Actor, desk: Desk, ledger_id: int) -> LedgerRow:
    """Return one ledger row. Raises NotFound."""
    return desk.database.read(
        lambda session: replace(
            _view(_row(session, ledger_id)), folded=floods.sizes(session, [ledger_id]).get(ledger_id, 0)
        )
    )


@act(Permission.READ_RAW)
def raw(actor: Actor, desk: Desk, ledger_id: int) -> bytes:
    """Return the bytes of an accepted mail as they came. Raises NotFound.

    Those of a mail that was sent again are the first's; one that came by a second path has its own.
    """

    def work(session: Session) -> bytes:
        row = _row(session, ledger_id)
        return _first_found(raw_mail.raw_of(session, desk, number) for number in _places(row))

    return desk.database.read(work)


@act(Permission.READ_RAW)
def part(actor: Actor, desk: Desk, ledger_id: int, start: int = 0, length: int = 16_384) -> RawPart:
    """Return at most ``length`` bytes of a mail from ``start`` on; no more of it is held in memory. Raises NotFound."""

    def work(session: Session) -> RawPart:
        row = _row(session, ledger_id)
        found = _first_found(raw_mail.part_of(session, desk, number, start, length) for number in _places(row))
        return RawPart(start, found, row.size)

    return desk.database.read(work)


def _places(row: Ledger) -> list[int]:
    """Return under which numbers the bytes of a mail may be: its own, or the first's that it is the same as."""
    return [number for number in (row.id, row.duplicate_of) if number is not None]


def _first_found(found: Iterable[bytes | None]) -> bytes:
    octets = next((one for one in found if one is not None), None)
    if octets is None:
        raise NotFound("The bytes of this mail are not in the ledger.")
    return octets


@act(Permission.READ_LEDGER)
def sums(actor: Actor, desk: Desk) -> Balance:
    """Return the balance from the counters that triggers keep: the same cost at any size, for the top line."""

    def work(session: Session) -> Balance:
        statement = select(LedgerCount.word, func.sum(LedgerCount.mails)).group_by(LedgerCount.word)
        counted = {word: int(mails) for word, mails in session.exec(statement)}
        fates: dict[Fate, int] = {fate: counted.get(fate.value, 0) for fate in Fate if fate is not Fate.PENDING}
        return Balance(counted.get("accepted", 0), fates, counted.get(Fate.PENDING.value, 0))

    return desk.database.read(work)


@act(Permission.READ_LEDGER)
def balance(actor: Actor, desk: Desk) -> Balance:
    """Return the balance counted from the rows themselves, with what is behind them looked at.

    ``accepted`` is the number of rows that were ever given out (the counter), the fates are counted; a ``new_ticket``
    or ``appended`` row without its message, and an original without its bytes, are faults.
    """

    def work(session: Session) -> Balance:
        counted = {Fate(fate): number for fate, number in session.exec(_count_by_fate())}
        accepted = session.exec(select(func.sum(LedgerCount.mails)).where(LedgerCount.word == "accepted")).one()
        fates: dict[Fate, int] = {fate: counted.get(fate, 0) for fate in Fate if fate is not Fate.PENDING}
        return Balance(int(accepted or 0), fates, counted.get(Fate.PENDING, 0), tuple(nothing_behind(session)))

    return desk.database.read(work)


def _count_by_fate() -> Any:
    return select(Ledger.fate, func.count()).group_by(col(Ledger.fate))


def _row(session: Session, ledger_id: int) -> Ledger:
    row = session.get(Ledger, ledger_id)
    if row is None:
        raise NotFound(f"There is no mail {ledger_id} in the ledger.")
    return row


def _view(row: Ledger) -> LedgerRow:
    assert row.id is not None
    return LedgerRow(
        id=row.id,
        received_at=row.received_at,
        peer=row.peer,
        mail_from=row.mail_from,
        rcpt_to=tuple(row.rcpt_to),
        size=row.size,
        digest=row.digest,
        fate=row.fate,
        reason=row.reason,
        ticket_id=row.ticket_id,
        attempts=row.attempts,
        rules=tuple(RuleHit(**hit) for hit in row.rules),
        duplicate_of=row.duplicate_of,
        wants_ticket_id=row.wants_ticket_id,
        decision=_decision(row.decision),
        user=row.user,
        flood_of=row.flood_of,
    )


def _decision(kept: Any) -> DecisionView | None:
    if kept is None:
        return None
    return DecisionView(kept["act"], kept["by"], datetime.fromisoformat(kept["at"]), kept["ticket"])
