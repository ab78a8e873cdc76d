"""The change feed, on both engines."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from store.changes import ChangeFeed, open_feed
from store.database import Database
from store.engine import open_engine
from store.errors import Taken, Unreachable
from store.tables import Setting

ROOT = Path(__file__).parents[2]
LONG, SHORT = 20.0, 0.3
WRITER = """
import sys
sys.path.insert(0, {root!r})
from store.database import Database
from store.engine import open_engine
from store.tables import Setting
database = Database(open_engine({url!r}))
database.write(lambda session: session.add(Setting(key="other", value="1")))
"""


@pytest.fixture
def feed(database: Database) -> Iterator[ChangeFeed]:
    found = open_feed(database)
    yield found
    found.close()


def put(session: Session, key: str) -> None:
    session.add(Setting(key=key, value="1"))
    session.flush()


def test_a_quiet_store_rings_nothing(feed: ChangeFeed) -> None:
    """Without a change the wait ends by its time-out."""
    assert feed.wait(SHORT) is False


def test_a_write_of_this_process_is_heard(database: Database, feed: ChangeFeed) -> None:
    """A commit here is heard once, also by a wait that begins after it."""
    database.write(lambda s: put(s, "a"))
    assert [feed.wait(LONG), feed.wait(SHORT)] == [True, False]


def test_a_wait_that_is_on_ends_at_once(database: Database, feed: ChangeFeed) -> None:
    """A commit ends the wait of another thread well within what a person notices."""
    heard: list[tuple[bool, float]] = []
    waiter = threading.Thread(target=lambda: heard.append((feed.wait(LONG), time.monotonic())))
    waiter.start()
    database.write(lambda s: put(s, "a"))
    committed = time.monotonic()
    waiter.join(LONG)
    [(was_heard, at)] = heard
    assert was_heard
    assert at - committed < 1.0


def test_a_write_of_another_process_is_heard(feed: ChangeFeed, store_url: str) -> None:
    """A commit of another process is heard though no bell of ours rang."""
    subprocess.run([sys.executable, "-c", WRITER.format(root=str(ROOT), url=store_url)], check=True, timeout=30)
    assert feed.wait(LONG) is True


def test_undone_work_rings_nothing(database: Database, feed: ChangeFeed) -> None:
    """What was rolled back did not happen."""
    database.write(lambda s: put(s, "a"))
    assert feed.wait(LONG) is True
    with pytest.raises(Taken):
        database.write(lambda s: put(s, "a"))
    assert feed.wait(SHORT) is False


def test_changes_while_nobody_waits_are_one_change(database: Database, feed: ChangeFeed) -> None:
    """A feed coalesces: a burst is one look at the store."""
    for key in "abcdefgh":
        database.write(lambda s, key=key: put(s, key))  # type: ignore[misc]  # the default binds the loop's value
    assert feed.wait(LONG) is True
    assert feed.wait(SHORT) is False


def test_close_ends_a_wait(feed: ChangeFeed) -> None:
    """Closing from another thread ends the wait with False, long before its time-out; closing again is nothing."""
    heard: list[bool] = []
    waiting = threading.Event()

    def wait() -> None:
        waiting.set()
        heard.append(feed.wait(LONG))

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert waiting.wait(LONG)
    feed.close()
    waiter.join(5)
    assert (waiter.is_alive(), heard) == (False, [False])
    feed.close()
    assert feed.wait(SHORT) is False


def test_two_feeds_hear_the_same_change(database: Database, feed: ChangeFeed) -> None:
    """Each feed has its own memory."""
    other = open_feed(database)
    database.write(lambda s: put(s, "a"))
    assert [feed.wait(LONG), other.wait(LONG)] == [True, True]
    other.close()


@pytest.mark.postgres
def test_a_cut_listener_says_so_and_recovers(postgres_url: str) -> None:
    """A killed backend is Unreachable once; the next wait connects again, counts as a change, and hears again."""
    database = Database(open_engine(postgres_url))
    feed = open_feed(database)
    killer = Database(open_engine(postgres_url))
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    killer.read(lambda s: s.execute(cut).all())
    with pytest.raises(Unreachable):
        feed.wait(LONG)
    assert feed.wait(LONG) is True
    killer.write(lambda s: put(s, "a"))
    assert feed.wait(LONG) is True
    feed.close()
    killer.close()
    database.close()


@pytest.mark.postgres
def test_a_server_that_is_away_is_unreachable(postgres_url: str) -> None:
    """Opening a feed on a server that does not answer raises the store's error, not the driver's."""
    database = Database(open_engine(postgres_url.replace("host=/", "host=/nowhere/")))
    with pytest.raises(Unreachable):
        open_feed(database)
    database.close()


def test_a_file_that_is_no_store_is_unreachable(tmp_path: Path) -> None:
    """Opening a feed on something else raises the store's error, not the driver's."""
    path = tmp_path / "desk.db"
    path.write_bytes(b"this is no database at all, " * 40)
    database = Database(open_engine(f"sqlite:///{path}"))
    with pytest.raises(Unreachable):
        open_feed(database)
    database.close()
