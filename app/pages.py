"""Walking a list that is read a page at a time, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

PAGE = 500


class Numbered(Protocol):
    """A row with an id."""

    @property
    def id(self) -> int:
        """Its number, higher is newer."""


Row = TypeVar("Row", bound=Numbered)


def by_id(read: Callable[[int | None, int], list[Row]], limit: int | None = None) -> Iterator[Row]:
    """Yield rows, at most ``limit``; ``read`` takes the id that a page lies before (None: the newest) and its size."""
    before, left = None, limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        rows = read(before, size)
        yield from rows
        if len(rows) < size:
            return
        before, left = rows[-1].id, None if left is None else left - len(rows)
