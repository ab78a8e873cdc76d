"""The search over all tickets: a line in the language of ``docs/search.md``, and what it finds, newest first.

Pages are asked for as the end comes near. Where a page found less than it may, the store was not looked through yet:
the screen goes on by itself, and its title says how far it has come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from desk.errors import BadSearch, DeskError, Unavailable
from desk.views import QueueRow
from procedure.search import SearchError, parse
from procedure.terms import Level, ref
from tui.actions import Context, bindings
from tui.gateway import Gateway
from tui.safe import safe
from tui.search_words import EMPTY, FACTS
from tui.ticket_actions import TicketActions
from tui.widgets.hints import HintBar
from tui.widgets.queue_list import QueueList
from tui.widgets.queue_view import QueueView
from tui.widgets.search_line import SearchLine
from tui.widgets.topbar import TopBar

PAGE = 100
"""Tickets asked for at once; more than a screen, so that the next page is there before the cursor."""

TYPING_PAUSE = 0.2

NEAR_END = 40
"""Lines before the last one at which the next page is asked for."""

_NOT_HERE = frozenset({"queue.take", "queue.preview"})


class SearchScreen(TicketActions):
    """The place of the key f."""

    CALLED = "the search"
    BINDINGS: ClassVar[list[BindingType]] = [one for one in bindings(Context.QUEUE) if one.id not in _NOT_HERE]

    def __init__(self) -> None:
        super().__init__()
        self._text = self._asked = ""
        self._ids: list[int] = []
        self._next: int | None = None
        self._typing: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the line, what it finds, hints."""
        yield TopBar()
        yield SearchLine()
        yield QueueList(self._fetch, self.console.clock, empty_text=EMPTY)
        yield HintBar()

    def on_mount(self) -> None:
        """Begin in the line."""
        self._retitle()
        self.write()

    def write(self) -> None:
        """Put the cursor into the line."""
        self.query_one("#query", Input).focus()

    @property
    def results(self) -> QueueList:
        """Return the list."""
        return self.query_one(QueueList)

    @property
    def ticket_id(self) -> int | None:
        """Return the ticket under the cursor."""
        return self.results.selected_id

    @property
    def ticket_level(self) -> Level:
        """Return its level."""
        row = self.results.selected_row
        return row.level if row is not None else Level.FIRST

    def help_facts(self) -> Sequence[str]:
        """Return the language in a few lines."""
        return FACTS

    # Live

    async def _fetch(self, ids: list[int]) -> Mapping[int, QueueRow]:
        if self.gateway is None:
            raise Unavailable("The store is not open yet.")
        return await self.gateway.rows(ids)

    async def refresh_live(self, gateway: Gateway) -> None:
        """Show the tickets that were found as they are now; what else is found by now is asked for by enter."""
        self.results.invalidate(self.results.window.around(0))

    @on(QueueList.FetchFailed)
    def _fetch_failed(self, event: QueueList.FetchFailed) -> None:
        if self.gateway is not None:
            self.console.trouble(str(event.error))

    # Looking

    @on(Input.Changed, "#query")
    def _changed(self, event: Input.Changed) -> None:
        self._text = event.value
        self._mark(None)
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_PAUSE, self._look)

    @on(Input.Submitted, "#query")
    def _submitted(self) -> None:
        self._look()
        self.results.focus()

    def _look(self) -> None:
        """Search for what is typed; a mistake is marked, and what was found before stays."""
        if self._typing is not None:
            self._typing.stop()
        try:
            parse(self._text)
        except SearchError as mistake:
            self._mark(mistake)
            return
        self._asked = self._text
        if self._text.strip():
            self._page(None)
        else:
            self._show([], None, fresh=True)

    def _mark(self, mistake: SearchError | BadSearch | None) -> None:
        self.query_one(SearchLine).mark(mistake)

    @work(group="search", exclusive=True, exit_on_error=False)
    async def _page(self, before: int | None) -> None:
        """Ask for a page, and while it is short for the next one: a look takes up so many candidates and no more."""
        text, gateway, wanted = self._asked, self.gateway, len(self._ids) + PAGE if before else PAGE
        if gateway is None:
            return
        is_fresh, zone = before is None, self.now().astimezone(self.console.zone).tzinfo or UTC
        while True:
            try:
                page = await gateway.search(text, before, PAGE, zone)
            except BadSearch as mistake:
                self._mark(mistake)
                return
            except DeskError as error:
                self.console.trouble(str(error))
                return
            self._show([*([] if is_fresh else self._ids), *page.ids], page.next_before, fresh=is_fresh)
            is_fresh, before = False, page.next_before
            if before is None or len(self._ids) >= wanted:
                return

    def _show(self, ids: list[int], next_before: int | None, *, fresh: bool) -> None:
        self._ids, self._next = ids, next_before
        if not self._asked.strip():
            self.results.empty_text = EMPTY
        elif next_before is None:
            self.results.empty_text = f"Nothing found for {self._asked.strip()}\n? shows what can be asked."
        else:
            self.results.empty_text = f"Nothing found down to {ref(next_before)} yet …"
        self.results.set_ids(ids, fresh=fresh)
        self._retitle()

    def _retitle(self) -> None:
        parts = ["Search"]
        if self._asked.strip():
            parts.append(f"{len(self._ids):,}{'' if self._next is None else ' or more'} found, newest first")
        title = Content(safe(" · ".join(parts)))
        if self.results.border_title != title:
            self.results.border_title = title

    @on(QueueView.Highlighted)
    def _highlighted(self) -> None:
        place = self.results.window.index
        if place is not None and self._next is not None and place + NEAR_END >= len(self._ids):
            self._page(self._next)

    # Keys

    @on(QueueView.Opened)
    def _opened(self, event: QueueView.Opened) -> None:
        self.console.open_ticket(event.ticket_id)

    def action_queue_filter(self) -> None:
        """Change the search."""
        self.write()

    def back(self) -> None:
        """Leave the line for what it found, then the search."""
        if self.query_one("#query", Input).has_focus and self._ids:
            self.results.focus()
        else:
            super().back()
