"""Column kinds and constraint names that every table shares."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Enum, LargeBinary
from sqlmodel import SQLModel

# Constraints need names: SQLite can only drop a named one, and an error names the law it met.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Not JSONB: nothing looks inside by an index, and naming it here would load PostgreSQL's dialect (2 MB) everywhere.
Json = JSON()
"""A JSON document."""

MaybeJson = JSON(none_as_null=True)
"""A JSON document, or NULL where there is none."""

Bytes = LargeBinary()
"""Raw bytes, bit for bit (BYTEA on PostgreSQL)."""


def word(kind: type[StrEnum], name: str) -> Any:
    """Return a column type that keeps the *values* of ``kind`` as text, held by a CHECK named ``name``.

    Not the library's default, which keeps member names and makes a native PostgreSQL type that a later word needs a
    migration lock for.
    """
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )
