"""The palette (ctrl+p): tickets by reference, subject or sender, and everything that can be done here."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from desk.errors import DeskError
from tui.actions import ACTIONS, Action, Context, key_word
from tui.safe import safe

if TYPE_CHECKING:
    from tui.app import ConsoleApp

TYPING_PAUSE = 0.15
_SHOWN = frozenset({Context.GLOBAL, Context.QUEUE, Context.TICKET})
_LEFT_OUT = frozenset({"app.palette", "app.back", "app.commands"})
"""Ways to get here or away from here."""


class TicketsAndActions(Provider):
    """What the palette finds."""

    @property
    def _console(self) -> ConsoleApp:
        return cast("ConsoleApp", self.app)

    def _actions(self) -> list[Action]:
        """Return the actions that are live on the screen below."""
        live = {bound.binding.id for bound in self.screen.active_bindings.values() if bound.enabled}
        shown = [a for a in ACTIONS if a.id in live and a.id not in _LEFT_OUT and not _SHOWN.isdisjoint(a.contexts)]
        return sorted(shown, key=lambda action: Context.GLOBAL in action.contexts)  # what is done to tickets first

    async def discover(self) -> Hits:
        """Show what can be done before anything is typed."""
        for action in self._actions():
            yield DiscoveryHit(self._prompt(action), partial(self._run, action), text=action.label, help=action.help)

    async def search(self, query: str) -> Hits:
        """Find actions at once, tickets when the typing pauses."""
        matcher = self.matcher(query)
        for action in self._actions():
            score = matcher.match(f"{action.label} {action.help}")
            if score > 0:
                yield Hit(score, self._prompt(action), partial(self._run, action), text=action.label, help=action.help)
        await asyncio.sleep(TYPING_PAUSE)
        gateway = self._console.gateway
        if gateway is None or not query.strip():
            return
        try:
            rows = await gateway.find(query)
        except DeskError:
            return  # the top line tells of a store that is away
        for place, row in enumerate(rows):
            prompt = Content.assemble((row.ref, "bold"), f"  {safe(row.subject, width=60)}")
            yield Hit(
                0.5 - place / 1000,
                prompt,
                partial(self._console.open_ticket, row.id),
                text=row.ref,
                help=safe(row.requester, width=60),
            )

    def _prompt(self, action: Action) -> Content:
        return Content.assemble(action.label, ("  " + " ".join(key_word(key) for key in action.keys), "$text-muted"))

    async def _run(self, action: Action) -> None:
        await self._console.perform(action)
