"""A terminal of any size, changed at any moment."""

from __future__ import annotations

import random

import pytest

from desk.context import Desk
from tests.fakes.desks import Group
from tests.tui.console import opened, seated
from tui.widgets.writing import Writing

SIZES = [(60, 16), (80, 24), (100, 30), (140, 45)]


@pytest.mark.parametrize("size", [(59, 16), (60, 15), (1, 1), (30, 8)])
async def test_below_the_floor_one_line_says_so(desk: Desk, actors: Group, size: tuple[int, int]) -> None:
    """Too small is said instead of shown, and nothing is lost: larger again, everything is where it was."""
    opened(desk, "Mailbox quota")
    async with seated(desk, actors.maria, (80, 24)) as seat:
        await seat.open(1001)
        await seat.begin("r")
        await seat.write("half a word")
        await seat.pilot.resize_terminal(*size)
        if size[0] > 11:
            await seat.until(lambda: seat.text().split() == ["needs", "60x16"])
        await seat.pilot.resize_terminal(80, 24)
        await seat.sees("TD-1001  Mailbox quota", "half a word")
        assert isinstance(seat.app.focused, Writing)


async def test_a_question_is_covered_as_well(desk: Desk, actors: Group) -> None:
    """Also what is asked while the terminal is too small waits under the line."""
    opened(desk, "Mailbox quota")
    async with seated(desk, actors.maria, (80, 24)) as seat:
        await seat.pilot.resize_terminal(40, 10)
        await seat.sees("needs 60x16")
        await seat.press("z")
        await seat.pilot.pause()
        assert seat.text().split() == ["needs", "60x16"]
        await seat.pilot.resize_terminal(80, 24)
        await seat.sees("Let TD-1001 sleep until when?")
        await seat.press("escape")
        await seat.sees("Mailbox quota")


@pytest.mark.parametrize("size", SIZES)
async def test_every_supported_size_shows_the_work(desk: Desk, actors: Group, size: tuple[int, int]) -> None:
    """From 60x16 on: reference and subject in the queue, words and composer on the ticket, the keys at the foot."""
    opened(desk, "Mailbox quota", "The mailbox is full.")
    async with seated(desk, actors.maria, size) as seat:
        await seat.sees("TD-1001", "Mailbox quota", "? help")
        await seat.press("enter")
        await seat.sees("TD-1001  Mailbox quota", "The mailbox is full.", "? help")
        await seat.begin("r")
        await seat.write("Yes.")
        await seat.sees("The mailbox is full.", "Answer to Nikos Pappas", "Yes.", "ctrl+s send", "help")


async def test_a_storm_of_resizes(desk: Desk, actors: Group) -> None:
    """Whatever a window manager does, the console lives and the focus stays."""
    opened(desk, "Mailbox quota", "long words\n" * 80)
    chance = random.Random(7)
    async with seated(desk, actors.maria, (80, 24)) as seat:
        await seat.open(1001)
        await seat.begin("r")
        await seat.write("half a word")
        for _ in range(20):
            await seat.pilot.resize_terminal(chance.randint(1, 200), chance.randint(1, 60))
        await seat.pilot.resize_terminal(80, 24)
        await seat.sees("Mailbox quota", "half a word")
        assert isinstance(seat.app.focused, Writing)
