"""What is found and done by name: help, the palette, typed commands. All three are made from the table of actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.app import SystemCommand
from textual.screen import Screen
from textual.widget import AwaitMount

from procedure.terms import MessageKind
from tui.actions import Action, Context
from tui.live_app import LiveApp
from tui.palette import Palette, TicketsAndActions
from tui.screens.dialogs import AskLine
from tui.screens.help import Help, live_rows
from tui.typed import EXAMPLES, Typed, read
from tui.widgets.hints import live_actions
from tui.widgets.writing import Writing


class NamedActions(LiveApp):
    """An app whose actions can be carried out by their names."""

    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[TicketsAndActions]]] = {TicketsAndActions}  # type: ignore[assignment]  # no default ones

    def open_ticket(self, ticket_id: int, write: MessageKind | None = None) -> AwaitMount | None:
        """Show a ticket; what is returned can be awaited until it is there."""
        raise NotImplementedError

    def action_app_help(self) -> None:
        """Show the keys of this place."""
        called = "writing" if isinstance(self.focused, Writing) else self.place.CALLED if self.place else ""
        facts = self.place.help_facts() if self.place else ()
        self.push_screen(Help(called, live_rows(live_actions(self.screen)), facts))

    def action_app_palette(self) -> None:
        """Find a ticket or an action."""
        self.action_command_palette()

    def action_command_palette(self) -> None:
        """Open the palette, unless it is open or a question waits for its answer."""
        if not self.screen.is_modal:
            self.push_screen(Palette())

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_app_commands(self) -> None:
        """Carry out a typed command."""
        line: str | None = ""
        said = EXAMPLES
        while line is not None:
            line = await self.push_screen_wait(AskLine("Command", line, said))
            if line is None or not line.strip():
                return
            typed = read(line)
            if isinstance(typed, Typed):
                await self._carry_out(typed)
                return
            said = typed

    async def _carry_out(self, typed: Typed) -> None:
        if typed.ticket_id is not None:
            self.open_ticket(typed.ticket_id)
        elif typed.action is not None:
            await self.perform(typed.action)

    async def perform(self, action: Action) -> None:
        """Carry out an action that was chosen by name: the app's own, or one of the place in view."""
        place = self.place
        is_own = action.contexts == (Context.GLOBAL,) or place is None
        if not is_own and not hasattr(place, f"action_{action.method}"):
            self.say(f"{action.label!r} has nothing to work on here.", is_bad=True)
            return
        await self.run_action(action.method, None if is_own else place)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer none of the library's own; the palette is made from the table of actions."""
        return ()
