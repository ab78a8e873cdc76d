"""One ticket: what it is, its conversation, and the composer below. One instance serves every ticket in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import work
from textual.app import ComposeResult
from textual.content import Content

from desk.actors import OWNER_LOGIN
from desk.errors import NotFound
from desk.views import TicketView
from procedure.terms import Level, MessageKind
from tui.gateway import Gateway
from tui.history_words import unnamed, with_names
from tui.reasons import why
from tui.screens.ticket_writing import TicketWriting
from tui.widgets.composer import Composer
from tui.widgets.conversation import Conversation
from tui.widgets.hints import HintBar
from tui.widgets.ticket_header import TicketHeader
from tui.widgets.topbar import TopBar


class TicketScreen(TicketWriting):
    """The ticket that was opened from a queue or the palette."""

    CALLED = "a ticket"
    DEFAULT_CSS = """
    TicketScreen {
        & Composer { height: 50%; min-height: 8; }
        &.-low TicketHeader { height: 2; }
        &.-low Composer { height: 60%; min-height: 7; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown_id: int | None = None
        self._ticket: TicketView | None = None
        self._write_next: MessageKind | None = None
        self._logins: dict[int, str] = {}

    def compose(self) -> ComposeResult:
        """Lay out top line, header, conversation, composer, hints."""
        yield TopBar()
        yield TicketHeader(self.console.clock, self.console.zone)
        yield Conversation(self.console.clock, zone=self.console.zone)
        yield Composer()
        yield HintBar()

    @property
    def ticket_id(self) -> int | None:
        """Return the ticket in view."""
        return self._shown_id

    @property
    def ticket_level(self) -> Level:
        """Return its level."""
        return self._ticket.level if self._ticket else Level.FIRST

    def open(self, ticket_id: int, write: MessageKind | None) -> None:
        """Show a ticket, and begin to write when asked to."""
        if ticket_id != self._shown_id:
            self._shown_id, self._ticket = ticket_id, None
            if self.is_mounted:
                self.put_away()
                self.query_one(TicketHeader).show(None)
                self.query_one(Conversation).show(None)
                self._retitle()
        self._write_next = write

    async def refresh_live(self, gateway: Gateway) -> None:
        """Show the ticket as it is now. Raises DeskError."""
        ticket_id = self._shown_id
        if ticket_id is None:
            return
        try:
            ticket = await gateway.show(ticket_id)
        except NotFound as error:
            self.back()
            self.console.say(str(error), is_bad=True)
            return
        if ticket_id != self._shown_id:
            return
        ticket = with_names(ticket, await self._names(gateway, unnamed(ticket)))
        self._ticket = ticket
        self.query_one(TicketHeader).show(ticket)
        self.query_one(Conversation).show(ticket)
        self.warn_of_news(ticket)
        if not self.composer.is_writing and not self._write_next:
            self._keep_focus()
        if self._write_next is not None:
            try:
                await self.begin(gateway, ticket, self._write_next)
            finally:
                self._write_next = None

    async def _names(self, gateway: Gateway, wanted: set[int]) -> Mapping[int, str]:
        """Return the logins of people; they are asked for when somebody unknown turns up."""
        if not wanted <= self._logins.keys():
            self._logins = {person.id: person.login for person in await gateway.staff()}
            self._logins.update({number: OWNER_LOGIN for number in wanted - self._logins.keys()})
        return self._logins

    def _keep_focus(self) -> None:
        if self.focused is None:
            self.query_one(Conversation).focus()

    def help_facts(self) -> Sequence[str]:
        """Return why the ticket has its difficulty, and where notes on it can be written by mail."""
        if self._ticket is None:
            return ()
        address = self._ticket.note_address
        return (why(self._ticket), f"note by mail: {address}") if address else (why(self._ticket),)

    # Writing

    @property
    def is_about_to_write(self) -> bool:
        """Tell whether the composer was asked for and is not open yet."""
        return self._write_next is not None

    def begin_writing(self, ticket_id: int, kind: MessageKind) -> None:
        """Open the composer here."""
        self._write_next = kind
        self.console.refresh_soon()

    # The rest

    def back(self) -> None:
        """Go back to the queue."""
        if self.console.screen is self:
            self.console.pop_screen()

    def action_ticket_history(self) -> None:
        """Change between conversation and history."""
        conversation = self.query_one(Conversation)
        conversation.mode = "history" if conversation.mode == "conversation" else "conversation"
        self._retitle()

    def _retitle(self) -> None:
        conversation = self.query_one(Conversation)
        is_history = conversation.mode == "history"
        conversation.border_title = Content("History · h shows the conversation") if is_history else None

    @work(group="take", exit_on_error=False)
    async def action_queue_take(self) -> None:
        """Take the next ticket of this level and open it."""
        await self.console.take_next(self, self.ticket_level)
