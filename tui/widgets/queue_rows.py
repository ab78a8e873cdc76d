"""The rows of a queue that are at hand, and which ones are worth asking for.

A changed row stays on the screen until its successor is here: nothing flickers, nothing is shown that was never true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

LIMIT = 2000
"""Rows kept; more than any screen with its margins needs."""


class Row(Protocol):
    """What a list shows in one line: a ticket, a mail. Rows that read the same are equal, and hashable."""

    @property
    def id(self) -> int:
        """What tells it from the others."""


class QueueRows:
    """Rows by ticket id: present, stale (present, but changed in the store) or absent (asked for and not given)."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._stale: set[int] = set()
        self._absent: set[int] = set()

    def get(self, ticket_id: int) -> Row | None:
        """Return the row, also a stale one."""
        return self._rows.get(ticket_id)

    def is_absent(self, ticket_id: int) -> bool:
        """Tell whether the store was asked for the row and had none."""
        return ticket_id in self._absent

    def invalidate(self, ids: Iterable[int]) -> None:
        """Mark rows as changed in the store, also while they are being fetched."""
        self._stale.update(ids)

    def missing(self, ids: Sequence[int]) -> list[int]:
        """Return which of ``ids`` to ask the store for."""
        rows, stale, absent = self._rows, self._stale, self._absent
        return [i for i in ids if i in stale or (i not in rows and i not in absent)]

    def asked(self, ids: Iterable[int]) -> None:
        """Note that the store is being asked; what changes from now on is stale again."""
        self._stale.difference_update(ids)

    def put(self, rows: Mapping[int, Row]) -> list[int]:
        """Take rows and return the ids of those that differ from what was here."""
        changed = [ticket_id for ticket_id, row in rows.items() if self._rows.get(ticket_id) != row]
        self._rows.update(rows)
        self._absent.difference_update(rows)
        return changed

    def mark_absent(self, ids: Iterable[int]) -> None:
        """Remember that the store has no row for these ids; what was here of them stays."""
        self._absent.update(ids)

    def trim(self, keep: Sequence[int]) -> None:
        """Forget rows outside ``keep`` once there are more than ``LIMIT``."""
        if len(self._rows) > LIMIT:
            self._rows = {ticket_id: self._rows[ticket_id] for ticket_id in keep if ticket_id in self._rows}
            self._absent.intersection_update(keep)
        self._stale.intersection_update(self._rows.keys() | self._absent)
