"""The live half of the console: the way to the desk, the top line, and one refresh at a time.

The feed's thread says that something changed, the app asks for the counts and lets the place in view ask for what it
shows, then the thread listens again. What cannot be read stays on the screen with the moment it is of, and is asked for
again until it can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, tzinfo

from textual import on, work
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from desk.errors import DeskError
from tui.gateway import Gateway
from tui.live import LiveFeed, StoreAway, StoreChanged
from tui.screens.place import Place
from tui.type_ahead import TypeAheadApp
from tui.widgets.hints import HintBar
from tui.widgets.topbar import TopState

SAID, SAID_BAD = 6.0, 12.0
"""Seconds that a sentence at the foot stays; bad news longer."""

LOOK_SECONDS = 10.0
"""Seconds between two looks at what tells nobody when it ends: a service, a claim."""

ASK_AGAIN = 4.0
"""Seconds until what could not be read is asked for again; the feed may be well while a read is not."""


class LiveApp(TypeAheadApp):
    """An app whose places show the desk as it changes."""

    def __init__(
        self, clock: Callable[[], datetime], zone: tzinfo | None, service_state: Callable[[], str] | None
    ) -> None:
        super().__init__()
        self.clock, self.zone = clock, zone
        self.gateway: Gateway | None = None
        self.top = TopState()
        self._service_state = service_state
        self._feed: LiveFeed | None = None
        self._is_due = self._is_refreshing = False
        self._is_stale = True
        self._newest_event: int | None = 0
        self._asking_again: Timer | None = None

    def follow(self, gateway: Gateway) -> None:
        """Begin to show the desk and what changes there."""
        self.gateway = gateway
        self._feed = LiveFeed(self, gateway)
        self._feed.start()
        # A service that died changes nothing in the store, so the feed stays silent about it.
        self.set_interval(LOOK_SECONDS, self._begin_refresh)

    def on_unmount(self) -> None:
        """Let go of the store."""
        if self._feed is not None:
            self._feed.stop()
        if self.gateway is not None:
            self.gateway.close()

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
            service = await asyncio.to_thread(self._service_state) if self._service_state else ""
            self.set_top(counts=counts, balance=balance, service=service)
            place = self.place
            if place is not None and (self._is_stale or newest is None or newest != self._newest_event):
                self._is_stale = False
                await place.refresh_live(gateway)
                self._newest_event = newest
        except DeskError as error:
            self._is_stale = True
            self.trouble(str(error))
        else:
            self.set_top(trouble="")

    def set_top(self, **changes: object) -> None:
        """Change the top line of every place."""
        self.top = replace(self.top, **changes)  # type: ignore[arg-type]  # fields of TopState
        for screen in self.screen_stack:
            if isinstance(screen, Place):
                screen.show_top()

    def trouble(self, sentence: str) -> None:
        """Say in the top line that what is shown may be old, and ask again after a while."""
        if not self.top.trouble:
            self.set_top(trouble=f"as of {self.clock().astimezone(self.zone):%H:%M} · {sentence}")
        if self._asking_again is None:
            self._asking_again = self.set_timer(ASK_AGAIN, self._ask_again)

    def _ask_again(self) -> None:
        self._asking_again = None
        self.refresh_soon()

    @on(StoreAway)
    def _store_away(self, event: StoreAway) -> None:
        self.trouble(event.sentence)

    @on(Worker.StateChanged)
    def worker_changed(self, event: Worker.StateChanged) -> None:
        """Tell of work that failed in a way nobody foresaw; the console lives on. Places pass theirs on to here."""
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            sentence = str(error) if isinstance(error, DeskError) else f"That went wrong: {error!r}."
            self.log.error(sentence)
            self.say(sentence, is_bad=True)

    def say(self, sentence: str, is_bad: bool = False) -> None:
        """Show a sentence for a while at the foot of the place in view."""
        for bar in self._bars():
            bar.say(sentence, is_bad, SAID_BAD if is_bad else SAID)

    @property
    def said(self) -> str:
        """Return the sentence that is shown there, without its mark; '' when there is none."""
        return next((bar.said[2:] for bar in self._bars()), "")

    def _bars(self) -> Iterable[HintBar]:
        place = self.place
        return place.query(HintBar) if place is not None else ()
