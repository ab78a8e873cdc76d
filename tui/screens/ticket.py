"""One ticket: what it is, its conversation, and the composer below. One instance serves every ticket in turn."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from desk.errors import AnsweredMeanwhile
from desk.views import TicketView
from procedure.terms import Level, MessageKind, Status, ref
from tui.actions import Context, bindings
from tui.editor import EditorTrouble, edit
from tui.gateway import Gateway
from tui.screens.dialogs import Confirm
from tui.ticket_actions import TicketActions
from tui.widgets.composer import Composer, Writing
from tui.widgets.conversation import Conversation
from tui.widgets.hints import HintBar
from tui.widgets.ticket_header import TicketHeader
from tui.widgets.topbar import TopBar
from tui.words import moment


class TicketScreen(TicketActions):
    """The ticket that was opened from a queue or the palette."""

    DEFAULT_CSS = """
    TicketScreen {
        & Composer { height: 50%; min-height: 8; }
        &.-low TicketHeader { height: 2; }
        &.-low Composer { height: 60%; min-height: 7; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.TICKET)]

    def __init__(self) -> None:
        super().__init__()
        self._shown_id: int | None = None
        self._ticket: TicketView | None = None
        self._write_next: MessageKind | None = None

    def compose(self) -> ComposeResult:
        """Lay out top line, header, conversation, composer, hints."""
        yield TopBar()
        yield TicketHeader(self.console.clock)
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

    @property
    def ticket_assignee(self) -> str | None:
        """Return whose it is."""
        return self._ticket.assignee if self._ticket else None

    @property
    def composer(self) -> Composer:
        """Return where words are written."""
        return self.query_one(Composer)

    def open(self, ticket_id: int, write: MessageKind | None) -> None:
        """Show a ticket, and begin to write when asked to."""
        if ticket_id != self._shown_id:
            self._shown_id, self._ticket = ticket_id, None
            if self.is_mounted:
                self.query_one(TicketHeader).show(None)
                self.query_one(Conversation).show(None)
        self._write_next = write

    async def refresh_live(self, gateway: Gateway) -> None:
        """Show the ticket as it is now. Raises DeskError."""
        ticket_id = self._shown_id
        if ticket_id is None:
            return
        ticket = await gateway.show(ticket_id)
        if ticket_id != self._shown_id:
            return
        self._ticket = ticket
        self.query_one(TicketHeader).show(ticket)
        self.query_one(Conversation).show(ticket)
        self._warn_of_news(ticket)
        if not self.composer.is_writing and not self._write_next:
            self._keep_focus()
        if self._write_next is not None:
            kind, self._write_next = self._write_next, None
            await self._begin(gateway, ticket, kind)

    def _keep_focus(self) -> None:
        if self.focused is None:
            self.query_one(Conversation).focus()

    def _warn_of_news(self, ticket: TicketView) -> None:
        """Tell the writer that somebody else wrote meanwhile; sending asks again by itself."""
        composer = self.composer
        if not composer.is_writing or composer.kind is not MessageKind.STAFF or composer.seen_message is None:
            return
        newer = [
            message
            for message in ticket.messages
            if message.id > composer.seen_message and message.kind in (MessageKind.CUSTOMER, MessageKind.STAFF)
        ]
        if newer:
            who = newer[-1].author_name or newer[-1].author_address
            composer.warn(f"! {who} wrote while you were writing; read it above before you send")

    # Writing

    def begin_writing(self, ticket_id: int, kind: MessageKind) -> None:
        """Open the composer here."""
        self._write_next = kind
        self.console.refresh_soon()

    async def _begin(self, gateway: Gateway, ticket: TicketView, kind: MessageKind) -> None:
        if self.composer.is_writing:
            await self.keep_draft()
        draft = await gateway.draft(ticket.id, kind)
        public = [m.id for m in ticket.messages if m.kind in (MessageKind.CUSTOMER, MessageKind.STAFF)]
        about = ticket.requester_name or ticket.requester_address if kind is MessageKind.STAFF else ticket.ref
        self.composer.begin(kind, ticket.id, about, draft.text if draft else "", max(public, default=None))
        if ticket.claimed_by and ticket.claimed_by != gateway.actor.login and kind is MessageKind.STAFF:
            self.composer.warn(f"! {ticket.claimed_by} has taken this ticket and may be answering it")

    async def keep_draft(self) -> None:
        """Store the words as they stand."""
        composer, gateway = self.composer, self.gateway
        if gateway is None or composer.ticket_id is None or not composer.is_unsaved:
            return
        text = composer.text
        if await self.attempt(gateway.save_draft(composer.ticket_id, composer.kind, text)) is not None:
            composer.saved(text, moment(self.now(), self.now(), self.console.zone))

    @on(Composer.DraftDue)
    @work(group="draft", exit_on_error=False)
    async def _draft_due(self) -> None:
        await self.keep_draft()

    @on(Writing.PasteRefused)
    def _paste_refused(self, event: Writing.PasteRefused) -> None:
        self.console.say(f"A paste of {event.letters:,} characters was refused: an answer is no file.", is_bad=True)

    @on(Composer.Asked)
    @work(group="compose", exclusive=True, exit_on_error=False)
    async def _asked(self, event: Composer.Asked) -> None:
        steps = {"send": self._send, "editor": self._edit, "discard": self._discard, "close": self._close}
        await steps[event.what]()

    async def _send(self) -> None:
        composer, gateway = self.composer, self.gateway
        if gateway is None or composer.ticket_id is None:
            return
        ticket_id, text = composer.ticket_id, composer.text
        if composer.kind is MessageKind.NOTE:
            if await self.attempt(gateway.note(ticket_id, text)) is not None:
                self._finished(f"Note written on {ref(ticket_id)}.")
            return
        try:
            await gateway.send(ticket_id, text, composer.seen_message, composer.then)
        except AnsweredMeanwhile as error:
            await self.keep_draft()
            if not await self.app.push_screen_wait(Confirm(f"{error} Send it all the same?")):
                return
            composer.seen_message = None
            await self._send()
            return
        except Exception:
            await self.keep_draft()
            raise
        after = "" if composer.then is Status.OPEN else f", {ref(ticket_id)} is {composer.then}"
        self._finished(f"Answer on its way{after}. u calls it back while it is held.")

    def _finished(self, said: str) -> None:
        self.composer.end()
        self.query_one(Conversation).focus()
        self.console.say(said)
        self.console.refresh_soon()

    async def _edit(self) -> None:
        composer = self.composer
        await self.keep_draft()
        try:
            composer.text = await edit(self.app, composer.text, self.console.editor)
        except EditorTrouble as error:
            self.console.say(str(error), is_bad=True)
        self.app.refresh(layout=True)
        composer.query_one(Writing).focus()

    async def _discard(self) -> None:
        composer, gateway = self.composer, self.gateway
        if gateway is None or composer.ticket_id is None:
            return
        if composer.text.strip():
            what = "answer" if composer.kind is MessageKind.STAFF else "note"
            if not await self.app.push_screen_wait(Confirm(f"Throw this {what} to {ref(composer.ticket_id)} away?")):
                return
        if await self.attempt(gateway.save_draft(composer.ticket_id, composer.kind, "")) is not None:
            self._finished("Draft thrown away.")

    async def _close(self) -> None:
        had_words = bool(self.composer.text.strip())
        await self.keep_draft()
        self._finished("Draft kept; r or n opens it again." if had_words else "Nothing written.")

    # The rest

    def back(self) -> None:
        """Go back to the queue."""
        self.console.pop_screen()

    def action_ticket_history(self) -> None:
        """Change between conversation and history."""
        conversation = self.query_one(Conversation)
        conversation.mode = "history" if conversation.mode == "conversation" else "conversation"
        conversation.border_title = Content("History") if conversation.mode == "history" else None

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_queue_take(self) -> None:
        """Take the next ticket of this level and open it."""
        await self.console.take_next(self, self.ticket_level)
