"""Plain inserts: one statement, its key back. The unit of work costs several times that for a row nobody changes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import Table
from sqlmodel import Session, SQLModel


def insert_row(session: Session, row_of: type[SQLModel], /, **values: Any) -> int:
    """Insert a row of a table and return its first key; every column without NULL must be among ``values``."""
    session.flush()  # what the row refers to may still be waiting to be written
    result = session.connection().execute(table_of(row_of).insert(), values)
    assert result.inserted_primary_key is not None
    key: int = result.inserted_primary_key[0]
    return key


def insert_rows(session: Session, row_of: type[SQLModel], rows: Sequence[dict[str, Any]], /) -> None:
    """Insert rows of a table, none or many."""
    if rows:
        session.flush()
        session.connection().execute(table_of(row_of).insert(), list(rows))


def insert_missing(session: Session, row_of: type[SQLModel], /, **values: Any) -> None:
    """Insert a row unless one with its key is there."""
    session.flush()
    insert = inserting(session.get_bind().dialect.name)
    session.connection().execute(insert(table_of(row_of)).on_conflict_do_nothing(), values)


def inserting(dialect: str) -> Any:
    """Return the ``insert`` of a dialect, which knows ``on_conflict_do_nothing`` and ``returning``.

    The other dialect is not even loaded: it costs 2 MB in every console.
    """
    return import_module(f"sqlalchemy.dialects.{dialect}").insert


def table_of(row_of: type[SQLModel]) -> Table:
    """Return the table of a model."""
    table: Table = row_of.__table__  # type: ignore[attr-defined]  # every table model has one
    return table
