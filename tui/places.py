"""The places of the console and the number keys that lead there: the queues at the bottom, the others over them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from procedure.terms import Level
from tui.actions import BY_ID, Action
from tui.live_app import LiveApp
from tui.screens.ledger import LEDGER, LedgerScreen
from tui.screens.queue import QueueScreen
from tui.screens.search import SearchScreen


class PlacesApp(LiveApp):
    """An app that knows its places."""

    def __init__(
        self, clock: Callable[[], datetime], zone: tzinfo | None, service_state: Callable[[], str] | None
    ) -> None:
        super().__init__(clock, zone, service_state)
        # Installed, or it would be unmounted, and lose its filter and its cursor, when it is left.
        self.install_screen(LedgerScreen(), "ledger")
        self._search = SearchScreen()
        self.install_screen(self._search, "search")

    def may(self, action: Action) -> bool:
        """Tell whether the person may do something."""
        raise NotImplementedError

    def show_places(self) -> None:
        """Name in the top line the places that the person may see."""
        self.set_top(others=(LEDGER,) if self.may(BY_ID["place.ledger"]) else ())

    def go_to_search(self) -> None:
        """Go to the search, with what was looked for last."""
        if self.screen is not self._search:
            is_shown = self._search.is_mounted
            self._go_down()
            self.set_top(place="")
            self.push_screen("search")
            if not is_shown:
                return  # begins in its line by itself
        self._search.write()

    def _go_down(self) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def _go_to(self, level: Level) -> None:
        self._go_down()
        screen = self.screen
        if isinstance(screen, QueueScreen):
            self.set_top(place=level)
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

    def action_place_ledger(self) -> None:
        """Go to the ledger."""
        self._go_down()
        self.push_screen("ledger")
