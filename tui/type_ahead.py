"""Keys are obeyed in order, each only when what the one before it opened has the keyboard.

Textual hands a key to whatever has the focus when the key is read, before the key in front of it was obeyed. Somebody
who types ``r`` and then an answer, faster than the composer opens, would have the letters of the answer obeyed as
commands: ``x`` solves the ticket. A slow line does that to slow typists too, since it delivers many keys at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from textual import events
from textual.app import App
from textual.dom import DOMNode

PATIENCE = 3.0
"""Seconds that letters wait for what they are meant for; then they are thrown away rather than taken for commands."""

CALL_OFF = frozenset({"escape", "ctrl+q"})
"""Keys that do not wait: whoever presses one no longer wants what opens, nor the letters before it."""

_HOP = 1.0
_LOOK = 0.005


class TypeAheadApp(App[None]):
    """An app that keeps what is typed ahead."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key | events.Paste] = deque()
        self._typist: asyncio.Task[None] | None = None

    def is_opening(self) -> bool:
        """Tell whether something is about to take the keyboard."""
        return False

    def typed_in_vain(self) -> None:
        """Learn that letters were thrown away, because what they were meant for did not open in time."""

    async def on_event(self, event: events.Event) -> None:
        """Hand on one key at a time; the rest wait in line."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._typist is not None:
            self._typed.append(event)
        else:
            await self._hand_on(event)

    async def _hand_on(self, event: events.Key | events.Paste) -> None:
        target: DOMNode = self.focused or self.screen
        await super().on_event(event)
        self._typist = asyncio.create_task(self._follow(target), name="typist")

    async def _follow(self, target: DOMNode) -> None:
        """Wait until the key has been obeyed, then let the next one go."""
        await self._passed(target)
        if not await self._opened():
            self._typed.clear()
            self.typed_in_vain()
        self._typist = None
        if self._typed and self.is_running:
            await self._hand_on(self._typed.popleft())

    async def _passed(self, target: DOMNode) -> None:
        """Wait until the key has bubbled from ``target`` up to the app: everybody on its way has nothing before it."""
        for node in target.ancestors_with_self:
            done = asyncio.Event()
            if node.is_running and node.call_later(done.set):
                with suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), _HOP)

    async def _opened(self) -> bool:
        """Wait for what opens; False when it did not in time. A key that calls it off ends the wait."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while self.is_opening():
            if any(_calls_off(event) for event in self._typed):
                while not _calls_off(self._typed[0]):
                    self._typed.popleft()
                return True
            if asyncio.get_running_loop().time() > until:
                return not self._typed
            await asyncio.sleep(_LOOK)
        await self._passed(self.focused or self.screen)  # the focus itself moves by a message
        return True


def _calls_off(event: events.Key | events.Paste) -> bool:
    return isinstance(event, events.Key) and event.key in CALL_OFF
