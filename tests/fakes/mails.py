"""Mails as the parser hands them over, and their way through the ledger into a ticket."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk import filing, ledger
from desk.actors import FILER, LISTENER
from desk.context import Desk
from procedure.mail import Address, Envelope, ParsedMail
from procedure.terms import Fate
from tests.fakes.desks import START, SUPPORT

NIKOS = "nikos@example.gr"
_numbers = itertools.count(1)


def letter(
    sender: str = NIKOS, subject: str = "Cannot log in", text: str = "Since this morning.", **more: Any
) -> ParsedMail:
    """Return a parsed mail of a person; ``more`` are fields of ParsedMail."""
    who = Address(more.pop("name", ""), sender)
    fields: dict[str, Any] = {
        "sender": who,
        "senders": (who,),
        "recipients": (Address("", SUPPORT),),
        "subject": subject,
        "text": text,
        "message_id": f"<{next(_numbers)}@example.gr>",
        "in_reply_to": (),
        "references": (),
    }
    return ParsedMail(**{**fields, **more})


def wrap(
    mail: ParsedMail,
    at: datetime = START,
    mail_from: str | None = None,
    rcpt_to: tuple[str, ...] = (SUPPORT,),
    user: str = "",
) -> Envelope:
    """Return the envelope of ``mail`` with bytes that are its own."""
    raw = f"Message-ID: {mail.message_id}\r\nSubject: {mail.subject}\r\n\r\n{mail.text}".encode("utf-8", "replace")
    return Envelope(at, "192.0.2.7", mail.sender.address if mail_from is None else mail_from, rcpt_to, raw, user)


@dataclass(frozen=True)
class Arrival:
    """Where a mail ended that went all the way."""

    ledger_id: int
    fate: Fate
    ticket_id: int | None

    @property
    def ticket(self) -> int:
        assert self.ticket_id is not None
        return self.ticket_id


def accept(
    desk: Desk,
    mail: ParsedMail,
    mail_from: str | None = None,
    rcpt_to: tuple[str, ...] = (SUPPORT,),
    user: str = "",
) -> int:
    """Write a mail into the ledger and return its id."""
    [ledger_id] = ledger.record(LISTENER, desk, [wrap(mail, desk.clock.now(), mail_from, rcpt_to, user)])
    return ledger_id


def arrive(
    desk: Desk,
    mail: ParsedMail | None = None,
    mail_from: str | None = None,
    rcpt_to: tuple[str, ...] = (SUPPORT,),
    user: str = "",
) -> Arrival:
    """Let a mail arrive, be accepted and filed."""
    mail = mail or letter()
    ledger_id = accept(desk, mail, mail_from, rcpt_to, user)
    filing.claim(FILER, desk)
    filed = filing.file(FILER, desk, ledger_id, mail)
    return Arrival(ledger_id, filed.fate, filed.ticket_id)
