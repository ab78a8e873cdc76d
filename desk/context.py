"""What every use case is given besides its actor: the store, time, chance, and who we are as a mail correspondent."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field

from sqlmodel import Session

from desk.clock import Chance, Clock, SystemChance, SystemClock
from desk.errors import Unavailable
from procedure.policy import Policy
from store import schema
from store.database import Database, StoreError
from store.engine import open_engine
from store.tables import Setting

__all__ = ["Chance", "Clock", "Desk", "MailIdentity", "SystemChance", "SystemClock", "open_desk"]

_KEY_SETTING = "signing_key"


@dataclass(frozen=True)
class MailIdentity:
    """Who we are to correspondents: our support addresses (lower-case, the first is the default) and our name.

    ``has_logins``: our listener knows passwords, so that staff can prove who they are to it.
    """

    addresses: tuple[str, ...]
    name: str
    has_logins: bool = False

    @property
    def default_address(self) -> str:
        """Return the address that answers come from when a ticket did not arrive by mail."""
        return self.addresses[0] if self.addresses else "support@localhost"


class PolicyShelf:
    """The policy last read, so that an unchanged version is not parsed again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version: int | None = None
        self._policy: Policy | None = None

    def get(self, version: int) -> Policy | None:
        """Return the policy if it is ``version``."""
        with self._lock:
            return self._policy if self._version == version else None

    def put(self, version: int, policy: Policy) -> None:
        """Keep ``policy`` as ``version``."""
        with self._lock:
            self._version, self._policy = version, policy


@dataclass(frozen=True)
class Desk:
    """An open desk. Threads may share it."""

    database: Database
    clock: Clock
    chance: Chance
    mail: MailIdentity
    key: bytes = field(repr=False)
    shelf: PolicyShelf = field(default_factory=PolicyShelf, repr=False)

    def close(self) -> None:
        """Close the store's connections."""
        self.database.close()


def open_desk(url: str, mail: MailIdentity, clock: Clock | None = None, chance: Chance | None = None) -> Desk:
    """Open the desk whose store is at ``url``; an empty embedded store is created and migrated.

    Raises Unavailable, with what to do, when the store cannot be reached or has another version.
    """
    clock, chance = clock or SystemClock(), chance or SystemChance()
    try:
        database = Database(open_engine(url))
        if database.is_embedded and schema.revision(database) is None:
            schema.migrate(database)
        schema.require_head(database)
        key = database.write(lambda session: _signing_key(session))
    except StoreError as error:
        raise Unavailable(str(error)) from error
    return Desk(database, clock, chance, mail, key)


def _signing_key(session: Session) -> bytes:
    """Return the store's key for Message-IDs and reply addresses, made once with the store."""
    row = session.get(Setting, _KEY_SETTING)
    if row is None:
        row = Setting(key=_KEY_SETTING, value=secrets.token_hex(32))
        session.add(row)
    return bytes.fromhex(row.value)
