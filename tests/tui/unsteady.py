"""A desk whose store can go away and come back, as a disk or a server does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sqlmodel import Session

from desk.context import Desk
from store.database import Database
from store.errors import Unreachable

T = TypeVar("T")


class UnsteadyDatabase(Database):
    """The store of another desk; while ``is_away`` nothing can be read or written."""

    def __init__(self, inner: Database) -> None:
        super().__init__(inner.engine)
        self.is_away = False

    def _refuse(self) -> None:
        if self.is_away:
            raise Unreachable("The store cannot be read: disk I/O error.")

    def read(self, work: Callable[[Session], T]) -> T:
        self._refuse()
        return super().read(work)

    def write(self, work: Callable[[Session], T], *, urgent: bool = False) -> T:
        self._refuse()
        return super().write(work, urgent=urgent)


class Unsteady:
    """A desk with a switch."""

    def __init__(self, desk: Desk) -> None:
        self._database = UnsteadyDatabase(desk.database)
        self.desk = replace(desk, database=self._database)

    @property
    def is_away(self) -> bool:
        return self._database.is_away

    @is_away.setter
    def is_away(self, is_away: bool) -> None:
        self._database.is_away = is_away
