"""Whether the store's tables fit this program, and the way from an older one to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, exc, inspect, text

from store.database import Database
from store.engine import sqlite_path
from store.errors import Unreachable, WrongVersion, translate

HEAD = "0001"
"""The newest revision in ``store/migrations``; a constant, so that a start need not import Alembic."""

_MIGRATION_LOCK = 8_125_010


def revision(database: Database) -> str | None:
    """Return the store's revision, None for an empty one. Raises Unreachable."""
    try:
        with database.engine.connect() as connection:
            return _revision(connection)
    except exc.SQLAlchemyError as error:
        raise translate(error) from error


def _revision(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        if row is not None:
            return str(row[0])
    if "ticket" in tables or (tables and "alembic_version" not in tables):
        raise WrongVersion("The database holds tables that are not tierdesk's; name an empty one in store.url.")
    return None


def require_head(database: Database) -> None:
    """Raise WrongVersion, with what to do, unless the store is at HEAD."""
    found = revision(database)
    if found == HEAD:
        return
    if found is None:
        raise WrongVersion("The store is empty: run 'tierdesk migrate'.")
    if found > HEAD:
        raise WrongVersion(
            f"The store is at version {found}, newer than this tierdesk ({HEAD}): upgrade tierdesk; nothing changed."
        )
    raise WrongVersion(f"The store is at version {found}, this tierdesk needs {HEAD}: run 'tierdesk migrate'.")


def migrate(database: Database) -> str | None:
    """Bring the store to HEAD in one transaction and return the revision it had (None: it was empty).

    Several processes may call this at once: the first does the work, the others wait and find it done. Raises
    WrongVersion for a newer store, Unreachable when the store cannot be written; either way nothing changed.
    """
    found = revision(database)
    if found == HEAD:
        return found
    if found is not None and found > HEAD:
        require_head(database)
    writer = database.engine.execution_options(sqlite_begin="IMMEDIATE")
    try:
        with writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            if _revision(connection) != HEAD:
                _upgrade(connection)
    except exc.SQLAlchemyError as error:
        raise translate(error) from error
    return found


def _upgrade(connection: Connection) -> None:
    """Run the revisions. Alembic is imported here alone: it costs 150 to 250 ms that an ordinary start must not pay."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def back_up(database: Database, url: str, now: datetime) -> Path | None:
    """Copy an embedded store beside itself before a migration and return the copy; None on a server.

    Raises Unreachable when the copy cannot be written.
    """
    path = sqlite_path(url)
    if path is None:
        return None
    copy = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%S}.backup")
    try:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("COMMIT")  # VACUUM refuses to run inside the transaction of the begin event
            connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
            connection.exec_driver_sql("BEGIN")
        copy.chmod(0o600)
    except (exc.SQLAlchemyError, OSError) as error:
        raise Unreachable(f"The store could not be copied to {copy} before migrating; nothing changed.") from error
    return copy
