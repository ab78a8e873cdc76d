"""One place where transactions begin and end.

``read`` and ``write`` run a function inside one session and return plain values; a session never outlives the call,
since an open reader stops checkpoints and freezes the change feed. ``write`` is run again when another writer was in
the way, so the function must have no effect but the store's.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine, exc
from sqlmodel import Session

from store.engine import sqlite_path
from store.errors import Busy, StoreError, Taken, Unreachable, Unstorable, translate
from store.spool import Spool
from store.turns import Turns

T = TypeVar("T")
_TRIES = 4
_TRIES_TAKEN = 3
_PAUSE_SECONDS = 0.05
# What the drivers raise themselves, before anything reaches the store.
_UNSTORABLE = (OverflowError, UnicodeEncodeError)


class Database:
    """The store of one desk. Threads may share it; processes each open their own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite's readers see one moment by themselves; PostgreSQL's must ask for it, or two sums of one read differ.
        self._reader = engine if self.is_embedded else engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = engine.execution_options(sqlite_begin="IMMEDIATE")
        # Inside one process writers queue here: a burst waits its turn instead of contending for SQLite's lock,
        # whose waiting is neither fair nor free.
        self._turns = Turns() if self.is_embedded else None
        path = sqlite_path(engine.url.render_as_string(hide_password=False)) if self.is_embedded else None
        self._log = path.with_name(f"{path.name}-wal") if path is not None else None
        self.spool = Spool(path.with_name(f"{path.name}.mail")) if path is not None else None
        """Where large mails lie; None on a server, whose disk is not ours."""
        self._bells: list[Callable[[], None]] = []

    @property
    def is_embedded(self) -> bool:
        """Tell whether this is a file of ours (SQLite) and not a server."""
        return self.engine.dialect.name == "sqlite"

    def read(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a short read transaction, which sees the store at one moment.

        Raises a StoreError; nothing it changes is kept.
        """
        try:
            with Session(self._reader, expire_on_commit=False) as session:
                return work(session)
        except exc.SQLAlchemyError as error:
            raise translate(error) from error
        except _UNSTORABLE as error:
            raise Unstorable(f"The store cannot hold this value: {error}") from error

    def write(self, work: Callable[[Session], T], *, urgent: bool = False) -> T:
        """Run ``work`` in one write transaction that is durable when this returns; ``urgent``: before who waits too.

        Run again at most three times when the store was busy, and twice when a key was taken: whoever looked, found
        nothing and inserted may find it now. Raises a StoreError with nothing written; any other exception of
        ``work`` also undoes everything.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                value = self._write_once(work, urgent)
            except (Busy, Taken) as error:
                if attempt == (_TRIES_TAKEN if isinstance(error, Taken) else _TRIES):
                    raise
                # Not the thread's clock but the peer's: a little longer each time, so that writers part.
                time.sleep(_PAUSE_SECONDS * attempt)
            else:
                self._ring()
                return value
        raise AssertionError("unreachable")

    def _write_once(self, work: Callable[[Session], T], urgent: bool) -> T:
        turn = self._turns.take(urgent=urgent) if self._turns else contextlib.nullcontext()
        try:
            with turn, Session(self._writer, expire_on_commit=False) as session:
                value = work(session)
                if self.engine.dialect.name == "postgresql":
                    session.connection().exec_driver_sql("SELECT pg_notify('tierdesk', '')")
                session.commit()
                return value
        except exc.SQLAlchemyError as error:
            raise translate(error) from error
        except _UNSTORABLE as error:
            raise Unstorable(f"The store cannot hold this value: {error}") from error

    @property
    def is_wanted(self) -> bool:
        """Tell a writer of this process that somebody urgent waits for its turn to end."""
        return self._turns is not None and self._turns.is_wanted

    def on_write(self, bell: Callable[[], None]) -> Callable[[], None]:
        """Call ``bell`` after each commit of this process, from the committing thread; returns what ends it."""
        self._bells.append(bell)
        return lambda: self._bells.remove(bell) if bell in self._bells else None

    def _ring(self) -> None:
        for bell in tuple(self._bells):
            bell()

    def log_octets(self) -> int:
        """Return the size of an embedded store's write-ahead log in octets, 0 on a server."""
        try:
            return self._log.stat().st_size if self._log is not None else 0
        except FileNotFoundError:
            return 0

    def checkpoint(self) -> None:
        """Move what readers allow of the write-ahead log into the file; nobody waits for it. Raises a StoreError."""
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise Unreachable(f"The store cannot be read or written: {error}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


__all__ = ["Database", "StoreError"]
