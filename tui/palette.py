"""The palette (ctrl+p): tickets by reference, subject or sender, and everything that can be done here."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from desk.errors import DeskError
from tui.actions import ACTIONS, Action, Context, key_word
from tui.safe import safe

if TYPE_CHECKING:
    from tui.app import ConsoleApp

TYPING_PAUSE = 0.15
_SHOWN = frozenset({Context.GLOBAL, Context.QUEUE, Context.TICKET, Context.LEDGER, Context.MAIL})
_LEFT_OUT = frozenset({"app.palette", "app.back", "app.commands"})
"""Ways to get here or away from here."""


def fitting(action: Action, query: str) -> float:
    """Return how well an action fits what was typed, from 0 (not at all) to 1.

    By words and not by letters anywhere in a sentence: a ticket's subject must not carry out what it happens to spell.
    """
    words, label = query.lower().split(), action.label.lower()
    if not words or not all(word in f"{label} {action.help.lower()}" for word in words):
        return 0.0
    return 1.0 if label.startswith(words[0]) else 0.8 if words[0] in label else 0.6


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
        for action in self._actions():
            if score := fitting(action, query):
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
            # Nothing of a mail in ``help``: the library reads markup there.
            prompt = Content.assemble(
                (row.ref, "bold"),
                f"  {safe(row.subject, width=60)}\n",
                (safe(row.requester, width=60), "$text-muted"),
            )
            yield Hit(0.5 - place / 1000, prompt, partial(self._console.open_ticket, row.id), text=row.ref)

    def _prompt(self, action: Action) -> Content:
        return Content.assemble(action.label, ("  " + " ".join(key_word(key) for key in action.keys), "$text-muted"))

    async def _run(self, action: Action) -> None:
        await self._console.perform(action)


class Palette(CommandPalette):
    """The palette; what was found for other words is gone with the next letter, so that enter cannot carry it out."""

    def __init__(self) -> None:
        super().__init__(id="--command-palette", placeholder="a ticket's reference, subject or sender, or an action")

    @on(Input.Changed)
    def _forget(self) -> None:
        self.query_one(CommandList).clear_options()
