"""The queries that every screen and worker repeats walk the index made for them, at any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from desk import due, filing, ledger, ledger_search, outgoing, queues, tickets, timers
from desk.actors import COURIER, FILER, TIMERS, Actor
from desk.context import Desk
from desk.views import Wanted
from procedure.terms import Fate, Level
from tests.fakes.desks import Group

Call = Callable[[Actor, Desk], object]

PLANS: dict[str, tuple[Call, str]] = {
    "the ids of a queue": (lambda who, desk: queues.ids(who, desk, Level.FIRST, limit=200), "ix_ticket_queue"),
    "a page of a queue": (lambda who, desk: queues.page(who, desk, Level.FIRST), "ix_ticket_queue"),
    "the next ticket": (lambda who, desk: tickets.take_next(who, desk, Level.FIRST), "ix_ticket_queue"),
    "mail to send": (lambda _, desk: due.mail_to_send(COURIER, desk), "ix_outbox_due"),
    "a claim of the outbox": (lambda _, desk: outgoing.claim(COURIER, desk), "ix_outbox_due"),
    "sleepers": (lambda _, desk: due.sleepers_to_wake(TIMERS, desk), "ix_ticket_wake"),
    "waking": (lambda _, desk: timers.run_due(TIMERS, desk), "ix_ticket_wake"),
    # Mails without a fate are few, so that the index of fates finds them as well as their own.
    "mail to file": (lambda _, desk: due.mail_to_file(FILER, desk), "ix_ledger_"),
    "the mails that wait for a person": (
        lambda who, desk: ledger_search.page(who, desk, Wanted(fate=Fate.QUARANTINED), limit=200),
        "ix_ledger_fate",
    ),
    "how many are folded behind a mail": (lambda who, desk: ledger.some(who, desk, [1]), "ix_ledger_flood_of"),
    "a claim of mail": (lambda _, desk: filing.claim(FILER, desk), "ix_ledger_"),
}


@contextmanager
def selects(desk: Desk) -> Iterator[list[tuple[str, Any]]]:
    """Collect the SELECT statements of the block with their values."""
    seen: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, values: object, context: object, many: bool) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    event.listen(desk.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("name", PLANS)
def test_a_repeated_query_uses_its_index(name: str, desk: Desk, actors: Group) -> None:
    """SQLite names the partial index in its plan, and sorts nothing by hand."""
    call, index = PLANS[name]
    with selects(desk) as seen:
        call(actors.supervisor, desk)
    plans = [_plan(desk, statement, values) for statement, values in seen]
    found = [plan for plan in plans if index in plan]
    assert found, plans
    assert index == "ix_ledger_" or "USE TEMP B-TREE FOR ORDER BY" not in found[0]


def _plan(desk: Desk, statement: str, values: Any) -> str:
    with desk.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)
        return "; ".join(str(row[3]) for row in rows)
