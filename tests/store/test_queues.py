"""The reading side of the queues: order, pages and counters that agree with the rows."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, select

from procedure.terms import CLOSED_STATUSES, Channel, Priority, Status
from store import queues
from store.database import Database
from store.engine import open_engine
from store.tables import Contact, Ticket
from tests.fakes.desks import START

MINUTES = st.integers(0, 5)  # few moments, so that many tickets share one
TICKETS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 1), st.sampled_from(Status), MINUTES), max_size=25)


def ticket(level: int, turn: int, status: Status, minute: int) -> Ticket:
    at = START + timedelta(minutes=minute)
    return Ticket(
        subject="s", requester_id=1, channel=Channel.MAIL, level=level, difficulty=1, priority=Priority.NORMAL,
        status=status, turn=turn, next_at=at, wake_at=at, created_at=START, changed_at=START,
    )  # fmt: skip


def fill(session: Session, rows: list[tuple[int, int, Status, int]]) -> None:
    session.add(Contact(id=1, address="a@b.c", created_at=START))
    session.flush()
    session.add_all(ticket(*row) for row in rows)


def walk(database: Database, limit: int, level: int | None, between: list[Ticket]) -> list[int]:
    """Return the ids of all pages, writing a ticket of ``between`` after each."""
    seen: list[int] = []
    after: tuple[int, datetime, int] | None = None
    while True:
        place = after

        def work(session: Session, place: tuple[int, datetime, int] | None = place) -> list[tuple[int, datetime, int]]:
            found = queues.page(
                session, "maria", START, level=level, after=place, limit=limit, text="", everything=False
            )
            return [(row.turn, row.next_at, row.id) for row in found]

        page = database.read(work)
        seen += [number for _, _, number in page]
        if len(page) < limit:
            return seen
        after = page[-1]
        if between:
            new = between.pop()
            database.write(lambda session, new=new: session.add(new))  # type: ignore[misc]  # the default binds the loop's value


def in_order(database: Database, level: int | None) -> list[int]:
    rows = database.read(lambda session: list(session.exec(select(Ticket))))
    wanted = [row for row in rows if row.status not in CLOSED_STATUSES and level in (None, row.level)]
    return [row.id or 0 for row in sorted(wanted, key=lambda row: (row.turn, row.next_at, row.id))]


@settings(max_examples=30)
@given(rows=TICKETS, limit=st.integers(1, 7), level=st.sampled_from([None, 1, 2, 3]))
@example(rows=[(1, 0, Status.OPEN, 0)] * 5, limit=2, level=1)
def test_pages_are_the_whole_list(
    sqlite_template: Path, fast_directory: Path, rows: list[tuple[int, int, Status, int]],
    limit: int, level: int | None,
) -> None:  # fmt: skip
    """Page by page, or at once, the list is the same: sorted by turn, next moment and number, each ticket once."""
    path = Path(tempfile.mkdtemp(dir=fast_directory)) / "desk.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(open_engine(f"sqlite:///{path}"))
    try:
        database.write(lambda session: fill(session, rows))
        expected = in_order(database, level)
        assert walk(database, limit, level, []) == expected
        if level is not None:
            assert database.read(lambda session: queues.ids(session, level)) == expected
    finally:
        database.close()


ROWS = [(1 + n % 3, n % 2, list(Status)[n % 6], n % 5) for n in range(60)]


@pytest.mark.parametrize("level", [None, 2])
def test_pages_are_whole_while_tickets_arrive(database: Database, level: int | None) -> None:
    """Whatever is inserted meanwhile, no ticket that was there is missed or shown twice, on both engines."""
    database.write(lambda session: fill(session, ROWS))
    before = in_order(database, level)
    seen = walk(database, 4, level, [ticket(2, n % 2, Status.OPEN, n) for n in range(6)])
    assert [number for number in seen if number in before] == before
    assert len(set(seen)) == len(seen)


def test_counters_are_counts(database: Database) -> None:
    """After tickets came, moved, slept and went, the counters say what counting says, on both engines."""
    database.write(lambda session: fill(session, ROWS))
    for change in (
        "UPDATE ticket SET level = 3 WHERE id % 4 = 0",
        "UPDATE ticket SET turn = 1 - turn WHERE id % 3 = 0",
        "UPDATE ticket SET status = 'closed' WHERE id % 5 = 0",
        "UPDATE ticket SET status = 'open', level = 1 WHERE id % 10 = 0",
        "UPDATE ticket SET subject = 'other'",
        "DELETE FROM ticket WHERE id % 7 = 0",
    ):
        database.write(lambda session, change=change: session.execute(text(change)))  # type: ignore[misc]  # as above
        rows = database.read(lambda session: list(session.exec(select(Ticket))))
        counted = Counter((row.level, row.turn) for row in rows if row.status not in CLOSED_STATUSES)
        kept = {key: number for key, number in database.read(queues.counts).items() if number}
        assert (change, kept) == (change, dict(counted))


FILTERS = {
    "": 2, "webmail": 1, "WEBMAIL log": 1, "pappas": 1, "x@y": 1, "TD-1001": 1, "1002": 1, "100%": 0,
    "_": 0, "nothing": 0,
}  # fmt: skip


@pytest.mark.parametrize(("filtered", "found"), FILTERS.items())
def test_a_filter_keeps_what_holds_every_word(database: Database, filtered: str, found: int) -> None:
    """Reference, subject, name or address; case does not matter, and signs of the pattern language mean themselves."""

    def two(session: Session) -> None:
        session.add(Contact(id=1, address="a@b.c", name="N. Pappas", created_at=START))
        session.add(Contact(id=2, address="x@y.z", created_at=START))
        session.flush()
        first, second = ticket(1, 0, Status.OPEN, 0), ticket(1, 0, Status.OPEN, 1)
        first.subject, second.requester_id = "Cannot log in to webmail", 2
        session.add(first)
        session.flush()
        session.add(second)

    database.write(two)
    assert len(database.read(lambda session: queues.ids(session, 1, filtered))) == found
