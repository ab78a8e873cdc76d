"""Mails and envelopes for the tests of rules: ordinary ones, of which a test changes what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from procedure.mail import Address, Envelope, ParsedMail

NOW = datetime(2026, 11, 22, 13, 24, tzinfo=UTC)
NIKOS = Address("Nikos Pappas", "nikos@customer.example")


def a_mail(**changes: Any) -> ParsedMail:
    """Return a customer's mail."""
    mail = ParsedMail(
        sender=NIKOS,
        senders=(NIKOS,),
        recipients=(Address("", "support@desk.example"),),
        subject="Cannot log in",
        text="Since this morning.",
        message_id="<1@customer.example>",
        in_reply_to=(),
        references=(),
    )
    return replace(mail, **changes)


def from_address(address: str, **changes: Any) -> ParsedMail:
    """Return a mail of another sender."""
    sender = Address("", address)
    return a_mail(sender=sender, senders=(sender,), **changes)


def an_envelope(**changes: Any) -> Envelope:
    """Return the envelope of a customer's mail."""
    envelope = Envelope(NOW, "192.0.2.1", NIKOS.address, ("support@desk.example",), b"Subject: x\r\n\r\ny\r\n")
    return replace(envelope, **changes)
