"""Whether a store's tables fit this program, and the way to them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect, text
from sqlmodel import SQLModel

import store.tables  # noqa: F401  (defines the tables)
from store import schema
from store.database import Database
from store.engine import open_engine
from store.errors import Unreachable, WrongVersion
from tests.fakes.desks import START

ROOT = Path(__file__).parents[2]
MIGRATE = """
import sys
sys.path.insert(0, {root!r})
from store import schema
from store.database import Database
from store.engine import open_engine
database = Database(open_engine({url!r}))
print("ready", flush=True)
sys.stdin.readline()
schema.migrate(database)
schema.require_head(database)
"""


def tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def _is_of_the_models(_: object, name: str | None, kind: str, *rest: object) -> bool:
    """Leave out the index of the search, which each engine has in its own form (tests/store/test_search_index.py)."""
    return not (kind == "table" and (name or "").startswith("search_words"))


def test_migrations_make_the_tables_that_the_models_say(database: Database) -> None:
    """An empty store brought to the newest revision has no difference to the models."""
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": _is_of_the_models}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_models_and_migrations_have_the_same_checks(database: Database) -> None:
    """Alembic does not compare CHECK constraints; each of the models is in the store, and none besides."""
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        kept = {
            (table, str(check["name"]).removeprefix(f"ck_{table}_"))
            for table in inspector.get_table_names()
            for check in inspector.get_check_constraints(table)
        }
    declared = {
        (table.name, str(check.name).removeprefix(f"ck_{table.name}_"))
        for table in SQLModel.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert kept == declared


def test_head_is_the_newest_script() -> None:
    """The constant that an ordinary start compares is what Alembic would find."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "store" / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_an_empty_store_is_migrated_once(empty_url: str) -> None:
    """The first call finds an empty store, the second a finished one."""
    database = Database(open_engine(empty_url))
    assert schema.revision(database) is None
    with pytest.raises(WrongVersion, match="tierdesk migrate"):
        schema.require_head(database)
    assert [schema.migrate(database), schema.migrate(database)] == [None, schema.HEAD]
    schema.require_head(database)
    database.close()


def test_four_processes_migrate_at_once(empty_url: str) -> None:
    """One does the work, the others wait for it; none fails."""
    command = [sys.executable, "-c", MIGRATE.format(root=str(ROOT), url=empty_url)]
    others = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
    for other in others:
        assert other.stdin is not None
        other.stdin.write("go\n")
        other.stdin.flush()
    ends = [(other.communicate(timeout=40)[1], other.returncode) for other in others]
    assert ends == [("", 0)] * 4


def test_a_newer_store_is_refused_and_left_alone(database: Database) -> None:
    """A store of a later version is neither used nor migrated."""
    database.write(lambda s: s.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for act in (schema.migrate, schema.require_head):
        with pytest.raises(WrongVersion, match="newer"):
            act(database)
    assert schema.revision(database) == "9999"


def test_an_older_store_says_what_to_do(database: Database) -> None:
    """A store of an earlier version is not used before it is migrated."""
    database.write(lambda s: s.execute(text("UPDATE alembic_version SET version_num = '0000'")))
    with pytest.raises(WrongVersion, match="run 'tierdesk migrate'"):
        schema.require_head(database)


@pytest.mark.parametrize("table", ["somebody_elses", "ticket"])
def test_tables_of_others_are_refused_and_left_alone(empty_url: str, table: str) -> None:
    """A database with tables that are not ours is never written to, not even when a name is the same."""
    database = Database(open_engine(empty_url))
    database.write(lambda s: s.execute(text(f"CREATE TABLE {table} (id INTEGER)")))
    with pytest.raises(WrongVersion, match="not tierdesk's"):
        schema.migrate(database)
    assert tables(database) == {table}
    database.close()


def test_a_migration_that_fails_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The revisions are one transaction: a fault at the end leaves an empty store, not half a store."""
    upgrade = schema._upgrade

    def fail(connection: object) -> None:
        upgrade(connection)  # type: ignore[arg-type]  # what migrate hands over
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr(schema, "_upgrade", fail)
    database = Database(open_engine(empty_url))
    with pytest.raises(RuntimeError):
        schema.migrate(database)
    assert tables(database) == set()
    monkeypatch.undo()
    schema.migrate(database)
    schema.require_head(database)
    database.close()


def test_a_copy_is_sound_and_private(sqlite_url: str) -> None:
    """The copy before a migration opens as a store with all that was committed, and only its owner can read it."""
    database = Database(open_engine(sqlite_url))
    database.write(lambda s: s.execute(text("INSERT INTO setting (key, value) VALUES ('kept', 'yes')")))
    copy = schema.back_up(database, sqlite_url, START)
    assert copy is not None
    with sqlite3.connect(copy) as raw:
        found = [raw.execute(q).fetchone()[0] for q in ("PRAGMA integrity_check", "SELECT value FROM setting")]
    raw.close()
    assert (found, copy.stat().st_mode & 0o777, copy.name) == (
        ["ok", "yes"],
        0o600,
        f"{Path(sqlite_url).name}.20261120T090000.backup",
    )
    database.close()


def test_after_a_copy_the_store_works_on(sqlite_url: str) -> None:
    """The connection that made the copy is used again for transactions."""
    database = Database(open_engine(sqlite_url))
    schema.back_up(database, sqlite_url, START)
    database.write(lambda s: s.execute(text("INSERT INTO setting (key, value) VALUES ('a', '1')")))
    with pytest.raises(RuntimeError):
        database.write(_write_and_fail)
    assert database.read(lambda s: s.execute(text("SELECT key FROM setting")).all()) == [("a",)]
    database.close()


def _write_and_fail(session: object) -> None:
    session.execute(text("INSERT INTO setting (key, value) VALUES ('b', '1')"))  # type: ignore[attr-defined]  # a Session
    raise RuntimeError("undo this")


def test_a_copy_that_cannot_be_written_is_unreachable(sqlite_url: str) -> None:
    """Where a copy stands already it is not overwritten, and the caller is told before anything is migrated."""
    database = Database(open_engine(sqlite_url))
    schema.back_up(database, sqlite_url, START)
    with pytest.raises(Unreachable, match="nothing changed"):
        schema.back_up(database, sqlite_url, START)
    database.close()


@pytest.mark.postgres
def test_a_server_is_not_copied(postgres_url: str) -> None:
    """The backup of a database server is its administrator's."""
    database = Database(open_engine(postgres_url))
    assert schema.back_up(database, postgres_url, START) is None
    database.close()
