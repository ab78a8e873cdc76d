"""History in words: every kind of event that the desk writes is a sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from desk import outgoing, replies, tickets, undo
from desk.actors import COURIER
from desk.context import Desk
from desk.views import EventView
from procedure.mail import Sent
from procedure.terms import Level, Priority, Status
from tests.fakes.desks import START, Group
from tests.fakes.mails import arrive, letter
from tests.tui.console import clock_of, seated
from tui.history_words import TELLINGS, Reader, sentence, who

DESK = Path(__file__).parents[2] / "desk"
READER = Reader(START, UTC)
WRITERS = {"record": 3, "change": 5, "create": 0, "_set": 4, "_dead": 4}
"""The functions of the desk that write events, and which argument is the kind."""
NOT_OF_A_TICKET = frozenset({"staff_added", "policy_loaded"})


def written(source: str) -> Iterator[str]:
    """Yield the kinds of events that a module writes, also those it chooses between."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS:
            place = WRITERS[node.func.id]
            yield from _constants(node.args[place]) if len(node.args) > place else ()
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "kind" for t in node.targets):
            yield from _constants(node.value)


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def test_every_kind_of_event_has_its_words() -> None:
    """What the desk writes into a ticket's history is what the console has words for, no more and no less."""
    kinds = {kind for path in DESK.glob("*.py") for kind in written(path.read_text(encoding="utf-8"))}
    assert kinds | {"created"} == TELLINGS.keys() | NOT_OF_A_TICKET


CASES = [
    ("claimed", {"set": {"assignee_id": "maria", "turn": 1, "status": "open"}, "was": {"status": "new"}},
     "took it, status new → open"),
    ("assigned", {"set": {"assignee_id": "kostas"}, "was": {"assignee_id": "maria"}},
     "gave it to kostas, before maria"),
    ("handed_up", {"set": {"level": 2}, "was": {"level": 1}, "message": 7}, "handed it up, level 1st → 2nd"),
    ("status", {"set": {"status": "on_hold", "wake_at": "2026-11-23T09:00:00+00:00"}, "was": {"status": "open"}},
     "status open → on hold, comes back 23 Nov 09:00"),
    ("tags", {"set": {"tags": ["mail", "vip"]}, "was": {"tags": []}}, "tags #mail #vip"),
    ("sent", {"reply": "250 ok", "kind": "answer"}, "answer sent, the next server said: 250 ok"),
    ("customer_wrote", {"unverified": True, "set": {}}, "the customer wrote, from an address not known here"),
    ("created", {"set": {"channel": "mail", "level": 1, "status": "new", "difficulty": 2, "priority": "normal"},
                 "rules": [{"rule": "quota", "because": "full"}]},
     "opened it by mail, 1st level, difficulty 2, by rule quota"),
    ("from_the_future", {"set": {"level": 3}}, "from the future, level 3rd"),
    ("undone", {"undoes": 3, "kind": "handed_up"}, "took back: handed up"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "expected"), CASES)
def test_an_event_is_one_sentence(kind: str, data: dict[str, object], expected: str) -> None:
    """Who follows a ticket reads words: no field names, no instants of machines, nothing computed."""
    assert sentence(EventView(1, START, "maria", kind, data), READER) == expected


def test_parts_of_the_service_are_one_name() -> None:
    """A reader need not know how the service is cut into parts."""
    actors = ("service:courier", "maria")
    assert [who(EventView(1, START, actor, "sent", {})) for actor in actors] == ["tierdesk", "maria"]


async def test_the_whole_life_of_a_ticket_reads_well(desk: Desk, actors: Group) -> None:
    """On the screen each event is a line with names, and no line shows what a machine keeps for itself."""
    ticket = arrive(desk, letter()).ticket
    tickets.assign(actors.moderator, desk, ticket, "maria")
    tickets.set_priority(actors.maria, desk, ticket, Priority.HIGH)
    undo.undo(actors.maria, desk)
    tickets.set_level(actors.maria, desk, ticket, Level.SECOND, "please look")
    tickets.claim(actors.kostas, desk, ticket)
    replies.send(actors.kostas, desk, ticket, "Fixed.", then=Status.SOLVED)
    clock_of(desk).advance(minutes=30)
    for mail in outgoing.claim(COURIER, desk):
        outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 2.0.0 ok"))
    async with seated(desk, actors.maria, (100, 40)) as seat:
        await seat.open(ticket)
        await seat.press("h")
        await seat.sees("moderator: gave it to maria", "maria: handed it up, level 1st → 2nd", "kostas: took it")
        await seat.sees("tierdesk: answer sent", "maria: took back: priority")
        for machine in ("{", "_", "+00:00", "assignee id", "staff 2"):
            assert machine not in seat.text()
