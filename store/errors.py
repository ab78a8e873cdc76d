"""What can go wrong with the store, translated once from the driver's errors.

StoreError
├── Busy                 another writer was in the way for longer than we wait; worth trying again
├── Unstorable           no column can hold the value: a number out of range, half a character
├── Unreachable          disk full, I/O error, file or server away: nothing was written
├── Taken                a key exists already: somebody else was first
├── LawBroken            a CHECK or a trigger refused the change: a fault of ours, nothing was written
└── WrongVersion         the store's tables are older or newer than this program
"""

from __future__ import annotations

from sqlalchemy import exc


class StoreError(Exception):
    """The store refused."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or (self.__doc__ or "").strip())


class Busy(StoreError):
    """The store is busy with another writer."""


class Unstorable(StoreError):
    """No store can hold this value: a number out of range, or half a character."""


class Unreachable(StoreError):
    """The store cannot be read or written."""


class Taken(StoreError):
    """Somebody else was first."""


class LawBroken(StoreError):
    """The change would break a law of the store."""


class WrongVersion(StoreError):
    """The store's tables do not fit this program."""


_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
# Serialisation failure, deadlock, lock not available, statement timed out.
_POSTGRES_BUSY = frozenset({"40001", "40P01", "55P03", "57014"})


def translate(error: exc.SQLAlchemyError) -> StoreError:
    """Return our error for a driver's error; the driver's text is kept as the cause, not shown to mail peers."""
    if isinstance(error, exc.IntegrityError):
        kind = Taken if _is_taken(error.orig) else LawBroken
        return kind(f"The store refused the change: {error.orig}")
    if not isinstance(error, exc.DBAPIError):
        return StoreError(str(error))
    if _is_busy(error.orig):
        return Busy()
    if isinstance(error, exc.DataError):
        return Unstorable(f"The store cannot hold this value: {error.orig}")
    # PostgreSQL's own text has several lines; a complaint to a person has one.
    return Unreachable(f"The store cannot be read or written: {' '.join(str(error.orig).split())}")


def _is_busy(cause: object) -> bool:
    name = getattr(cause, "sqlite_errorname", "") or ""
    return name.startswith(_SQLITE_BUSY) or getattr(cause, "sqlstate", None) in _POSTGRES_BUSY


def _is_taken(cause: object) -> bool:
    name = getattr(cause, "sqlite_errorname", "") or ""
    return name in _SQLITE_TAKEN or getattr(cause, "sqlstate", None) == "23505"
