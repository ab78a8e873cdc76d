"""The ledger: every mail that came in, newest first, and what became of it (key 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from desk.errors import DeskError, Unavailable
from desk.views import LedgerRow, Wanted
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
from tui.words import FATE, moment

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
        self._wanted = Wanted()
        self._ids: list[int] = []
        self._newest = 0
        self._next: int | None = None
        self._searched_to: datetime | None = None
        self._is_fresh, self._is_paging = True, False
        self._left_flood: int | None = None
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
        rows = await self.gateway.mails(ids)
        if self._wanted.flood is None:
            return rows
        return {number: replace(row, folded=0) for number, row in rows.items()}  # opened: each is one mail

    async def refresh_live(self, gateway: Gateway) -> None:
        """Bring the list to the state of the store. Raises DeskError."""
        wanted, was_fresh = self._wanted, self._is_fresh
        newest = next(iter((await gateway.mail_page(Wanted(), limit=1)).ids), 0)
        page = await gateway.mail_page(wanted, limit=PAGE) if was_fresh else None
        ids = await self._again(gateway, wanted) if page is None else list(page.ids)
        if (wanted, was_fresh) != (self._wanted, self._is_fresh):
            return  # meanwhile another filter was chosen, which asks for itself
        if page is not None:
            self._next, self._searched_to, self._is_fresh = page.next_before, page.searched_to, False
        self._ids, self._newest = ids, newest
        self._settled()
        self.mails.set_ids(ids, fresh=was_fresh)
        if was_fresh and self._left_flood is not None:
            self.mails.select(self._left_flood)
            self._left_flood = None
        self.mails.invalidate(self.mails.window.around(0))

    async def _again(self, gateway: Gateway, wanted: Wanted) -> list[int]:
        """Return what is loaded as it is now: a fate changes, while sender and recipients of a mail never do."""
        last = self._next or 0
        if wanted.fate is not None or wanted.flood is not None:
            return list((await gateway.mail_page(wanted, down_to=last)).ids)
        since = max(last, self._newest - OVERLAP)
        new = (await gateway.mail_page(wanted, down_to=since)).ids
        return [*new, *(number for number in self._ids if number < since)]

    @on(LedgerList.NearEnd)
    def _near_end(self) -> None:
        if self._searched_to is None:  # else the person says how far back it is worth to look
            self.action_ledger_more()

    def action_ledger_more(self) -> None:
        """Ask for the page after the last one, or look for the words further back."""
        if not (self._next is None or self._is_paging or self._is_fresh):
            self._next_page()

    @work(group="page", exit_on_error=False)
    async def _next_page(self) -> None:
        gateway, wanted = self.gateway, (self._wanted, self._is_fresh)
        if gateway is None or self._is_paging:
            return
        self._is_paging = True
        try:
            page = await gateway.mail_page(self._wanted, before_id=self._next, limit=PAGE)
        except DeskError as error:
            self.console.trouble(str(error))
            return
        finally:
            self._is_paging = False
        if wanted == (self._wanted, self._is_fresh):
            self._ids = [*self._ids, *(number for number in page.ids if not self._ids or number < self._ids[-1])]
            self._next, self._searched_to = page.next_before, page.searched_to
            self._settled()
            self.mails.set_ids(self._ids)

    @on(LedgerList.FetchFailed)
    def _fetch_failed(self, event: LedgerList.FetchFailed) -> None:
        if self.gateway is not None:
            self.console.trouble(str(event.error))

    def _settled(self) -> None:
        text, fate = self._wanted.text.strip(), self._wanted.fate
        words = f"that holds “{text}”" if text else ""
        kind = FATE[fate].word if fate is not None else ""
        if words or kind:
            said = " ".join(part for part in ("No", kind, "mail", words) if part)
            self.mails.empty_text = f"{said}{self._depth()}.\nf and / change what is shown, esc shows all."
        else:
            self.mails.empty_text = "No mail came in yet.\nIt appears here by itself; 1 2 3 show the queues."
        self._retitle()

    def _depth(self) -> str:
        if self._searched_to is None:
            return ""
        return f" since {moment(self._searched_to, self.now(), self.console.zone)}; m looks further back"

    def _retitle(self) -> None:
        balance, parts, wanted = self.console.top.balance, ["Ledger"], self._wanted
        if wanted.flood is not None:
            parts.append(f"the flood of mail {wanted.flood}")
        if wanted.fate is not None:
            parts.append(FATE[wanted.fate].word)
        if wanted.text.strip():
            parts.append(f"with “{wanted.text.strip()}”{self._depth()}")
        if balance is not None:
            parked = [(fate, balance.fates.get(fate, 0)) for fate in (Fate.QUARANTINED, Fate.POISON)]
            parts += [f"{number} {fate.value}" for fate, number in parked if number]
        title = Content(safe(" · ".join(parts)))
        if self.mails.border_title != title:
            self.mails.border_title = title

    # Opening, filters

    @on(QueueView.Opened)
    def _opened(self, event: QueueView.Opened) -> None:
        if self.is_whole_flood:
            self._show(Wanted(flood=event.ticket_id))
        else:
            self.console.push_screen(MailScreen(event.ticket_id))

    @property
    def is_whole_flood(self) -> bool:
        """Tell whether the line in hand stands for a flood and not for its own mail alone."""
        return self._wanted.flood is None and self.mail is not None and self.mail.folded > 0

    def show_again(self) -> None:
        """Ask for the list anew: mails far down are in it now, or no longer."""
        self._show(self._wanted)

    def _show(self, wanted: Wanted) -> None:
        """Begin again from the top."""
        self._wanted, self._is_fresh = wanted, True
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
            self._show(Wanted(fate=Fate(chosen) if chosen else None, text=self._wanted.text))

    def action_queue_filter(self) -> None:
        """Narrow the list down."""
        self.add_class("-filtering")
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        if event.value == self._wanted.text:
            return
        self._wanted = replace(self._wanted, text=event.value, flood=None)
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_PAUSE, self.show_again)

    @on(Input.Submitted, "#filter")
    def _filter_taken(self) -> None:
        self.set_class(bool(self._wanted.text.strip()), "-filtering")
        self.mails.focus()

    def back(self) -> None:
        """Leave the flood, then the filter; from all mails go back to the queue."""
        is_typing = self.has_class("-filtering")
        if self._wanted.flood is not None and not is_typing:
            self._left_flood = self._wanted.flood
            self._show(Wanted())
            return
        if not (is_typing or self._wanted.fate):
            super().back()
            return
        self.query_one("#filter", Input).value = ""
        self.remove_class("-filtering")
        self.mails.focus()
        self._show(Wanted())
