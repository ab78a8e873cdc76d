"""What can be decided about the mail in hand, from the ledger's list as from the mail itself."""

from __future__ import annotations

from textual import work

from desk.views import LedgerRow
from procedure.terms import Fate, parse_ref, ref
from tui.screens.dialogs import AskLine, Confirm
from tui.screens.place import Place
from tui.words import FATE


class MailActions(Place[None]):
    """The acts; a screen says which mail they are about. Only what the filer makes final asks first."""

    @property
    def mail(self) -> LedgerRow | None:
        """Return the mail in hand."""
        raise NotImplementedError

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
        question = f"Mail {mail.id} from {mail.mail_from or '<>'} opens a new ticket, which cannot be undone. Release?"
        if await self.app.push_screen_wait(Confirm(question)):
            self.act(lambda gateway: gateway.release(mail.id), f"Mail {mail.id} is released and will be filed.")

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_mail_join(self) -> None:
        """Let the mail join a ticket; the question names the one that it wants to join."""
        mail = self._parked()
        if mail is None:
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

    def action_mail_spam(self) -> None:
        """Mark the mail as spam."""
        mail = self._parked()
        if mail is not None:
            self.act(lambda gateway: gateway.spam(mail.id), f"Mail {mail.id} is marked as spam. u undoes it.")

    def action_mail_retry(self) -> None:
        """Have the mail read again."""
        mail = self._parked()
        if mail is not None:
            self.act(lambda gateway: gateway.read_again(mail.id), f"Mail {mail.id} will be read again.")

    def action_mail_take_back(self) -> None:
        """Take back the decision on the mail."""
        mail = self.mail
        if mail is not None:
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
