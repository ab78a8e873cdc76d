"""A day at the console, in a minute: it does not grow."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from desk.context import Desk
from tests.fakes.desks import Group
from tests.tui.console import Seat, opened, seated

PAGE_KB = 4
GROWTH_KB = 30 * 1024
TICKETS = 30


def resident_kb() -> int:
    """Return how much memory this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_KB


async def change_focus(seat: Seat, times: int) -> None:
    for _ in range(times):
        seat.app.screen.focus_next()
        await seat.pilot.pause()


async def open_tickets(seat: Seat, times: int) -> None:
    for number in range(times):
        await seat.open(1001 + number % TICKETS)
        if number % 3 == 0:
            seat.app.action_app_back()
            await seat.pilot.pause()


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_it_does_not_grow(desk: Desk, actors: Group) -> None:
    """2,000 changes of focus and 300 opened tickets leave less than 30 MB behind."""
    for number in range(TICKETS):
        opened(desk, f"Number {number}", "some words\n> quoted\n> more\n" * 20)
    async with seated(desk, actors.maria, (140, 45)) as seat:
        await open_tickets(seat, TICKETS)
        await seat.open(1001)
        await seat.begin("r")
        await change_focus(seat, 50)
        before = resident_kb()
        await change_focus(seat, 2000)
        focused = resident_kb()
        await open_tickets(seat, 300)
        after = resident_kb()
    grown = {"focus": focused - before, "tickets": after - focused}
    print(f"grew by {grown} KB from {before} KB")
    assert after - before < GROWTH_KB, grown
