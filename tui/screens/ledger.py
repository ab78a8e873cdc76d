"""The ledger: every mail that came in, newest first, and what became of it (key 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from desk.errors import DeskError, Unavailable
from desk.views import LedgerRow
from procedure.terms import Fate
from tui.actions import Context, bindings
from tui.gateway import Gateway
from tui.mail_actions import MailActions
from tui.safe import safe
from tui.screens.dialogs import Choice, Choose
from tui.screens.mail import MailScreen
from tui.widgets.filter_line import FilterLine
from tui.widgets.hints import HintBar
from tui.widgets.ledger_list import LedgerList
from tui.widgets.queue_view import QueueView
from tui.widgets.topbar import TopBar
from tui.words import FATE

LEDGER = "7 Ledger"
"""What the top line calls it."""

PAGE = 200
"""Mails asked for at once."""

OVERLAP = 100
"""Ids looked at again below the newest: on a server a lower id may be committed after a higher one."""

TYPING_PAUSE = 0.15

_KEYS = {
    Fate.QUARANTINED: "q",
    Fate.POISON: "x",
    Fate.PENDING: "w",
    Fate.NEW_TICKET: "n",
    Fate.APPENDED: "p",
    Fate.DUPLICATE: "d",
    Fate.AUTOMATIC: "m",
}


class LedgerScreen(MailActions):
    """The place of key 7."""

    CALLED = "the ledger"
    DEFAULT_CSS = """
    LedgerScreen.-filtering FilterLine { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.LEDGER)]

    def __init__(self) -> None:
        super().__init__()
        self._fate: Fate | None = None
        self._text = ""
        self._ids: list[int] = []
        self._newest = 0
        self._is_fresh, self._is_whole, self._is_paging = True, False, False
        self._typing: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out top line, list, filter, hints."""
        yield TopBar()
        yield LedgerList(self._fetch, self._here, empty_text="Opening …")
        yield FilterLine("words in sender or recipient")
        yield HintBar()

    def on_mount(self) -> None:
        """Begin with the list."""
        self.mails.focus()
        self._retitle()

    def on_screen_resume(self) -> None:
        """Say in the top line which place is in view."""
        self.console.set_top(place=LEDGER)

    @property
    def mails(self) -> LedgerList:
        """Return the list."""
        return self.query_one(LedgerList)

    @property
    def mail(self) -> LedgerRow | None:
        """Return the mail under the cursor."""
        return self.mails.selected_mail

    def _here(self) -> datetime:
        return self.now().astimezone(self.console.zone)

    # Live

    async def _fetch(self, ids: list[int]) -> Mapping[int, LedgerRow]:
        if self.gateway is None:
            raise Unavailable("The store is not open yet.")
        return await self.gateway.mails(ids)

    async def refresh_live(self, gateway: Gateway) -> None:
        """Bring the list to the state of the store. Raises DeskError."""
        fate, text, was_fresh = self._fate, self._text, self._is_fresh
        newest = next(iter(await gateway.mail_ids(limit=1)), 0)
        ids = await (self._first(gateway) if was_fresh else self._again(gateway))
        if (fate, text, was_fresh) != (self._fate, self._text, self._is_fresh):
            return  # meanwhile another filter was chosen, which asks for itself
        if was_fresh:
            self._is_whole, self._is_fresh = len(ids) < PAGE, False
        self._ids, self._newest = ids, newest
        self._settled()
        self.mails.set_ids(ids, fresh=was_fresh)
        self.mails.invalidate(self.mails.window.around(0))

    async def _first(self, gateway: Gateway) -> list[int]:
        return await gateway.mail_ids(self._fate, self._text, limit=PAGE)

    async def _again(self, gateway: Gateway) -> list[int]:
        """Return what is loaded as it is now: a fate changes, while sender and recipients of a mail never do."""
        if self._fate is not None:
            last = 0 if self._is_whole else self._ids[-1]
            return await gateway.mail_ids(self._fate, self._text, down_to=last)
        new = await gateway.mail_ids(None, self._text, down_to=max(0, self._newest - OVERLAP))
        if self._is_whole or not self._ids:
            return sorted({*new, *self._ids}, reverse=True)
        return sorted({*(number for number in new if number > self._ids[-1]), *self._ids}, reverse=True)

    @on(LedgerList.NearEnd)
    def _near_end(self) -> None:
        if not (self._is_whole or self._is_paging or self._is_fresh):
            self._next_page()

    @work(group="page", exit_on_error=False)
    async def _next_page(self) -> None:
        """Ask for the page after the last one."""
        gateway, wanted = self.gateway, (self._fate, self._text, self._is_fresh)
        if gateway is None or self._is_paging or not self._ids:
            return
        self._is_paging = True
        try:
            more = await gateway.mail_ids(self._fate, self._text, before_id=self._ids[-1], limit=PAGE)
        except DeskError as error:
            self.console.trouble(str(error))
            return
        finally:
            self._is_paging = False
        if wanted == (self._fate, self._text, self._is_fresh):
            self._is_whole = len(more) < PAGE
            self._ids = [*self._ids, *(number for number in more if number < self._ids[-1])]
            self.mails.set_ids(self._ids)

    @on(LedgerList.FetchFailed)
    def _fetch_failed(self, event: LedgerList.FetchFailed) -> None:
        if self.gateway is not None:
            self.console.trouble(str(event.error))

    def _settled(self) -> None:
        words = f"that holds “{self._text.strip()}”" if self._text.strip() else ""
        kind = FATE[self._fate].word if self._fate is not None else ""
        if words or kind:
            said = " ".join(part for part in ("No", kind, "mail", words) if part)
            self.mails.empty_text = f"{said}.\nf and / change what is shown, esc shows all."
        else:
            self.mails.empty_text = "No mail came in yet.\nIt appears here by itself; 1 2 3 show the queues."
        self._retitle()

    def _retitle(self) -> None:
        balance, parts = self.console.top.balance, ["Ledger"]
        if self._fate is not None:
            parts.append(FATE[self._fate].word)
        if self._text.strip():
            parts.append(f"with “{self._text.strip()}”")
        if balance is not None:
            parked = [(fate, balance.fates.get(fate, 0)) for fate in (Fate.QUARANTINED, Fate.POISON)]
            parts += [f"{number} {fate.value}" for fate, number in parked if number]
        title = Content(safe(" · ".join(parts)))
        if self.mails.border_title != title:
            self.mails.border_title = title

    # Opening, filters

    @on(QueueView.Opened)
    def _opened(self, event: QueueView.Opened) -> None:
        self.console.push_screen(MailScreen(event.ticket_id))

    def _show_other(self) -> None:
        """Begin again from the top."""
        self._is_fresh = True
        self._retitle()
        self.console.refresh_soon()

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ledger_fate(self) -> None:
        """Choose which mails are shown."""
        balance = self.console.top.balance
        known = {**balance.fates, Fate.PENDING: balance.pending} if balance is not None else {}
        choices = [Choice("a", "all mails", "")]
        choices += [Choice(key, f"{FATE[fate].word} {known.get(fate, 0):,}", fate.value) for fate, key in _KEYS.items()]
        chosen = await self.app.push_screen_wait(Choose("Show which mails?", choices))
        if chosen is not None:
            self._fate = Fate(chosen) if chosen else None
            self._show_other()

    def action_queue_filter(self) -> None:
        """Narrow the list down."""
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        if event.value == self._text:
            return
        self._text = event.value
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_PAUSE, self._show_other)

    @on(Input.Submitted, "#filter")
    def _filter_taken(self) -> None:
        self.set_class(bool(self._text.strip()), "-filtering")
        self.mails.focus()

    def back(self) -> None:
        """Show all mails again; from there go back to the queue."""
        is_typing = self.has_class("-filtering")
        if not (is_typing or self._fate):
            super().back()
            return
        self.query_one("#filter", Input).value = ""
        self.remove_class("-filtering")
        self.mails.focus()
        self._fate, self._text = None, ""
        self._show_other()
