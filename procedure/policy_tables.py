"""Reading one TOML table: each value is asked for by key, every fault becomes a sentence, the unknown is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast


class Table:
    """A table of the policy and the list of faults that all tables of one file share.

    Every reader returns a usable value even after a fault, so that one pass finds all of them.
    """

    def __init__(self, values: dict[str, object], name: str, problems: list[str]) -> None:
        self._values = values
        self.name = name
        self._problems = problems
        self._asked: set[str] = set()

    def fault(self, key: str, reason: str) -> None:
        """Note a fault of one key: ``<table>.<key> <reason>.``"""
        self._problems.append(f"{self.path(key)} {reason}.")

    def path(self, key: str) -> str:
        """Return the key with the table's name in front."""
        return f"{self.name}.{key}" if self.name else key

    def has_any(self, *keys: str) -> bool:
        """Tell whether one of the keys is there, whatever its value."""
        return any(key in self._values for key in keys)

    def keys_in_order(self) -> list[str]:
        """Return the keys in the order of the file; asking for them makes none of them known."""
        return list(self._values)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Read a whole number from ``low`` to ``high``; without a default it must be there."""
        value = self._value(key, default is None)
        if value is None:
            return low if default is None else default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(key, f"must be a whole number from {low} to {high}")
            return low
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text that is not empty; without a default it must be there."""
        value = self._value(key, default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str) or not value.strip():
            self.fault(key, "must be a text that is not empty")
            return ""
        return value

    def optional_integer(self, key: str, low: int, high: int) -> int | None:
        """Read a whole number from ``low`` to ``high``; None when the key is not there."""
        self._asked.add(key)
        return self.integer(key, low, high) if key in self._values else None

    def choice(self, key: str, allowed: Iterable[str]) -> str | None:
        """Read one of a few words; None when the key is not there."""
        allowed = list(allowed)
        value = self._value(key, required=False)
        if value is None:
            return None
        if isinstance(value, str) and value in allowed:
            return value
        self.fault(key, f"must be one of {', '.join(allowed)}")
        return allowed[0]

    def flag(self, key: str) -> bool:
        """Read true or false; false when the key is not there."""
        value = self._value(key, required=False)
        if value is not None and not isinstance(value, bool):
            self.fault(key, "must be true or false")
        return value is True

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts; none when the key is not there."""
        value = self._value(key, required=False)
        if value is None:
            return ()
        fits = isinstance(value, list) and value
        if not fits or not all(isinstance(item, str) and item.strip() for item in cast("list[object]", value)):
            self.fault(key, "must be a list of texts, none of them empty")
            return ()
        return tuple(cast("list[str]", value))

    def words(self, key: str) -> tuple[str, ...]:
        """Read a list of words in lower case, which may be empty: a shipped list shows what could be in it."""
        if self._values.get(key) == []:
            self._asked.add(key)
            return ()
        return tuple(text.strip().lower() for text in self.texts(key))

    def integers(self, key: str, count: int, low: int, high: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """Read a list of exactly ``count`` whole numbers."""
        value = self._value(key, required=False)
        if value is None:
            return default
        fits = isinstance(value, list) and len(value) == count
        if not fits or not all(type(item) is int and low <= item <= high for item in cast("list[object]", value)):
            self.fault(key, f"must be a list of {count} whole numbers from {low} to {high}")
            return default
        return tuple(cast("list[int]", value))

    def table(self, key: str, required: bool = False) -> Table:
        """Read a table; an empty one when it is not there."""
        value = self._value(key, required)
        if value is not None and not isinstance(value, dict):
            self.fault(key, "must be a table")
            value = None
        return Table(cast("dict[str, object]", value or {}), self.path(key), self._problems)

    def tables(self, key: str) -> list[Table]:
        """Read a list of tables (``[[key]]``); each is named by its ``id``, else by its number."""
        value = self._value(key, required=False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fault(key, f"must be a list of tables: [[{key}]]")
            return []
        rows = cast("list[dict[str, object]]", value)
        names = [f"{self.path(key)}.{row.get('id', number)}" for number, row in enumerate(rows, start=1)]
        return [Table(row, name, self._problems) for row, name in zip(rows, names, strict=True)]

    def finish(self) -> None:
        """Refuse every key that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                self.fault(key, f"is not known here; known are {', '.join(sorted(self._asked))}")

    def _value(self, key: str, required: bool) -> object:
        self._asked.add(key)
        value = self._values.get(key)
        if value is None and required:
            self.fault(key, "is missing")
        return value
