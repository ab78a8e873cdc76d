"""How a connection is opened: the pragmas and time-outs that the laws rest on.

SQLite: write-ahead log with ``synchronous=FULL``, so that a commit that returned has been fsynced (NORMAL loses
acknowledged mail in a power cut), and ``BEGIN IMMEDIATE`` for every write (a deferred one that reads first is refused
at once when another writer came between). The log is moved into the file by the service, between commits
(``desk.upkeep``); a commit does so itself only when the log is 32 MB long. PostgreSQL: the same two engines, with
statement and lock time-outs.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool
from sqlmodel import create_engine

from store.errors import Unreachable

BUSY_MS = 5_000
STATEMENT_MS = 30_000
LOCK_MS = 5_000
_LOOK_SECONDS = 0.002
_PRAGMAS = (
    f"busy_timeout={BUSY_MS}",
    "synchronous=FULL",
    "wal_autocheckpoint=8000",
    "journal_size_limit=2097152",
    "foreign_keys=ON",
    "trusted_schema=OFF",
)


def sqlite_path(url: str) -> Path | None:
    """Return the file of an embedded store, or None when ``url`` is not SQLite.

    Raises Unreachable when ``url`` is no database address at all.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise Unreachable("store.url names no file: an embedded store needs one, such as sqlite:///tierdesk.db.")
    return Path(parsed.database)


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; no connection is made yet. Raises Unreachable for an address we do not speak."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed)
    raise Unreachable(f"store.url begins with {parsed.drivername}: only sqlite and postgresql+psycopg are known.")


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise Unreachable("store.url is not a database address such as sqlite:////var/lib/tierdesk/desk.db.") from None


def _sqlite(url: str) -> Engine:
    path = sqlite_path(url)
    assert path is not None
    _make_private(path)
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=6, max_overflow=10, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _connect(dbapi: sqlite3.Connection, _record: Any) -> None:
        dbapi.isolation_level = None  # SQLAlchemy emits BEGIN (below), not sqlite3
        for pragma in _PRAGMAS:
            dbapi.execute("PRAGMA " + pragma)
        _use_wal(dbapi)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        if mode == "DEFERRED" or not _begins_to_write(connection.connection.driver_connection):
            connection.exec_driver_sql("BEGIN " + mode)

    return engine


def _begins_to_write(dbapi: sqlite3.Connection) -> bool:
    """Begin a write transaction as soon as another process's has ended; False when it does not begin in time.

    SQLite itself looks ever more rarely, up to every 100 ms: beside a service that takes in a storm of mail it would
    never look at the right moment, and an agent's answer would find the store busy.
    """
    (patience_ms,) = dbapi.execute("PRAGMA busy_timeout").fetchone()
    until = time.monotonic() + patience_ms / 1000
    dbapi.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                dbapi.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    return False  # whoever begins again is told by the library's own error
            time.sleep(_LOOK_SECONDS)
    finally:
        dbapi.execute(f"PRAGMA busy_timeout={patience_ms}")


def _use_wal(dbapi: sqlite3.Connection) -> None:
    """Switch a new file to the write-ahead log; only the first switch takes a lock.

    SQLite does not wait for that lock by its busy time-out when several processes open a new file at once (it could
    dead-lock), so the waiting is done here.
    """
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            dbapi.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _make_private(path: Path) -> None:
    """Create a missing store file readable by its owner alone; customers' mail lives in it."""
    if path.is_dir():
        raise Unreachable(f"The store {path} is a directory: store.url must name a file.")
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise Unreachable(f"The store {path} cannot be created: {error.strerror}.") from error


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=6,
            max_overflow=10,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 5,
                "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} -c timezone=UTC",
            },
        )
    except ModuleNotFoundError as error:
        raise Unreachable("PostgreSQL needs the extra 'postgres': install tierdesk[postgres].") from error
