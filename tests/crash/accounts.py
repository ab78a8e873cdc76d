"""What must be true after a crash, counted from the rows and from what the peers remember."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from desk import ledger
from desk.context import Desk
from desk.errors import DeskError
from procedure.terms import Fate, OutboxState
from store import laws
from store.tables import Ledger, Message, Outbox
from tests.fakes.desks import owner_of
from tests.fakes.looks import change
from tests.fakes.smarthost import Received

_LONG_AGO = "'2020-01-01 00:00:00.000000'"
_TOKEN = re.compile(rb"token[0-9]+x[0-9]+z")
_MESSAGE_ID = re.compile(rb"^Message-ID: (<[^>]+>)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Accounts:
    """Tokens by how often they are the original of a ledger row, and the text of a message."""

    originals: Counter[str]
    messages: Counter[str]

    def lost(self, acknowledged: set[str]) -> set[str]:
        """Return what got a 250 and is not in the ledger."""
        return acknowledged - self.originals.keys()

    def doubled(self) -> set[str]:
        """Return what is in the ledger or in the conversations more than once."""
        return {token for counts in (self.originals, self.messages) for token, number in counts.items() if number > 1}

    def unfiled(self, acknowledged: set[str]) -> set[str]:
        """Return what got a 250 and is no message."""
        return acknowledged - self.messages.keys()


def count(desk: Desk, known: dict[str, str] | None = None) -> Accounts:
    """Count the tokens of a store. ``known`` are tokens by digest, added to; bytes that it knows are not read again."""
    tokens = {} if known is None else known
    originals, texts = desk.database.read(_originals_and_texts)
    for ledger_id, digest in originals:
        if digest not in tokens:
            tokens[digest] = _token_of(desk, ledger_id)
    counted = Counter(tokens[digest] for _, digest in originals)
    return Accounts(counted, Counter(_token(words.encode()) for words in texts))


def _token_of(desk: Desk, ledger_id: int) -> str:
    try:
        return _token(ledger.raw(owner_of(), desk, ledger_id))
    except DeskError:  # a row without its bytes is a mail that is lost
        return f"bytes of {ledger_id} are missing"


def _originals_and_texts(session: Session) -> tuple[list[tuple[int, str]], list[str]]:
    originals: Any = select(col(Ledger.id), Ledger.digest).where(col(Ledger.duplicate_of).is_(None))
    texts = select(Message.text).where(col(Message.ledger_id).is_not(None))
    return [(int(row), digest) for row, digest in session.exec(originals)], list(session.exec(texts))


def _token(octets: bytes) -> str:
    found = _TOKEN.search(octets)
    return found[0].decode() if found else "none"


def broken_laws(desk: Desk) -> list[str]:
    """Return every law that does not hold."""
    return desk.database.read(laws.faults)


def pending(desk: Desk) -> int:
    """Return how many mails have no fate yet."""
    return desk.database.read(
        lambda session: len(session.exec(select(Ledger.id).where(Ledger.fate == Fate.PENDING)).all())
    )


def unsent(desk: Desk) -> int:
    """Return how many mails still have to leave."""
    waiting = (OutboxState.QUEUED, OutboxState.SENDING)
    return desk.database.read(
        lambda session: len(session.exec(select(Outbox.id).where(col(Outbox.state).in_(waiting))).all())
    )


def end_leases(desk: Desk) -> None:
    """Let the time pass in which a worker that was killed is still believed to live."""
    change(desk, f"UPDATE ledger SET lease_until = {_LONG_AGO} WHERE lease_until IS NOT NULL")
    change(desk, f"UPDATE outbox SET lease_until = {_LONG_AGO} WHERE lease_until IS NOT NULL")


def make_due(desk: Desk) -> None:
    """Let the time pass that a mail waits after a failure."""
    change(desk, f"UPDATE ledger SET due_at = {_LONG_AGO}")


def outgoing_ids(desk: Desk) -> set[str]:
    """Return the Message-IDs of all mails in the outbox."""
    return desk.database.read(lambda session: set(session.exec(select(Outbox.message_id)).all()))


def sent_ids(received: list[Received]) -> dict[str, set[bytes]]:
    """Return for each Message-ID that the next hop saw the different contents that came under it."""
    found: dict[str, set[bytes]] = {}
    for mail in received:
        match = _MESSAGE_ID.search(mail.content)
        assert match is not None
        found.setdefault(match[1].decode(), set()).add(mail.content)
    return found
