"""The explanation of a ticket's clocks on the screen."""

from __future__ import annotations

from datetime import timedelta

from desk import replies, tickets
from desk.context import Desk
from procedure.terms import Status
from tests.fakes.desks import START, Group
from tests.tui.console import clock_of, opened, seated
from tui.screens.clock import ClockScreen
from tui.screens.ticket import TicketScreen


async def test_the_clocks_of_a_ticket(desk: Desk, actors: Group) -> None:
    """``w`` shows what was counted, what was paused and why, and what is due; esc leads back to the ticket."""
    ticket = opened(desk)
    clock_of(desk).at = START + timedelta(minutes=30)
    replies.send(actors.maria, desk, ticket, "Which one?")
    clock_of(desk).at = START + timedelta(minutes=90)
    tickets.set_status(actors.maria, desk, ticket, Status.OPEN)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("w")
        await seat.sees(f"Clocks · TD-{ticket}", "first answer", "met, due", "paused: pending", "resolution", "due ")
        assert isinstance(seat.app.screen, ClockScreen)
        await seat.press("escape")
        assert isinstance(seat.app.screen, TicketScreen)


async def test_from_a_queue(desk: Desk, actors: Group) -> None:
    """The line under the cursor has clocks as well."""
    opened(desk)
    clock_of(desk).advance(minutes=5)
    async with seated(desk, actors.maria) as seat:
        await seat.press("w")
        await seat.sees("Clocks · TD-1001", "+ ", "counted (24x7)")
