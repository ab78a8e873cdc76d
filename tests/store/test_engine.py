"""How a connection is opened on each engine."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from store.database import Database
from store.engine import BUSY_MS, LOCK_MS, STATEMENT_MS, open_engine, sqlite_path
from store.errors import Unreachable


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", BUSY_MS),
        ("trusted_schema", 0),
    ],
)
def test_sqlite_connections_keep_what_was_committed(sqlite_url: str, pragma: str, expected: object) -> None:
    """Every connection has a write-ahead log, syncs each commit in full (2) and checks foreign keys."""
    database = Database(open_engine(sqlite_url))
    found = [database.read(lambda s: s.execute(text(f"PRAGMA {pragma}")).scalar()) for _ in range(2)]
    database.close()
    assert found == [expected, expected]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("setting", "expected"),
    [("statement_timeout", f"{STATEMENT_MS // 1000}s"), ("lock_timeout", f"{LOCK_MS // 1000}s"), ("TimeZone", "UTC")],
)
def test_postgres_connections_do_not_wait_for_ever(postgres_url: str, setting: str, expected: str) -> None:
    """A statement and a lock have a time-out, and instants are UTC."""
    database = Database(open_engine(postgres_url))
    found = database.read(lambda s: s.execute(text(f"SHOW {setting}")).scalar())
    database.close()
    assert found == expected


def test_a_new_store_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Customers' mail lives in the file: nobody else may read it, nor its directory."""
    path = tmp_path / "desk" / "tierdesk.db"
    open_engine(f"sqlite:///{path}").dispose()
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)]
    assert modes == [0o600, 0o700]


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "mysql://localhost/desk", "no address at all", "sqlite:////proc/none/x.db"],
)
def test_an_address_that_cannot_work_is_refused_with_a_sentence(url: str) -> None:
    """What is no store of ours is Unreachable, and says why in one sentence."""
    with pytest.raises(Unreachable) as refusal:
        open_engine(url)
    assert str(refusal.value).endswith(".")


def test_only_an_embedded_store_has_a_file(tmp_path: Path) -> None:
    """``sqlite_path`` is the file of an embedded store and None on a server."""
    assert sqlite_path(f"sqlite:///{tmp_path}/a.db") == tmp_path / "a.db"
    assert sqlite_path("postgresql+psycopg://desk@host/desk") is None


def test_a_reader_sees_one_moment(database: Database) -> None:
    """All statements of a read see the store as it was at the first, whatever is committed meanwhile."""
    count = text("SELECT count(*) FROM setting")

    def add(session: Session) -> None:
        session.execute(text("INSERT INTO setting (key, value) VALUES ('one', '1')"))

    def look(session: Session) -> list[object]:
        first = session.execute(count).scalar()
        database.write(add)
        return [first, session.execute(count).scalar()]

    assert database.read(look) == [0, 0]
    assert database.read(lambda s: s.execute(count).scalar()) == 1


def test_a_writer_looks_again_at_once_for_the_end_of_anothers(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits some milliseconds at a time, never SQLite's tenth of a second, and its patience is as before."""
    holder, engine = sqlite3.connect(str(sqlite_path(sqlite_url)), isolation_level=None), open_engine(sqlite_url)
    holder.execute("BEGIN IMMEDIATE")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            holder.execute("COMMIT")

    monkeypatch.setattr("store.engine.time.sleep", wait)
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
        connection.execute(text("SELECT 1"))
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_MS
    assert (len(waits), max(waits) <= 0.005) == (3, True)
    holder.close()
    engine.dispose()
