"""``INSERT … ON CONFLICT`` in the words of the store's own dialect; the other dialect is not even loaded."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlmodel import Session


def inserting(session: Session) -> Any:
    """Return the ``insert`` of the session's dialect, which knows ``on_conflict_do_nothing`` and ``returning``."""
    return import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}").insert
