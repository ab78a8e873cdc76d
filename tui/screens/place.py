"""What every screen of the console has: the desk behind it, roles that hide actions, and one way to try an act."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import on
from textual.screen import Screen
from textual.worker import Worker

from desk.errors import DeskError, Unavailable
from tui.actions import BY_ID
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from tui.app import ConsoleApp
    from tui.gateway import Gateway

T = TypeVar("T")
R = TypeVar("R")

BY_METHOD = {action.method: action for action in BY_ID.values()}


class Place(Screen[R]):
    """A screen that shows the desk."""

    CALLED: ClassVar[str] = "this place"
    """What the help calls it."""

    @property
    def console(self) -> ConsoleApp:
        """Return the app."""
        return cast("ConsoleApp", self.app)

    @property
    def gateway(self) -> Gateway | None:
        """Return the way to the desk, None until the store is open."""
        return self.console.gateway

    def now(self) -> datetime:
        """Return the present moment of the app's clock."""
        return self.console.clock()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what the person's roles do not allow; refuse acts on the desk until the store is open."""
        known = BY_METHOD.get(action)
        return True if known is None else self.console.may(known)

    def on_screen_resume(self) -> None:
        """Show the store as it is now; sent twice on a first switch, so it only asks."""
        self.console.refresh_soon()

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        """Pass on to the app what became of work; Textual tells it to the owner of the work only."""
        self.console.worker_changed(event)

    def help_facts(self) -> Sequence[str]:
        """Return sentences about what is in view that the help shows above the keys."""
        return ()

    async def refresh_live(self, gateway: Gateway) -> None:
        """Show the store as it is now. Raises DeskError."""

    def back(self) -> None:
        """Go back to where one came from."""
        if len(self.console.screen_stack) > 1:
            self.console.pop_screen()

    def show_top(self) -> None:
        """Show the top line as the app knows it."""
        for bar in self.query(TopBar):
            bar.state = self.console.top

    def act(self, work: Callable[[Gateway], Coroutine[Any, Any, object]], said: str = "") -> None:
        """Carry out work on the desk in the background; say ``said`` when it is done, or why it was refused."""
        gateway = self.gateway
        if gateway is not None:
            self.run_worker(self._attempt(work(gateway), said), group="act", exit_on_error=False)

    async def _attempt(self, work: Awaitable[object], said: str) -> None:
        if await self.attempt(work) is not None and said:
            self.console.say(said)

    async def attempt(self, work: Awaitable[T]) -> tuple[T] | None:
        """Await work on the desk and return its value in a tuple; None when it was refused, which is told."""
        try:
            value = await work
        except DeskError as error:
            self.console.say(str(error), is_bad=True)
            if isinstance(error, Unavailable):
                self.console.trouble(str(error))
            return None
        self.console.refresh_soon()
        return (value,)
