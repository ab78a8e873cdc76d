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
from store.errors import Unreachable, translate

POLL_SECONDS = 0.05
NET_SECONDS = 30.0


class ChangeFeed(Protocol):
    """Something that can be waited on from one thread at a time."""

    def wait(self, timeout: float) -> bool:
        """Block until the store changed (True) or ``timeout`` seconds passed (False). Raises Unreachable."""

    def close(self) -> None:
        """End the feed; a ``wait`` in another thread returns False."""


def open_feed(database: Database) -> ChangeFeed:
    """Return the feed that fits the store. Raises Unreachable when it cannot be opened."""
    return SqliteFeed(database) if database.is_embedded else PostgresFeed(database)


class SqliteFeed:
    """Look at ``data_version`` every 50 ms, and at once when this process committed."""

    def __init__(self, database: Database) -> None:
        self._lock = threading.Lock()
        self._raw = database.engine.raw_connection()
        self._raw.detach()  # never goes back to the pool: its data_version must see every other connection
        self._bell = threading.Event()
        self._closed = False
        self._forget = database.on_write(self._bell.set)
        self._seen = self._version()

    def _version(self) -> int:
        with self._lock:
            if self._closed:
                return self._seen
            connection = self._raw.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            try:
                return int(connection.execute("PRAGMA data_version").fetchone()[0])
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
            self._raw.close()
        self._bell.set()


class PostgresFeed:
    """Listen on a connection of its own; reconnects by itself, and counts a reconnect as a change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._raw: Any = None
        self._closed = threading.Event()
        self._last_wake = time.monotonic()
        self._connect()

    def _connect(self) -> None:
        try:
            raw = self._database.engine.raw_connection()
        except exc.SQLAlchemyError as error:
            raise translate(error) from error
        raw.detach()
        raw.driver_connection.autocommit = True  # type: ignore[union-attr]  # psycopg's own connection
        raw.driver_connection.execute("LISTEN tierdesk")  # type: ignore[union-attr]  # psycopg's own connection
        self._raw = raw

    def wait(self, timeout: float) -> bool:
        """Block until the store changed or ``timeout`` seconds passed; see ChangeFeed."""
        import psycopg

        if self._closed.is_set():
            return False
        try:
            if self._raw is None:
                self._connect()
                return True
            heard = self._listen(timeout)
        except psycopg.Error as error:
            self._raw = None
            if self._closed.is_set():
                return False
            raise Unreachable(f"The store cannot be reached: {error}") from error
        if heard or time.monotonic() - self._last_wake > NET_SECONDS:
            self._last_wake = time.monotonic()
            return True
        return False

    def _listen(self, timeout: float) -> bool:
        """Wait in short turns so that ``close`` is noticed; gathers all that came while we were away."""
        deadline = time.monotonic() + timeout
        while not self._closed.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if list(self._raw.driver_connection.notifies(timeout=min(0.5, left), stop_after=1)):
                list(self._raw.driver_connection.notifies(timeout=0))
                return True
        return False

    def close(self) -> None:
        """End the feed."""
        self._closed.set()
        if self._raw is not None:
            self._raw.close()
            self._raw = None
