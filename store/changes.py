"""The change feed: how a screen learns that the store changed, without being told what.

SQLite: ``PRAGMA data_version`` on a connection of its own, 4 µs a look; it moves when *another* connection committed,
which on this connection is every commit. PostgreSQL: ``LISTEN``, one empty ``NOTIFY`` per transaction, and a slow wake
as a net for a notification that a broken connection swallowed.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any, Protocol

from sqlalchemy import exc

from store.database import Database
from store.errors import Unreachable

POLL_SECONDS = 0.05
NET_SECONDS = 30.0
TURN_SECONDS = 0.25


class ChangeFeed(Protocol):
    """Something that can be waited on from one thread at a time."""

    def wait(self, timeout: float) -> bool:
        """Block until the store changed (True) or ``timeout`` seconds passed (False). Raises Unreachable."""

    def close(self) -> None:
        """End the feed; a ``wait`` in another thread returns False."""


def open_feed(database: Database) -> ChangeFeed:
    """Return the feed that fits the store. Raises Unreachable when it cannot be opened."""
    return SqliteFeed(database) if database.is_embedded else PostgresFeed(database)


def _own_connection(database: Database) -> Any:
    """Return the driver's connection, taken out of the pool for good: nobody else uses it or closes it."""
    try:
        pooled = database.engine.raw_connection()
    except (exc.SQLAlchemyError, database.engine.dialect.loaded_dbapi.Error) as error:
        raise Unreachable(f"The store cannot be reached: {error}") from error
    connection = pooled.driver_connection
    pooled.detach()  # last: after this the pool's wrapper no longer knows the connection
    return connection


class SqliteFeed:
    """Look at ``data_version`` every 50 ms, and at once when this process committed."""

    def __init__(self, database: Database) -> None:
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection = _own_connection(database)
        self._bell = threading.Event()
        self._closed = False
        self._seen = 0
        self._seen = self._version()
        self._forget = database.on_write(self._bell.set)

    def _version(self) -> int:
        with self._lock:
            if self._closed:
                return self._seen
            try:
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error as error:
                raise Unreachable(f"The store cannot be read: {error}") from error

    def wait(self, timeout: float) -> bool:
        """Block until the store changed or ``timeout`` seconds passed; see ChangeFeed."""
        deadline = time.monotonic() + timeout
        while not self._closed:
            self._bell.clear()
            version = self._version()
            if version != self._seen:
                self._seen = version
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._bell.wait(min(POLL_SECONDS, left))
        return False

    def close(self) -> None:
        """End the feed."""
        self._forget()
        with self._lock:
            self._closed = True
            self._connection.close()
        self._bell.set()


class PostgresFeed:
    """Listen on a connection of its own; reconnects by itself, and counts a reconnect as a change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()  # held while waiting: the connection is never closed under a waiter
        self._closed = threading.Event()
        self._last_wake = time.monotonic()
        self._connection: Any = self._connect()

    def _connect(self) -> Any:
        import psycopg

        connection = _own_connection(self._database)
        try:
            connection.autocommit = True
            connection.execute("LISTEN tierdesk")
        except psycopg.Error as error:
            connection.close()
            raise Unreachable(f"The store cannot be reached: {error}") from error
        return connection

    def wait(self, timeout: float) -> bool:
        """Block until the store changed or ``timeout`` seconds passed; see ChangeFeed."""
        with self._lock:
            if self._closed.is_set():
                return False
            if self._connection is None:
                self._connection = self._connect()
                return True
            heard = self._listen(timeout)
        if heard or time.monotonic() - self._last_wake > NET_SECONDS:
            self._last_wake = time.monotonic()
            return not self._closed.is_set()
        return False

    def _listen(self, timeout: float) -> bool:
        """Wait in short turns so that ``close`` is noticed; gathers all that came while we were away."""
        import psycopg

        deadline = time.monotonic() + timeout
        try:
            while not self._closed.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                if list(self._connection.notifies(timeout=min(TURN_SECONDS, left), stop_after=1)):
                    list(self._connection.notifies(timeout=0))
                    return True
        except psycopg.Error as error:
            self._drop()
            raise Unreachable(f"The store cannot be reached: {error}") from error
        return False

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """End the feed; a wait that is on notices within a fraction of a second."""
        self._closed.set()
        with self._lock:
            self._drop()
