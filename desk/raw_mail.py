"""The bytes of an accepted mail, wherever they lie: in the ledger or in a file beside the store, packed or not.

Whoever wants them asks ``raw_of``, ``raws_of`` or ``part_of``; nobody else knows where and how they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from desk.context import Desk
from procedure.mail import Envelope
from store.columns import Bytes
from store.errors import Unreachable
from store.packing import unpacked
from store.tables import LedgerRaw

LARGE = 32_768
"""Octets from which on a mail lies in a file of its own: measured, a row is cheaper below and a file above."""


@dataclass(frozen=True)
class KeptMail:
    """A mail with its digest, and the file that holds its bytes already ('' when the ledger's row will)."""

    envelope: Envelope
    digest: str
    file: str = ""


def keep(desk: Desk, envelope: Envelope) -> KeptMail:
    """Return the mail ready for its row; a large one is on the disk then. Raises StoreError."""
    key, spool = digest(envelope), desk.database.spool
    if spool is None or len(envelope.raw) < LARGE:
        return KeptMail(envelope, key)
    file = f"{envelope.received_at:%Y-%m-%d}/{key}"
    spool.keep(file, envelope.raw)
    return KeptMail(envelope, key, file)


def digest(envelope: Envelope) -> str:
    """Return the SHA-256 over sender, sorted recipients and bytes, in hex.

    Each part stands with its length, so that no two mails that differ give the same input.
    """
    total = sha256()
    parts = [envelope.mail_from, *sorted(envelope.rcpt_to)]
    for part in (*(text.encode("utf-8", "surrogatepass") for text in parts), envelope.raw):
        total.update(b"%d:" % len(part))
        total.update(part)
    return total.hexdigest()


def raw_of(session: Session, desk: Desk, ledger_id: int) -> bytes | None:
    """Return the bytes of a mail, None when the ledger has none under this number. Raises StoreError."""
    kept = session.get(LedgerRaw, ledger_id)
    return None if kept is None else _octets(desk, kept)


def raws_of(session: Session, desk: Desk, ledger_ids: Sequence[int]) -> dict[int, bytes]:
    """Return the bytes of mails by number; one whose bytes cannot be read is left out."""
    found: dict[int, bytes] = {}
    for kept in session.exec(select(LedgerRaw).where(col(LedgerRaw.ledger_id).in_(ledger_ids))):
        with suppress(Unreachable):
            found[kept.ledger_id] = _octets(desk, kept)
    return found


def part_of(session: Session, desk: Desk, ledger_id: int, start: int, length: int) -> bytes | None:
    """Return at most ``length`` bytes of a mail from ``start`` on; no more of it is held in memory, unless packed."""
    piece: Any = func.substr(LedgerRaw.raw, start + 1, length, type_=Bytes)
    statement = select(piece, LedgerRaw.file, LedgerRaw.plain_size).where(col(LedgerRaw.ledger_id) == ledger_id)
    found = session.exec(statement).first()
    if found is None:
        return None
    octets, file, plain_size = found
    if file:
        return _file(desk, file, start, length)
    if plain_size is None:
        return bytes(octets)
    return unpacked([session.get_one(LedgerRaw, ledger_id).raw], start, length)


def _octets(desk: Desk, kept: LedgerRaw) -> bytes:
    if kept.file:
        return _file(desk, kept.file)
    return kept.raw if kept.plain_size is None else unpacked([kept.raw])


def _file(desk: Desk, name: str, start: int = 0, length: int = -1) -> bytes:
    assert desk.database.spool is not None, "a row that names a file was moved to a server without it"
    return desk.database.spool.read(name, start, length)
