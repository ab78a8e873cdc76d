"""The live queues, one list for each level, with the ticket under the cursor beside it where there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from desk.errors import DeskError, Unavailable
from desk.views import QueueRow
from procedure.terms import Level
from tui.actions import Context, bindings
from tui.gateway import Gateway
from tui.safe import safe
from tui.ticket_actions import TicketActions
from tui.widgets.conversation import Conversation
from tui.widgets.filter_line import FilterLine
from tui.widgets.hints import HintBar
from tui.widgets.queue_list import QueueList
from tui.widgets.queue_view import QueueView
from tui.widgets.topbar import TopBar

FIRST_IDS = 200
"""Ids shown at once when a queue is opened, while the rest is on its way: a long queue opens like a short one."""

PREVIEW_AFTER = 0.12
"""Seconds the cursor must rest on a ticket before its conversation is fetched."""

TYPING_PAUSE = 0.15


class QueueScreen(TicketActions):
    """The place of keys 1, 2 and 3."""

    CALLED = "a queue"
    DEFAULT_CSS = """
    QueueScreen {
        & #lists { width: 3fr; height: 1fr; }
        & #body { height: 1fr; }
        &.-filtering FilterLine { display: block; }
        & Conversation { display: none; width: 2fr; }
        &.-wide Conversation { display: block; }
        &.-wide.-hide Conversation { display: none; }
        &.-show Conversation { display: block; }
        &.-narrow.-show #body, &.-normal.-show #body { layout: vertical; }
        &.-narrow.-show #lists, &.-normal.-show #lists { width: 1fr; height: 1fr; }
        &.-narrow.-show Conversation, &.-normal.-show Conversation { width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.QUEUE)]

    def __init__(self) -> None:
        super().__init__()
        self.level = Level.FIRST
        self._texts: dict[Level, str] = dict.fromkeys(Level, "")
        self._opened: set[Level] = set()
        self._preview_timer: Timer | None = None
        self._typing: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out top line, lists, preview, filter, hints."""
        yield TopBar()
        with Horizontal(id="body"):
            with Horizontal(id="lists"):
                for level in Level:
                    queue = QueueList(self._fetch, self.console.clock, id=f"level{int(level)}", empty_text="Opening …")
                    queue.display = level is self.level
                    yield queue
            yield Conversation(self.console.clock, zone=self.console.zone)
        yield FilterLine("words in reference, subject or sender")
        yield HintBar()

    def on_mount(self) -> None:
        """Begin on the first level."""
        self.queue_list.focus()
        self._retitle(None)

    @property
    def queue_list(self) -> QueueList:
        """Return the list in view."""
        return self.query_one(f"#level{int(self.level)}", QueueList)

    @property
    def ticket_id(self) -> int | None:
        """Return the ticket under the cursor."""
        return self.queue_list.selected_id

    @property
    def ticket_level(self) -> Level:
        """Return its level."""
        row = self.queue_list.selected_row
        return row.level if row is not None else self.level

    # Live

    def on_screen_resume(self) -> None:
        """Say in the top line which queue is in view."""
        self.console.set_top(place=self.level)

    async def _fetch(self, ids: list[int]) -> Mapping[int, QueueRow]:
        if self.gateway is None:
            raise Unavailable("The store is not open yet.")
        return await self.gateway.rows(ids)

    async def refresh_live(self, gateway: Gateway) -> None:
        """Bring the list in view to the state of the store. Raises DeskError."""
        level, text, queue = self.level, self._texts[self.level], self.queue_list
        if level not in self._opened:
            first = await gateway.ids(level, text, FIRST_IDS)
            rows = await gateway.rows(first[: queue.window.height or FIRST_IDS])
            queue.set_ids(first, fresh=True)
            queue.apply_rows(rows)
            self._opened.add(level)
            if len(first) < FIRST_IDS:
                return self._settled(level, text, first)
            await self._painted()
        ids = await gateway.ids(level, text)
        if (level, text) != (self.level, self._texts[self.level]):
            return None  # meanwhile another queue or filter came into view, which asks for itself
        queue.set_ids(ids)
        queue.invalidate(queue.window.around(0))
        self._settled(level, text, ids)
        await self._refresh_preview(gateway)
        return None

    async def _painted(self) -> None:
        """Wait until what is shown is on the screen: reading a long queue would hold up its first page."""
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        await painted.wait()

    def _settled(self, level: Level, text: str, ids: list[int]) -> None:
        word = f"{level.label} level"
        self.queue_list.empty_text = (
            f"Nothing on the {word} holds “{text.strip()}”.\n/ changes the filter, esc clears it."
            if text.strip()
            else f"Nothing waits on the {word}.\nNew mail arrives here by itself; 1 2 3 show the other queues."
        )
        self._retitle(len(ids))

    def _retitle(self, shown: int | None) -> None:
        """Say in the border which queue this is, how long, and how long its oldest word waits."""
        text = self._texts[self.level].strip()
        count = next((c for c in self.console.top.counts if c.level is self.level), None)
        parts = [f"{self.level.label} level"]
        if text and shown is not None:
            parts.append(f"{shown} with “{text}”")
        if count is not None:
            parts.append(f"{count.open} open")
            parts.append(f"{count.waiting} wait for us")
        title = Content(safe(" · ".join(parts)))
        if self.queue_list.border_title != title:
            self.queue_list.border_title = title

    @on(QueueView.Highlighted)
    def _highlighted(self, event: QueueView.Highlighted) -> None:
        if event.sender is not self.queue_list:
            return
        if self._preview_timer is not None:
            self._preview_timer.stop()
        self._preview_timer = self.set_timer(PREVIEW_AFTER, self._preview)

    @property
    def _previews(self) -> bool:
        return bool(self.query_one(Conversation).display)

    @work(group="preview", exclusive=True, exit_on_error=False)
    async def _preview(self) -> None:
        if self.gateway is not None:
            try:
                await self._refresh_preview(self.gateway)
            except DeskError as error:
                self.console.say(str(error), is_bad=True)

    async def _refresh_preview(self, gateway: Gateway) -> None:
        ticket_id = self.ticket_id
        if not self._previews:
            return
        ticket = await gateway.show(ticket_id) if ticket_id is not None else None
        if ticket_id == self.ticket_id:
            preview = self.query_one(Conversation)
            preview.show(ticket)
            title = Content(safe(f"{ticket.ref} · {ticket.subject}")) if ticket else None
            if preview.border_title != title:
                preview.border_title = title

    @on(QueueList.FetchFailed)
    def _fetch_failed(self, event: QueueList.FetchFailed) -> None:
        if self.gateway is not None:
            self.console.trouble(str(event.error))

    @on(QueueView.Opened)
    def _opened_ticket(self, event: QueueView.Opened) -> None:
        self.console.open_ticket(event.ticket_id)

    # Places, filter, preview

    def go_to(self, level: Level) -> None:
        """Show another level's queue; each keeps its cursor and its filter."""
        if level is not self.level:
            self.queue_list.display = False
            self.level = level
            self.queue_list.display = True
            self.query_one("#filter", Input).value = self._texts[level]
            self.set_class(bool(self._texts[level]), "-filtering")
        self.queue_list.focus()
        self._retitle(None)
        self.queue_list.catch_up()
        self._preview()
        self.console.refresh_soon()

    def action_queue_filter(self) -> None:
        """Narrow the list down."""
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        if event.value == self._texts[self.level]:
            return
        self._texts[self.level] = event.value
        self._opened.discard(self.level)
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_PAUSE, self.console.refresh_soon)

    @on(Input.Submitted, "#filter")
    def _filter_taken(self) -> None:
        self.set_class(bool(self._texts[self.level].strip()), "-filtering")
        self.queue_list.focus()

    def back(self) -> None:
        """Clear the filter."""
        self.query_one("#filter", Input).value = ""
        self.remove_class("-filtering")
        self.queue_list.focus()

    def action_queue_preview(self) -> None:
        """Show or hide the ticket beside the list."""
        is_shown = self._previews
        self.set_class(not is_shown, "-show")
        self.set_class(is_shown, "-hide")
        self._preview()

    @work(group="take", exit_on_error=False)
    async def action_queue_take(self) -> None:
        """Take the ticket that is due next and open it."""
        await self.console.take_next(self, self.level)
