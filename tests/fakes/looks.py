"""Looking at what the desk kept, past its use cases: rows, counts, history."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, select

from desk.context import Desk
from store.tables import Event, Ticket

T = TypeVar("T", bound=SQLModel)


def row(desk: Desk, table: type[T], key: Any) -> T:
    """Return a row by its key."""
    return desk.database.read(lambda session: session.get_one(table, key))


def ticket(desk: Desk, ticket_id: int) -> Ticket:
    """Return a ticket's row."""
    return row(desk, Ticket, ticket_id)


def every(desk: Desk, table: type[T]) -> list[T]:
    """Return all rows of a table, in no order."""
    return desk.database.read(lambda session: list(session.exec(select(table))))


def events(desk: Desk, ticket_id: int | None = None) -> list[Event]:
    """Return the history of a ticket, or of everything, oldest first."""

    def work(session: Session) -> list[Event]:
        statement = select(Event).order_by(col(Event.id))
        if ticket_id is not None:
            statement = statement.where(Event.ticket_id == ticket_id)
        return list(session.exec(statement))

    return desk.database.read(work)


def kinds(desk: Desk, ticket_id: int) -> list[str]:
    """Return the kinds of a ticket's events, oldest first."""
    return [event.kind for event in events(desk, ticket_id)]


def change(desk: Desk, statement: str, **values: Any) -> None:
    """Change rows by a statement of the test's own."""
    desk.database.write(lambda session: session.execute(text(statement), values))
