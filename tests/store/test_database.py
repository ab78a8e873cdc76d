"""Where transactions begin and end."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

import store.database
from store.database import Database
from store.engine import open_engine
from store.errors import Busy, LawBroken, StoreError, Taken, Unreachable, Unstorable
from store.tables import Contact, Setting
from tests.fakes.desks import START

ROOT = Path(__file__).parents[2]
READ = text("SELECT value FROM setting WHERE key = 'n'")
COUNTER = """
import sys
sys.path.insert(0, {root!r})
from tests.store.test_database import count_up
count_up({url!r}, int(sys.argv[1]))
"""


def put(session: Session, key: str, value: str) -> None:
    session.add(Setting(key=key, value=value))
    session.flush()


def read_then_write(session: Session) -> None:
    """Add one the way that loses updates without a lock: read, then write."""
    lock = " FOR UPDATE" if session.get_bind().dialect.name == "postgresql" else ""
    number = int(session.execute(text(READ.text + lock)).scalar_one())
    session.execute(text("UPDATE setting SET value = :v WHERE key = 'n'"), {"v": str(number + 1)})


def count_up(url: str, times: int) -> None:
    database = Database(open_engine(url))
    for _ in range(times):
        database.write(read_then_write)
    database.close()


def test_read_then_write_loses_nothing_between_threads(database: Database) -> None:
    """Four threads that read and then write on one store never overwrite each other."""
    database.write(lambda s: put(s, "n", "0"))
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(lambda: [database.write(read_then_write) for _ in range(25)]) for _ in range(4)]:
            each.result()
    assert database.read(lambda s: s.execute(READ).scalar()) == "100"


def test_read_then_write_loses_nothing_between_processes(database: Database, store_url: str) -> None:
    """Processes have no lock in common but the store's own; still no update is lost."""
    database.write(lambda s: put(s, "n", "0"))
    script = COUNTER.format(root=str(ROOT), url=store_url)
    others = [subprocess.Popen([sys.executable, "-c", script, "30"]) for _ in range(2)]
    for _ in range(30):
        database.write(read_then_write)
    assert [other.wait(30) for other in others] == [0, 0]
    assert database.read(lambda s: s.execute(READ).scalar()) == "90"


def test_a_write_that_was_in_the_way_is_run_again(database: Database) -> None:
    """Busy is tried again, three times at most, and the work is kept once."""
    tries: list[int] = []

    def work(session: Session) -> str:
        tries.append(1)
        put(session, "n", str(len(tries)))
        if len(tries) < 4:
            raise Busy()
        return "done"

    assert database.write(work) == "done"
    assert database.read(lambda s: s.execute(READ).scalar()) == "4"


def test_a_store_that_stays_busy_is_busy(database: Database) -> None:
    """After four tries the caller is told, and nothing is written."""
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(1)
        put(session, "n", "1")
        raise Busy()

    with pytest.raises(Busy):
        database.write(work)
    assert (len(tries), database.read(lambda s: s.execute(READ).scalar())) == (4, None)


def test_a_lock_held_by_another_writer_is_busy(
    database: Database, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the driver says when it waited in vain for a lock is Busy on both engines."""
    monkeypatch.setattr(store.database, "_TRIES", 1)
    database.write(lambda s: put(s, "n", "0"))
    other = Database(open_engine(store_url))
    embedded = database.is_embedded
    quick = text("PRAGMA busy_timeout = 50" if embedded else "SET LOCAL lock_timeout = '50ms'")

    def blocked(session: Session) -> None:
        session.execute(quick)
        session.execute(text("UPDATE setting SET value = '2'"))

    def hold(session: Session) -> str:
        session.execute(text("UPDATE setting SET value = '1'"))
        with pytest.raises(Busy):
            other.write(blocked)
        return "held"

    if embedded:  # BEGIN IMMEDIATE waits, before any statement of ours: shorten it for the connections to come
        event.listen(other.engine, "connect", lambda dbapi, _: dbapi.execute("PRAGMA busy_timeout = 50"))
    assert database.write(hold) == "held"
    other.close()


def test_a_write_holds_an_embedded_store_from_its_first_moment(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a write has read cannot be changed by another before it writes: BEGIN IMMEDIATE, not at the first UPDATE."""
    monkeypatch.setattr(store.database, "_TRIES", 1)
    database, other = (Database(open_engine(sqlite_url)) for _ in range(2))
    event.listen(other.engine, "connect", lambda dbapi, _: dbapi.execute("PRAGMA busy_timeout = 50"))

    def read_only(session: Session) -> None:
        session.execute(READ).all()
        with pytest.raises(Busy):
            other.write(lambda s: put(s, "n", "1"))

    database.write(read_only)
    other.write(lambda s: put(s, "n", "2"))
    database.close()
    other.close()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Taken])
def test_a_write_that_fails_leaves_nothing(database: Database, error: type[BaseException]) -> None:
    """Whatever ends the work, nothing of it is kept, and the next write works."""

    def work(session: Session) -> None:
        put(session, "n", "1")
        raise error()

    with pytest.raises(error):
        database.write(work)
    assert database.read(lambda s: s.execute(READ).scalar()) is None
    database.write(lambda s: put(s, "n", "2"))
    assert database.read(lambda s: s.execute(READ).scalar()) == "2"


def test_a_read_keeps_nothing(database: Database) -> None:
    """What a read changes by mistake is undone or refused."""
    with contextlib.suppress(StoreError):
        database.read(lambda s: put(s, "n", "1"))
    assert database.read(lambda s: s.execute(READ).scalar()) is None


def test_a_key_that_exists_is_taken(database: Database) -> None:
    """A unique index that refuses is Taken: somebody else was first."""
    database.write(lambda s: put(s, "n", "1"))
    with pytest.raises(Taken):
        database.write(lambda s: put(s, "n", "2"))


def test_two_writers_of_one_new_row_both_succeed(database: Database) -> None:
    """Who looks, finds nothing and inserts is not refused because another did the same: the work is run again."""
    barrier = threading.Barrier(2, timeout=20)
    looked: list[str] = []

    def work(session: Session) -> str:
        if session.get(Setting, "n") is not None:
            return "found"
        if not database.is_embedded and len(looked) < 2:
            looked.append("absent")
            barrier.wait()  # both have looked before either inserts
        put(session, "n", "1")
        return "made"

    with ThreadPoolExecutor(2) as pool:
        results = [each.result() for each in [pool.submit(database.write, work) for _ in range(2)]]
    assert sorted(results) == ["found", "made"]


def test_a_law_that_refuses_is_law_broken(database: Database) -> None:
    """A CHECK that refuses is a fault of ours, with nothing written."""
    with pytest.raises(LawBroken):
        database.write(lambda s: s.add(Contact(address="", name="Nobody", created_at=START)))


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    """A naive instant means nothing on a desk with several zones; no store takes it."""
    with pytest.raises(StoreError):
        database.write(lambda s: s.add(Contact(address="a@b.c", created_at=datetime(2026, 1, 1))))
    assert database.read(lambda s: s.execute(text("SELECT count(*) FROM contact")).scalar()) == 0


def test_instants_come_back_as_they_went(database: Database) -> None:
    """Microseconds and zone survive."""
    at = START.replace(microsecond=123456)
    database.write(lambda s: s.add(Contact(address="a@b.c", created_at=at)))
    found = database.read(lambda s: s.get_one(Contact, 1).created_at)
    assert (found, found.utcoffset()) == (at, at.utcoffset())


@pytest.mark.parametrize("key", [2**31, 2**40, 2**63, 2**80, -(2**80)])
def test_a_number_that_no_key_can_have_is_not_found(database: Database, key: int) -> None:
    """Looking for a key beyond what a column holds finds nothing, or is told apart from trouble of the store."""
    try:
        found = database.read(lambda s: s.get(Contact, key))
    except Unstorable:
        found = None
    assert found is None


@pytest.mark.parametrize("value", ["a\x00b", "a\ud800b"])
def test_text_that_no_store_can_keep_is_told_apart(database: Database, value: str) -> None:
    """Text with half a character is no trouble of the store; a NUL is kept or refused in the same way."""
    try:
        database.write(lambda s: put(s, "n", value))
    except Unstorable:
        return
    assert database.read(lambda s: s.execute(READ).scalar()) == value


def test_a_store_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    """A file that is no database says so, with the driver's text behind it."""
    path = tmp_path / "desk.db"
    path.write_bytes(b"this is no database at all, " * 40)
    database = Database(open_engine(f"sqlite:///{path}"))
    with pytest.raises(Unreachable):
        database.read(lambda s: s.execute(READ).scalar())
    database.close()


@pytest.mark.postgres
def test_a_server_that_is_gone_is_unreachable(postgres_url: str) -> None:
    """A server that does not answer is Unreachable, for reading and for writing."""
    database = Database(open_engine(postgres_url.replace("host=/", "host=/nowhere/")))
    for use in (database.read, database.write):
        with pytest.raises(Unreachable):
            use(lambda s: s.execute(READ).scalar())
    database.close()


@pytest.mark.postgres
def test_a_connection_that_was_cut_is_replaced(postgres_url: str, postgres_server: object) -> None:
    """After the server cut our connections the next use has a new one."""
    database = Database(open_engine(postgres_url))
    database.write(lambda s: put(s, "n", "1"))
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    killer = Database(open_engine(postgres_url))
    killer.read(lambda s: s.execute(cut).all())
    killer.close()
    assert database.read(lambda s: s.execute(READ).scalar()) == "1"
    database.close()


def test_a_full_disk_is_unreachable(sqlite_url: str) -> None:
    """Where there is no room the write is refused as a whole, the store stays readable, and works when room returns."""
    database = Database(open_engine(sqlite_url))
    pages = database.read(lambda s: int(s.execute(text("PRAGMA page_count")).scalar_one()))

    def fill(session: Session, limit: int) -> None:
        session.execute(text(f"PRAGMA max_page_count = {limit}"))
        put(session, "n", "x" * 100_000)

    with pytest.raises(Unreachable):
        database.write(lambda s: fill(s, pages))
    assert database.read(lambda s: s.execute(text("PRAGMA integrity_check")).scalar()) == "ok"
    database.write(lambda s: fill(s, pages + 1000))
    assert len(str(database.read(lambda s: s.execute(READ).scalar()))) == 100_000
    database.close()


def test_bells_ring_after_each_commit_and_only_then(database: Database) -> None:
    """A bell hears commits, not undone work, and nothing after it was taken away."""
    rings: list[str] = []
    quiet = database.on_write(lambda: rings.append("ring"))
    database.write(lambda s: put(s, "a", "1"))
    with pytest.raises(Taken):
        database.write(lambda s: put(s, "a", "2"))
    quiet()
    quiet()
    database.write(lambda s: put(s, "b", "1"))
    assert rings == ["ring"]


def test_the_log_is_moved_into_the_file(sqlite_url: str) -> None:
    """A checkpoint between commits lets the next writer begin the log anew, so that it stays short."""
    database = Database(open_engine(sqlite_url))
    try:
        for number in range(50):
            database.write(lambda session, n=number: put(session, f"k{n}", "x" * 9_000))  # type: ignore[misc]
            database.checkpoint()
        assert 0 < database.log_octets() < 400_000
    finally:
        database.close()
