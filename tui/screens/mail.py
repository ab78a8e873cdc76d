"""One accepted mail: its envelope, what became of it and why, and its bytes made safe, a part at a time."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from desk.views import LedgerRow, RawPart
from tui.actions import Context, bindings
from tui.gateway import Gateway
from tui.mail_actions import MailActions
from tui.widgets.hints import HintBar
from tui.widgets.ledger_list import standing
from tui.widgets.mail_text import MailText, described, raw_text
from tui.widgets.topbar import TopBar

PART = 16_384
"""Bytes of a mail read at once; no more of it is ever in memory here."""


class MailScreen(MailActions):
    """The mail that was opened from the ledger."""

    CALLED = "a mail"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Context.MAIL)]

    def __init__(self, mail_id: int) -> None:
        super().__init__()
        self._mail_id = mail_id
        self._mail: LedgerRow | None = None
        self._starts: list[int] = []
        self._part: RawPart | None = None

    def compose(self) -> ComposeResult:
        """Lay out top line, text, hints."""
        yield TopBar()
        yield MailText()
        yield HintBar()

    def on_mount(self) -> None:
        """Begin with the text."""
        self.query_one(MailText).focus()

    @property
    def mail(self) -> LedgerRow | None:
        """Return the mail."""
        return self._mail

    async def refresh_live(self, gateway: Gateway) -> None:
        """Show the mail as it is now; its bytes never change. Raises DeskError."""
        self._mail = await gateway.mail(self._mail_id)
        self._show()

    def _show(self) -> None:
        mail, text = self._mail, self.query_one(MailText)
        if mail is None:
            return
        sign = standing(mail)
        title = f"Mail {mail.id} · {sign.glyph} {sign.word}"
        if self._part is not None:
            end = self._part.start + len(self._part.content)
            title += f" · as it came, bytes {self._part.start:,} to {end:,} of {self._part.total:,}"
            title += " · n goes on" if end < self._part.total else ""
            text.show(raw_text(self._part), title)
            return
        text.show(described(mail, self.now(), self.console.zone), title)

    # The bytes

    def action_mail_raw(self) -> None:
        """Change between what is known of the mail and its bytes."""
        if self._part is not None:
            self._part, self._starts = None, []
            self.query_one(MailText).scroll_home(animate=False)
            self._show()
        else:
            self._read(0)

    def action_mail_next_part(self) -> None:
        """Show the next part."""
        part = self._part
        if part is None:
            self._read(0)
        elif part.start + len(part.content) < part.total:
            self._read(part.start + len(part.content))
        else:
            self.console.say("This is the end of the mail.")

    def action_mail_previous_part(self) -> None:
        """Show the part before."""
        if len(self._starts) > 1:
            del self._starts[-1]
            self._read(self._starts.pop())

    def _read(self, start: int) -> None:
        gateway = self.gateway
        if gateway is not None:
            self.run_worker(self._read_part(gateway, start), group="raw", exclusive=True, exit_on_error=False)

    async def _read_part(self, gateway: Gateway, start: int) -> None:
        read = await self.attempt(gateway.raw_part(self._mail_id, start, PART))
        if read is None:
            return
        self._part = cut_well(read[0])
        self._starts.append(start)
        self.query_one(MailText).scroll_home(animate=False)
        self._show()

    def back(self) -> None:
        """Leave the bytes, then the mail."""
        if self._part is not None:
            self.action_mail_raw()
        else:
            super().back()


def cut_well(part: RawPart) -> RawPart:
    """Return a part that ends where a reader would end it: the first after the headers, the others after a line."""
    content = part.content
    if part.start + len(content) >= part.total and part.start:
        return part
    ends = [content.find(blank) + len(blank) for blank in (b"\r\n\r\n", b"\n\n") if blank in content]
    if part.start == 0 and ends:
        return RawPart(0, content[: min(ends)], part.total)
    if part.start + len(content) >= part.total:
        return part
    line = content.rfind(b"\n") + 1
    return RawPart(part.start, content[:line] if line else content, part.total)
