"""What can be decided about the mail in hand, from the ledger's list as from the mail itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import work

from desk.views import AT_ONCE, LedgerRow
from procedure.terms import Fate, parse_ref, ref
from tui.gateway import Gateway
from tui.screens.dialogs import AskLine, Confirm
from tui.screens.place import Place
from tui.words import FATE


class MailActions(Place[None]):
    """The acts; a screen says which mail they are about. Only what the filer makes final asks first."""

    @property
    def mail(self) -> LedgerRow | None:
        """Return the mail in hand."""
        raise NotImplementedError

    @property
    def is_whole_flood(self) -> bool:
        """Tell whether the mail in hand stands for a flood: then the acts are about all of it."""
        return False

    def show_again(self) -> None:
        """Show what an act on a flood has made of a list."""

    def _parked(self) -> LedgerRow | None:
        """Return the mail in hand if a person may decide about it; say so when not."""
        mail = self.mail
        if mail is None or mail.is_parked:
            return mail
        word = FATE[mail.fate].word
        self.console.say(f"Mail {mail.id}: {word}. Only quarantined and poison mail is decided on.", is_bad=True)
        return None

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_mail_release(self) -> None:
        """Let the mail open a ticket."""
        mail = self._parked()
        if mail is None:
            return
        if self.is_whole_flood:
            much = _much(mail)
            question = f"{much} of this flood open a new ticket each, which cannot be undone. Release them?"
            if await self.app.push_screen_wait(Confirm(question)):
                self._decide_all(lambda gateway: gateway.release_flood(mail.id), "{} mails are released.")
            return
        question = f"Mail {mail.id} from {mail.mail_from or '<>'} opens a new ticket, which cannot be undone. Release?"
        if await self.app.push_screen_wait(Confirm(question)):
            self.act(lambda gateway: gateway.release(mail.id), f"Mail {mail.id} is released and will be filed.")

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_mail_join(self) -> None:
        """Let the mail join a ticket; the question names the one that it wants to join."""
        mail = self._parked()
        if mail is None:
            return
        if self.is_whole_flood:
            self.console.say("A flood is released or spam as a whole; enter shows its mails one by one.", is_bad=True)
            return
        said = "enter joins it, which cannot be undone · esc leaves it as it is"
        typed: str | None = ref(mail.wants_ticket_id) if mail.wants_ticket_id is not None else ""
        while typed is not None:
            typed = await self.app.push_screen_wait(AskLine(f"Mail {mail.id} joins which ticket?", typed, said))
            ticket_id = parse_ref(typed) if typed is not None else None
            if ticket_id is not None:
                self._join(mail.id, ticket_id)
                return
            said = "a reference such as TD-1042 · esc leaves it as it is"

    def _join(self, mail_id: int, ticket_id: int) -> None:
        said = f"Mail {mail_id} joins {ref(ticket_id)} and will be filed."
        self.act(lambda gateway: gateway.join(mail_id, ticket_id), said)

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_mail_spam(self) -> None:
        """Mark the mail as spam; a flood asks first, with its number."""
        mail = self._parked()
        if mail is None:
            return
        if not self.is_whole_flood:
            self.act(lambda gateway: gateway.spam(mail.id), f"Mail {mail.id} is marked as spam. u undoes it.")
        elif await self.app.push_screen_wait(Confirm(f"{_much(mail)} of this flood are spam?")):
            self._decide_all(lambda gateway: gateway.spam_flood(mail.id), "{} mails are marked as spam. u undoes it.")

    def _decide_all(self, work: Callable[[Gateway], Awaitable[int]], said: str) -> None:
        gateway = self.gateway
        if gateway is not None:
            self.run_worker(self._attempt_all(work(gateway), said), group="act", exit_on_error=False)

    async def _attempt_all(self, work: Awaitable[int], said: str) -> None:
        done = await self.attempt(work)
        if done is not None:
            self.console.say(said.format(f"{done[0]:,}"))
            self.show_again()

    def action_mail_retry(self) -> None:
        """Have the mail read again."""
        mail = self._parked()
        if mail is not None:
            self.act(lambda gateway: gateway.read_again(mail.id), f"Mail {mail.id} will be read again.")

    def action_mail_take_back(self) -> None:
        """Take back the decision on the mail."""
        mail = self.mail
        if mail is not None and self.is_whole_flood:
            back = "The decision on {} mails is taken back."
            self._decide_all(lambda gateway: gateway.take_back_flood(mail.id), back)
        elif mail is not None:
            back = f"The decision on mail {mail.id} is taken back."
            self.act(lambda gateway: gateway.take_back(mail.id), back)

    def action_mail_ticket(self) -> None:
        """Open the ticket of the mail."""
        mail = self.mail
        if mail is None:
            return
        ticket_id = mail.ticket_id if mail.ticket_id is not None else mail.wants_ticket_id
        if ticket_id is not None:
            self.console.open_ticket(ticket_id)
        elif mail.fate is Fate.PENDING:
            self.console.say(f"Mail {mail.id} is not filed yet.")
        else:
            self.console.say(f"Mail {mail.id} has no ticket.")


def _much(mail: LedgerRow) -> str:
    """Return of how many mails a flood is, and on how many one act decides."""
    total = mail.folded + 1
    return f"All {total:,} mails" if total <= AT_ONCE else f"{AT_ONCE:,} of {total:,} mails"
