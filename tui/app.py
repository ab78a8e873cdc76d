"""The console: paints first, opens the store after, and then shows it as it changes.

One refresh at a time: the feed's thread says that something changed, the app asks for the counts and lets the screen in
view ask for what it shows, then the thread listens again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from desk.errors import DeskError
from procedure.terms import Level, MessageKind, Role, ref
from tui import theme
from tui.actions import Action, Context, bindings
from tui.gateway import Gateway
from tui.live import LiveFeed, StoreAway, StoreChanged
from tui.palette import TicketsAndActions
from tui.safe import ControlFilter, safe
from tui.screens.dialogs import AskLine
from tui.screens.help import Help, live_rows
from tui.screens.place import Place
from tui.screens.queue import QueueScreen
from tui.screens.ticket import TicketScreen
from tui.typed import EXAMPLES, Typed, read
from tui.widgets.hints import HintBar
from tui.widgets.topbar import TopState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from desk.actors import Actor
    from desk.context import Desk

Connect = Callable[[], "tuple[Desk, Actor]"]
"""Opens the store and says who is at the keyboard; runs in a thread after the first paint. May raise DeskError."""

SAID, SAID_BAD = 6.0, 12.0
"""Seconds that a sentence at the foot stays; bad news longer."""


class ConsoleApp(App[None]):
    """The full-screen console of one person."""

    TITLE = "tierdesk"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[TicketsAndActions]]] = {TicketsAndActions}  # type: ignore[assignment]  # no default ones
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (130, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.GLOBAL)]

    def __init__(
        self,
        connect: Connect,
        clock: Callable[[], datetime],
        *,
        zone: tzinfo | None = None,
        theme_name: str = theme.DEFAULT,
        animations: bool = False,
        keymap: Mapping[str, str] | None = None,
        editor: str = "",
        service_state: Callable[[], str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.animation_level = "full" if animations else "none"
        theme.register(self)
        self.theme = theme.choose(theme_name, environ or {})
        self.clock, self.zone, self.editor = clock, zone, editor
        self._connect, self._service_state = connect, service_state
        self.gateway: Gateway | None = None
        self.top = TopState()
        self._feed: LiveFeed | None = None
        self._is_due = self._is_refreshing = False
        self._is_stale = True
        self._newest_event: int | None = 0
        self._ticket_screen = TicketScreen()
        if keymap:
            self.set_keymap(dict(keymap))

    # Start and end

    def get_default_screen(self) -> Screen[None]:
        """Return the first place."""
        return QueueScreen()

    def get_line_filters(self) -> list[LineFilter]:
        """Put the net against control characters under everything that is painted."""
        return [*super().get_line_filters(), ControlFilter()]

    def on_mount(self) -> None:
        """Open the store once the frame is painted."""
        self.call_after_refresh(self._open_store)

    @work(thread=True, group="connect", exit_on_error=False)
    def _open_store(self) -> None:
        try:
            desk, actor = self._connect()
        except Exception as error:
            # Whatever is wrong (settings, version, no right to be here), one sentence is what the person needs.
            self.call_from_thread(self.exit, None, 1, safe(f"tierdesk: {error}"))
            return
        self.call_from_thread(self._connected, Gateway(desk, actor))

    def _connected(self, gateway: Gateway) -> None:
        self.gateway = gateway
        roles = [role.value for role in Role if role in gateway.actor.roles]
        levels = "+".join(level.label for level in Level if f"level{int(level)}" in roles)
        others = [role for role in roles if not role.startswith("level")]
        rank = "all roles" if len(roles) == len(Role) else " ".join([levels, *others]).strip()
        self._set_top(person=f"{gateway.actor.login} · {rank}" if rank else gateway.actor.login)
        self.screen.refresh_bindings()
        self._feed = LiveFeed(self, gateway)
        self._feed.start()

    async def action_app_quit(self) -> None:
        """Leave; words that are not stored yet are stored first."""
        if self._ticket_screen.is_mounted:
            await self._ticket_screen.keep_draft()
        self.exit()

    def on_unmount(self) -> None:
        """Let go of the store."""
        if self._feed is not None:
            self._feed.stop()
        if self.gateway is not None:
            self.gateway.close()

    # Live

    @property
    def place(self) -> Place[None] | None:
        """Return the place in view, also under a question."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Place)), None)

    @on(StoreChanged)
    def _store_changed(self) -> None:
        self._begin_refresh()

    def refresh_soon(self) -> None:
        """Show the place in view as the store has it now, whether anything is known to have changed or not."""
        self._is_stale = True
        self._begin_refresh()

    def _begin_refresh(self) -> None:
        """Refresh once more; while a refresh is under way many requests become one after it."""
        self._is_due = True
        if self.gateway is not None and self.is_running and not self._is_refreshing:
            self._is_refreshing = True
            self._refresh_live(self.gateway)

    @work(group="live", exit_on_error=False)
    async def _refresh_live(self, gateway: Gateway) -> None:
        try:
            while self._is_due:
                self._is_due = False
                await self._refresh_once(gateway)
        finally:
            self._is_refreshing = False
            if self._feed is not None:
                self._feed.caught_up()

    async def _refresh_once(self, gateway: Gateway) -> None:
        """Ask for the counts, and for the place in view when history went on: a lease renewed changes nothing there."""
        try:
            newest = await gateway.newest_event()
            counts, balance = tuple(await gateway.counts()), await gateway.sums()
            service = self._service_state() if self._service_state else ""
            self._set_top(counts=counts, balance=balance, service=service, trouble="")
            place = self.place
            if place is not None and (self._is_stale or newest is None or newest != self._newest_event):
                self._is_stale = False
                await place.refresh_live(gateway)
                self._newest_event = newest
        except DeskError as error:
            self._is_stale = True
            self.trouble(str(error))

    def _set_top(self, **changes: object) -> None:
        self.top = replace(self.top, **changes)  # type: ignore[arg-type]  # fields of TopState
        for screen in self.screen_stack:
            if isinstance(screen, Place):
                screen.show_top()

    def trouble(self, sentence: str) -> None:
        """Say in the top line that what is shown may be old."""
        if not self.top.trouble:
            self._set_top(trouble=f"as of {self.clock().astimezone(self.zone):%H:%M} · {sentence}")

    @on(StoreAway)
    def _store_away(self, event: StoreAway) -> None:
        self.trouble(f"{event.sentence} Trying again.")

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        """Tell of work that failed in a way nobody foresaw; the console lives on."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            sentence = str(error) if isinstance(error, DeskError) else f"That went wrong: {error!r}."
            self.log.error(sentence)
            self.say(sentence, is_bad=True)

    # What screens ask for

    def may(self, action: Action) -> bool:
        """Tell whether the person may do something; until the store is open nothing that needs it."""
        if self.gateway is None:
            return Context.GLOBAL in action.contexts or Context.LIST in action.contexts
        return action.is_for(role for role in self.gateway.actor.roles if isinstance(role, Role))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what the person's roles do not allow."""
        from tui.screens.place import BY_METHOD

        known = BY_METHOD.get(action)
        return True if known is None else self.may(known)

    def say(self, sentence: str, is_bad: bool = False) -> None:
        """Show a sentence for a while at the foot of the place in view."""
        place = self.place
        bar = place.query(HintBar).first() if place is not None else None
        if bar is not None:
            bar.say(sentence, is_bad, SAID_BAD if is_bad else SAID)

    def open_ticket(self, ticket_id: int, write: MessageKind | None = None) -> None:
        """Show a ticket on the one screen for tickets."""
        self._ticket_screen.open(ticket_id, write)
        if self._ticket_screen in self.screen_stack:
            self.refresh_soon()
        else:
            self.push_screen(self._ticket_screen)

    async def take_next(self, place: Place[None], level: Level) -> None:
        """Take the ticket of a level that is due first, and open it."""
        if self.gateway is None:
            return
        taken = await place.attempt(self.gateway.take_next(level))
        if taken is None:
            return
        if taken[0] is None:
            self.say(f"Nothing waits for anybody on the {level.label} level.")
            return
        self.say(f"{ref(taken[0])} is yours.")
        self.open_ticket(taken[0])

    # Keys of every place

    def _go_to(self, level: Level) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()
        screen = self.screen
        if isinstance(screen, QueueScreen):
            self._set_top(place=level)
            screen.go_to(level)

    def action_place_level1(self) -> None:
        """Go to the 1st level."""
        self._go_to(Level.FIRST)

    def action_place_level2(self) -> None:
        """Go to the 2nd level."""
        self._go_to(Level.SECOND)

    def action_place_level3(self) -> None:
        """Go to the 3rd level."""
        self._go_to(Level.THIRD)

    def action_app_back(self) -> None:
        """Go back one step."""
        screen = self.screen
        if isinstance(screen, QueueScreen | TicketScreen):
            screen.back()
        elif len(self.screen_stack) > 1:
            self.pop_screen()

    def action_app_help(self) -> None:
        """Show the keys of this place."""
        active = [
            (key, bound.binding.id)
            for key, bound in self.screen.active_bindings.items()
            if bound.enabled and bound.binding.id
        ]
        place = "a ticket" if isinstance(self.screen, TicketScreen) else "a queue"
        self.push_screen(Help(place, live_rows(active)))

    def action_app_redraw(self) -> None:
        """Draw everything again."""
        self.refresh(layout=True, repaint=True)

    def action_app_undo(self) -> None:
        """Take back the last act."""
        place = self.place
        if place is not None:
            self._undo(place)

    @work(group="act", exit_on_error=False)
    async def _undo(self, place: Place[None]) -> None:
        if self.gateway is None:
            return
        undone = await place.attempt(self.gateway.undo())
        if undone is not None:
            self.say(f"Undone: {undone[0]}.")

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
            place = self.place
            if typed.action.contexts == (Context.GLOBAL,) or place is None:
                await self.run_action(typed.action.method)
            else:
                await self.run_action(typed.action.method, place)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer none of the library's own; the palette is made from the table of actions."""
        return ()
