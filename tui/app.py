"""The console: paints first, opens the store after, and then shows it as it changes.

How it follows the store is in ``tui.live_app``; here are its start and end, its places, and the keys of all places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, on, work
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widget import AwaitMount

from procedure.terms import Level, MessageKind, Role, ref
from tui import theme
from tui.actions import Action, Context, bindings
from tui.gateway import Gateway
from tui.named_actions import NamedActions
from tui.places import PlacesApp
from tui.safe import ControlFilter, safe
from tui.screens.dialogs import Confirm
from tui.screens.place import Place
from tui.screens.queue import QueueScreen
from tui.screens.ticket import TicketScreen
from tui.widgets.too_small import TooSmall, is_too_small
from tui.widgets.writing import Writing

if TYPE_CHECKING:
    from desk.actors import Actor
    from desk.context import Desk

Connect = Callable[[], "tuple[Desk, Actor]"]
"""Opens the store and says who is at the keyboard; runs in a thread after the first paint. May raise DeskError."""


OPENING = frozenset({"dialog", "take", "leave"})
"""Groups of work that ends in a question or on another screen."""


class ConsoleApp(NamedActions, PlacesApp):
    """The full-screen console of one person."""

    TITLE = "tierdesk"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (130, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-tall")]
    CSS = """
    Screen { layers: default above; overflow: hidden; }
    QueueView, Conversation { border-title-color: $text-muted; border-subtitle-color: $text-accent; }
    QueueView:focus, Conversation:focus { border-title-color: $foreground; border-title-style: bold; }
    """
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
        super().__init__(clock, zone, service_state)
        self.animation_level = "full" if animations else "none"
        theme.register(self)
        self.theme = theme.choose(theme_name, environ or {})
        self.editor = editor
        self._connect = connect
        self.handover_notes: dict[int, str] = {}
        self._is_taking = self._is_too_small = False
        self._ticket_screen = TicketScreen()
        # Installed, or it would be unmounted, and useless, when it is left for the first time.
        self.install_screen(self._ticket_screen, "ticket")
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
        self.screen_change_signal.subscribe(self, self._mind_the_floor)
        self.call_after_refresh(self._open_store)

    def on_resize(self, event: events.Resize) -> None:
        """Say when the terminal has become too small, or is large enough again."""
        self._is_too_small = is_too_small(event.size)
        self._mind_the_floor()

    def _mind_the_floor(self, _changed: object = None) -> None:
        """Cover the screens, or uncover them; nothing of them changes, so nothing loses its focus."""
        for screen in self.screen_stack:
            covers = screen.query_children(TooSmall)
            if not self._is_too_small:
                covers.remove()
            elif not covers and screen.is_running:
                screen.mount(TooSmall())

    @work(thread=True, group="connect", exit_on_error=False)
    def _open_store(self) -> None:
        try:
            desk, actor = self._connect()
        except Exception as error:
            # Whatever is wrong (settings, version, no right to be here), one sentence is what the person needs.
            self.call_from_thread(self.exit, None, 1, Text(safe(f"tierdesk: {error}")))
            return
        self.call_from_thread(self._connected, Gateway(desk, actor))

    def _connected(self, gateway: Gateway) -> None:
        roles = [role.value for role in Role if role in gateway.actor.roles]
        levels = "+".join(level.label for level in Level if f"level{int(level)}" in roles)
        others = [role for role in roles if not role.startswith("level")]
        rank = "all roles" if len(roles) == len(Role) else " ".join([levels, *others]).strip()
        self.set_top(person=f"{gateway.actor.login} · {rank}" if rank else gateway.actor.login)
        self.follow(gateway)
        self.show_places()
        self.screen.refresh_bindings()

    async def action_quit(self) -> None:
        """Leave by ctrl+q, which Textual has bound already, with priority and also in a question."""
        await self.action_app_quit()

    async def action_app_quit(self) -> None:
        """Leave; words that are not stored yet are stored first."""
        self._leave()

    @work(group="leave", exclusive=True, exit_on_error=False)
    async def _leave(self) -> None:
        screen, question = self._ticket_screen, "The store does not take your unsent words now. Leave and lose them?"
        is_kept = not screen.is_mounted or await screen.keep_draft()
        if is_kept or await self.push_screen_wait(Confirm(question)):
            self.exit()

    def is_opening(self) -> bool:
        """Tell whether a composer, a question or another screen is about to take the keyboard."""
        if self.screen.is_modal:
            return False
        asked = any(worker.group in OPENING and not worker.is_finished for worker in self.workers)
        return asked or (self.screen is self._ticket_screen and self._ticket_screen.is_about_to_write)

    def typed_in_vain(self) -> None:
        """Say that letters were thrown away."""
        self.say("What you typed meanwhile was not taken: the store was too slow.", is_bad=True)

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

    def open_ticket(self, ticket_id: int, write: MessageKind | None = None) -> AwaitMount | None:
        """Show a ticket on the one screen for tickets; what is returned can be awaited until it is there."""
        self._ticket_screen.open(ticket_id, write)
        if self._ticket_screen in self.screen_stack:
            self.refresh_soon()
            return None
        return self.push_screen(self._ticket_screen)

    async def take_next(self, place: Place[None], level: Level) -> None:
        """Take the ticket of a level that is due first, and open it; pressed again meanwhile it takes no second one."""
        if self.gateway is None or self._is_taking:
            return
        self._is_taking = True
        try:
            taken = await place.attempt(self.gateway.take_next(level))
        finally:
            self._is_taking = False
        if taken is None:
            return
        if taken[0] is None:
            self.say(f"Nothing waits for anybody on the {level.label} level.")
            return
        opening = self.open_ticket(taken[0])
        if opening is not None:
            await opening
        self.say(f"{ref(taken[0])} is yours.")

    @on(Writing.PasteRefused)
    def _paste_refused(self, event: Writing.PasteRefused) -> None:
        self.say(f"A paste of {event.letters:,} characters was refused: an answer is no file.", is_bad=True)

    # Keys of every place

    def action_app_back(self) -> None:
        """Go back one step."""
        screen = self.screen
        if isinstance(screen, Place):
            screen.back()
        elif len(self.screen_stack) > 1:
            self.pop_screen()

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
