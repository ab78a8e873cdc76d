"""The console while the store changes under it, or goes away."""

from __future__ import annotations

import threading

import pytest

from desk import people, replies, tickets
from desk.context import Desk
from procedure.terms import Level, Role
from tests.fakes.desks import Group, owner_of
from tests.fakes.desks import opened as open_store
from tests.fakes.mails import arrive, letter
from tests.tui.console import clock_of, opened, seated
from tests.tui.unsteady import Unsteady
from tui.gateway import Gateway


async def test_what_another_process_does_appears(desk: Desk, sqlite_url: str, actors: Group) -> None:
    """A change over a connection of somebody else's is on the screen without a key, in the queue and on the ticket."""
    ticket = opened(desk, "Mailbox quota")
    other = open_store(sqlite_url, clock_of(desk))
    try:
        async with seated(desk, actors.maria) as seat:
            await seat.sees("*  TD-1001")
            tickets.claim(actors.kostas, other, ticket)
            await seat.sees("·▸ TD-1001", "kostas")
            await seat.open(ticket)
            thread = threading.Thread(target=replies.note, args=(actors.kostas, other, ticket, "seen by kostas"))
            thread.start()
            await seat.sees("seen by kostas")
            thread.join()
    finally:
        other.close()


async def test_the_queue_lives_while_a_question_is_open(desk: Desk, actors: Group) -> None:
    """A dialog does not stop the world behind it."""
    opened(desk, "One")
    async with seated(desk, actors.maria) as seat:
        await seat.press("z")
        await seat.sees("sleep until when?")
        opened(desk, "Arrived meanwhile")
        await seat.sees("▸1st 2")
        await seat.press("escape")
        await seat.sees("Arrived meanwhile")


async def test_a_store_that_is_away_is_told_and_comes_back(desk: Desk, actors: Group) -> None:
    """What was read stays, stamped with its moment; acts are refused with a sentence; it recovers by itself."""
    opened(desk, "Mailbox quota")
    unsteady = Unsteady(desk)
    async with seated(unsteady.desk, actors.maria) as seat:
        await seat.sees("Mailbox quota")
        clock_of(desk).advance(minutes=3)
        unsteady.is_away = True
        await seat.press("c")
        await seat.hears("The store cannot be read")
        await seat.sees("as of 09:03", "Mailbox quota")
        unsteady.is_away = False
        opened(desk, "Came after")
        await seat.sees("Came after", "in 0 = 0 ✓")
        assert "as of" not in seat.text()


async def test_a_read_that_fails_once_is_tried_again(
    desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any change in the store, what could not be read is asked for again."""
    monkeypatch.setattr("tui.live_app.ASK_AGAIN", 0.2)
    opened(desk, "Mailbox quota")
    unsteady = Unsteady(desk)
    async with seated(unsteady.desk, actors.maria) as seat:
        unsteady.is_away = True
        await seat.press("2")
        await seat.sees("as of")
        unsteady.is_away = False
        await seat.loses("as of")
        await seat.sees("Nothing waits on the 2nd level")


async def test_two_consoles_see_each_other(desk: Desk, sqlite_url: str, actors: Group) -> None:
    """What one does the other sees; a handover leaves one queue and arrives in the other."""
    opened(desk, "Server is slow")
    other = open_store(sqlite_url, clock_of(desk))
    try:
        async with seated(desk, actors.maria) as maria, seated(other, actors.kostas) as kostas:
            await kostas.press("2")
            await kostas.sees("Nothing waits on the 2nd level")
            tickets.set_level(actors.maria, desk, 1001, Level.SECOND, "please look")
            await kostas.sees("Server is slow", "▸2nd 1")
            await maria.sees("2nd 1", "(left this queue)")
    finally:
        other.close()


async def test_a_new_colleague_can_be_given_work_at_once(desk: Desk, actors: Group) -> None:
    """Names in questions and in history are those of the store, not those of the morning."""
    ticket = arrive(desk, letter()).ticket
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        people.add(owner_of(), desk, "zoe", "Zoe New", "zoe@example.com", [Role.LEVEL1])
        await seat.press("a")
        await seat.sees("zoe · Zoe New")
        await seat.press("escape", "h")
        tickets.assign(actors.maria, desk, ticket, "zoe")
        await seat.sees("maria: gave it to zoe")


async def test_work_that_fails_in_an_unforeseen_way_is_told(
    desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is a sentence at the foot, and the console lives on."""

    async def broken(*arguments: object) -> None:
        raise RuntimeError("[/x nobody thought of that")

    opened(desk, "One")
    async with seated(desk, actors.maria) as seat:
        monkeypatch.setattr(Gateway, "claim", broken)
        await seat.press("c")
        await seat.hears("That went wrong: RuntimeError('[/x nobody thought of that').")
        await seat.press("x")
        await seat.hears("TD-1001 is solved")
