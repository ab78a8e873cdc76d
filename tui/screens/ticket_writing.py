"""Writing on a ticket: from the first letter, by way of the draft in the store, to an answer that is on its way.

Words leave the composer only when the store has them. What could not be stored yet is held here, under its ticket, is
tried again with the next draft, and comes back when the composer opens there again.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from desk.errors import AnsweredMeanwhile, DeskError
from desk.views import TicketView
from procedure.terms import MessageKind, Status, ref
from tui.actions import Context, bindings
from tui.editor import EditorTrouble, edit
from tui.gateway import Gateway
from tui.screens.dialogs import Confirm
from tui.ticket_actions import TicketActions
from tui.widgets.composer import Composer
from tui.widgets.conversation import Conversation
from tui.widgets.writing import Writing
from tui.words import moment

PUBLIC = (MessageKind.CUSTOMER, MessageKind.STAFF)


class TicketWriting(TicketActions):
    """A screen with a composer."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.TICKET)]

    def __init__(self) -> None:
        super().__init__()
        self._unkept: dict[tuple[int, MessageKind], str] = {}
        # One at a time: a draft stored late must not come after the answer that it became.
        self._storing = asyncio.Lock()
        self._is_busy = False

    @property
    def composer(self) -> Composer:
        """Return where words are written."""
        return self.query_one(Composer)

    def warn_of_news(self, ticket: TicketView) -> None:
        """Tell the writer that somebody else wrote meanwhile; sending asks again by itself."""
        composer = self.composer
        if composer.ticket_id != ticket.id or composer.kind is not MessageKind.STAFF or composer.seen_message is None:
            return
        newer = [m for m in ticket.messages if m.id > composer.seen_message and m.kind in PUBLIC]
        if newer:
            who = newer[-1].author_name or newer[-1].author_address
            composer.warn(f"! {who} wrote while you were writing; read it above before you send")

    async def begin(self, gateway: Gateway, ticket: TicketView, kind: MessageKind) -> None:
        """Open the composer with the draft there is. Raises DeskError."""
        await self.keep_draft()
        draft = await gateway.draft(ticket.id, kind)
        text = self._unkept.get((ticket.id, kind), draft.text if draft else "")
        public = [m.id for m in ticket.messages if m.kind in PUBLIC]
        about = ticket.requester_name or ticket.requester_address if kind is MessageKind.STAFF else ticket.ref
        self.composer.begin(kind, ticket.id, about, text, max(public, default=None))
        asked = max((m.id for m in ticket.messages if m.kind is MessageKind.CUSTOMER), default=None)
        if kind is MessageKind.STAFF and asked is not None:  # once the composer has taken its part of the screen
            self.call_after_refresh(self.query_one(Conversation).go_to_message, asked)
        if ticket.claimed_by and ticket.claimed_by != gateway.actor.login and kind is MessageKind.STAFF:
            self.composer.warn(f"! {ticket.claimed_by} has taken this ticket and may be answering it")

    def put_away(self) -> None:
        """Close the composer because another ticket comes into view; its words are kept under their ticket."""
        self._note_words()
        self.composer.end()
        self._draft_due()

    def on_screen_suspend(self) -> None:
        """Store the words when the person looks elsewhere."""
        self._draft_due()

    # Drafts

    def _note_words(self) -> None:
        composer = self.composer
        if composer.ticket_id is not None and composer.is_unsaved:
            self._unkept[composer.ticket_id, composer.kind] = composer.text

    async def keep_draft(self) -> bool:
        """Store all words as they stand; False when the store did not take them."""
        async with self._storing:
            self._note_words()
            for (ticket_id, kind), text in list(self._unkept.items()):
                if not await self._store(ticket_id, kind, text):
                    self.composer.try_again()
                    return False
        return True

    async def _store(self, ticket_id: int, kind: MessageKind, text: str) -> bool:
        gateway, composer = self.gateway, self.composer
        if gateway is None or await self.attempt(gateway.save_draft(ticket_id, kind, text)) is None:
            return False
        if self._unkept.get((ticket_id, kind)) == text:
            del self._unkept[ticket_id, kind]
        if (composer.ticket_id, composer.kind) == (ticket_id, kind):
            composer.saved(text, moment(self.now(), self.now(), self.console.zone))
        return True

    @on(Composer.DraftDue)
    @work(group="draft", exit_on_error=False)
    async def _draft_due(self) -> None:
        await self.keep_draft()

    # What the composer asks for

    @on(Composer.Asked)
    def _asked(self, event: Composer.Asked) -> None:
        if not self._is_busy:  # a key pressed twice does not send twice
            self._is_busy = True
            self._carry_out(event.what)

    @work(group="compose", exit_on_error=False)
    async def _carry_out(self, what: str) -> None:
        steps = {"send": self._send, "editor": self._edit, "discard": self._discard, "close": self._close}
        try:
            await steps[what]()
        finally:
            self._is_busy = False

    async def _send(self) -> None:
        composer, gateway = self.composer, self.gateway
        if gateway is None or composer.ticket_id is None:
            return
        ticket_id, kind, text, then = composer.ticket_id, composer.kind, composer.text, composer.then
        try:
            async with self._storing:
                if kind is MessageKind.NOTE:
                    await gateway.note(ticket_id, text)
                else:
                    await gateway.send(ticket_id, text, composer.seen_message, then)
                self._unkept.pop((ticket_id, kind), None)
        except AnsweredMeanwhile as error:
            await self._send_all_the_same(error)
            return
        except DeskError as error:
            await self.keep_draft()
            self.console.say(str(error), is_bad=True)
            return
        after = "" if then is Status.OPEN else f", {ref(ticket_id)} is {then}"
        sent = f"Answer on its way{after}. u calls it back while it is held."
        self._finished(f"Note written on {ref(ticket_id)}." if kind is MessageKind.NOTE else sent)

    async def _send_all_the_same(self, error: AnsweredMeanwhile) -> None:
        """Ask whether the words still fit; the draft is safe whatever the answer is."""
        await self.keep_draft()
        happened = str(error).partition(";")[0]
        if await self.app.push_screen_wait(Confirm(f"{happened}. Send your answer all the same?")):
            self.composer.seen_message = None
            await self._send()

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
        ticket_id, kind = composer.ticket_id, composer.kind
        if composer.text.strip():
            what = f"answer to {ref(ticket_id)}" if kind is MessageKind.STAFF else f"note on {ref(ticket_id)}"
            if not await self.app.push_screen_wait(Confirm(f"Throw this {what} away?")):
                return
        async with self._storing:
            dropped = await self.attempt(gateway.save_draft(ticket_id, kind, ""))
            if dropped is not None:
                self._unkept.pop((ticket_id, kind), None)
        if dropped is not None:
            self._finished("Draft thrown away.")

    async def _close(self) -> None:
        key, had_words = ("n" if self.composer.kind is MessageKind.NOTE else "r"), bool(self.composer.text.strip())
        if await self.keep_draft():
            self._finished(f"Draft kept; {key} opens it again." if had_words else "Nothing written.")
