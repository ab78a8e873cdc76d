"""The real console on a real embedded store: a person's keys in, the text of the screen out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from desk import opening, reading
from desk.actors import Actor
from desk.context import Desk
from desk.views import TicketView
from procedure.mail import Address
from procedure.terms import Level
from tests.fakes.desks import FakeClock, owner_of
from tui.app import ConsoleApp
from tui.screens.queue import QueueScreen
from tui.screens.ticket import TicketScreen
from tui.widgets.composer import Composer
from tui.widgets.conversation import Conversation
from tui.widgets.writing import Writing

DEADLINE = 8.0
NIKOS = Address("Nikos Pappas", "nikos@example.gr")


def app_on(desk: Desk, actor: Actor, **more: Any) -> ConsoleApp:
    """Return a console of ``actor`` on ``desk``, with the desk's clock."""
    return ConsoleApp(lambda: (desk, actor), desk.clock.now, zone=UTC, **more)


@dataclass
class Seat:
    """Somebody in front of a console."""

    app: ConsoleApp
    pilot: Pilot[None]
    desk: Desk
    actor: Actor
    pages: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return what stands on the screen, line by line."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Write into what has the focus, as a paste does: a key at a time takes long."""
        focused = self.app.focused
        assert isinstance(focused, Input | TextArea), focused
        if isinstance(focused, Input):
            focused.insert_text_at_cursor(text)
        else:
            focused.insert(text)
        await self.pilot.pause()

    async def until(self, reached: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + DEADLINE
        while not reached():
            assert time.monotonic() < deadline, f"never came; the screen says:\n{self.text()}"
            await asyncio.sleep(0.01)

    async def sees(self, *words: str) -> None:
        """Wait until all words stand on the screen."""
        await self.until(lambda: all(word in self.text() for word in words))

    async def loses(self, *words: str) -> None:
        """Wait until none of the words stands on the screen any more."""
        await self.until(lambda: not any(word in self.text() for word in words))

    async def hears(self, *words: str) -> None:
        """Wait until the line at the foot says the words."""
        await self.until(lambda: all(word in self.said for word in words))

    def has(self, kind: type[Screen[Any]]) -> bool:
        """Tell whether a screen or a question of a kind is on top."""
        return isinstance(self.app.screen, kind)

    @property
    def said(self) -> str:
        """Return the sentence at the foot of the place in view."""
        return self.app.said

    @property
    def queue(self) -> QueueScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, QueueScreen)
        return screen

    @property
    def ticket(self) -> TicketScreen:
        screen = self.app.place
        assert isinstance(screen, TicketScreen), screen
        return screen

    @property
    def composer(self) -> Composer:
        return self.ticket.query_one(Composer)

    @property
    def conversation(self) -> Conversation:
        return self.ticket.query_one(Conversation)

    def shown(self, ticket_id: int) -> TicketView:
        """Return the ticket as the store has it."""
        return reading.show(owner_of(), self.desk, ticket_id)

    async def open(self, ticket_id: int) -> None:
        """Open a ticket and wait until it is read."""
        opening = self.app.open_ticket(ticket_id)
        if opening is not None:
            await opening
        await self.until(lambda: self.conversation.ticket is not None and self.conversation.ticket.id == ticket_id)

    async def begin(self, key: str) -> None:
        """Press ``r`` or ``n`` and wait for the composer."""
        await self.press(key)
        await self.until(lambda: isinstance(self.app.place, TicketScreen) and self.composer.is_writing)
        await self.until(lambda: isinstance(self.app.focused, Writing))


@asynccontextmanager
async def seated(
    desk: Desk, actor: Actor, size: tuple[int, int] = (100, 30), wait: bool = True, **more: Any
) -> AsyncIterator[Seat]:
    """Sit somebody down at a console; with ``wait`` until the queue is shown."""
    app = app_on(desk, actor, **more)
    async with app.run_test(size=size, notifications=True) as pilot:
        seat = Seat(app, pilot, desk, actor)
        if wait:
            await settle(seat)
        yield seat


async def settle(seat: Seat) -> None:
    """Wait until the store is open, everything is shown, and no work is under way."""
    await seat.until(lambda: seat.app.top.counts and "Opening" not in seat.text())
    # What waits for a person's answer is not work under way.
    await seat.until(
        lambda: all(worker.is_finished or worker.group in ("dialog", "compose") for worker in seat.app.workers)
    )
    await seat.pilot.pause()


def clock_of(desk: Desk) -> FakeClock:
    """Return the fake clock of a desk."""
    assert isinstance(desk.clock, FakeClock)
    return desk.clock


def opened(
    desk: Desk,
    subject: str = "Cannot log in",
    text: str = "Since this morning.",
    requester: Address = NIKOS,
    level: Level = Level.FIRST,
) -> int:
    """Open a ticket and return its id."""
    return opening.open_ticket(owner_of(), desk, subject, text, requester, level=level)
