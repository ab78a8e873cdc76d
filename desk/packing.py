"""Mail packed some time after it came, so that the ledger can keep every byte for years.

Nobody waits for it: a step looks at some mails after the last one looked at, packs with no transaction open, and writes
with a short one. Packed bytes replace the others only after they were read back the same, and only where the others
have the ledger's digest: what is damaged is left for people to look at.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.raw_mail import digest, raw_of
from procedure.mail import Envelope
from procedure.permissions import Permission
from store.errors import StoreError
from store.packing import packed
from store.tables import Ledger, LedgerRaw, Setting

log = logging.getLogger("tierdesk.desk")

AFTER = timedelta(minutes=10)
"""Age from which on a mail is packed: by then it is filed, and whoever sends it again has done so."""

MOST_MAILS = 256
MOST_OCTETS = 4 << 20
"""What one step looks at: a tenth of a second of a processor."""

_MARK = "packed_to"
"""The setting that says which mail was looked at last."""


@dataclass(frozen=True)
class _Plain:
    """A mail that is not packed yet; ``file`` is '' when its row has the bytes."""

    ledger_id: int
    octets: bytes
    file: str
    has_its_digest: bool


@act(Permission.HOLD_SERVICE)
def pack_some(actor: Actor, desk: Desk) -> int:
    """Pack the next mails that are ten minutes old, and return how many were looked at; 0 when none is due.

    1. choose; 2. read and pack each, files on the spot; 3. write the rows and the mark in one transaction.
    """
    chosen = desk.database.read(lambda session: _chosen(session, desk))
    if not chosen:
        return 0
    small: list[tuple[int, int, bytes]] = []
    for ledger_id in chosen:
        mail = _plain(desk, ledger_id)
        octets = _packed(desk, mail) if mail is not None else None
        if mail is not None and octets is not None:
            small.append((ledger_id, len(mail.octets), octets))
    desk.database.write(lambda session: _write(session, small, chosen[-1]))
    return len(chosen)


def _chosen(session: Session, desk: Desk) -> list[int]:
    mark = session.get(Setting, _MARK)
    statement = (
        select(Ledger.id, Ledger.size, Ledger.received_at)
        .join(LedgerRaw, col(LedgerRaw.ledger_id) == col(Ledger.id))
        .where(col(LedgerRaw.ledger_id) > int(mark.value if mark else 0))
        .order_by(col(LedgerRaw.ledger_id))
        .limit(MOST_MAILS)
    )
    found: list[int] = []
    octets, until = 0, desk.clock.now() - AFTER
    for ledger_id, size, received_at in session.exec(statement):
        octets += size
        if ledger_id is None or received_at > until or (found and octets > MOST_OCTETS):
            break
        found.append(ledger_id)
    return found


def _plain(desk: Desk, ledger_id: int) -> _Plain | None:
    """Return a mail that is not packed yet; None for one that is, or that cannot be read, which the doctor tells."""

    def work(session: Session) -> _Plain | None:
        row, kept = session.get_one(Ledger, ledger_id), session.get_one(LedgerRaw, ledger_id)
        spool = desk.database.spool
        if kept.plain_size is not None or (kept.file and spool is not None and spool.is_packed(kept.file)):
            return None
        octets = raw_of(session, desk, ledger_id) or b""
        envelope = Envelope(row.received_at, row.peer, row.mail_from, tuple(row.rcpt_to), octets)
        return _Plain(ledger_id, octets, kept.file, digest(envelope) == row.digest)

    try:
        return desk.database.read(work)
    except StoreError as error:
        log.warning("action=not_packed mail=%d reason=%s", ledger_id, type(error).__name__)
        return None


def _packed(desk: Desk, mail: _Plain) -> bytes | None:
    """Return the packed bytes for a row; a file is packed here and now. None where nothing is to be written."""
    if not mail.has_its_digest:
        log.warning("action=not_packed mail=%d reason=digest", mail.ledger_id)
        return None
    if not mail.file:
        return packed(mail.octets)
    if desk.database.spool is not None:
        desk.database.spool.pack(mail.file, mail.octets)
    return None


def _write(session: Session, small: list[tuple[int, int, bytes]], last: int) -> None:
    for ledger_id, size, octets in small:
        row = col(LedgerRaw.ledger_id) == ledger_id
        still_plain = col(LedgerRaw.plain_size).is_(None) & (col(LedgerRaw.file) == "")
        session.execute(update(LedgerRaw).where(row, still_plain).values(raw=octets, plain_size=size))
    mark = session.get(Setting, _MARK) or Setting(key=_MARK, value="0")
    mark.value = str(max(int(mark.value), last))
    session.add(mark)
