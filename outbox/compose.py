"""An outgoing mail as RFC 5322 bytes with CRLF, and the envelope that goes with it.

The same mail gives the same bytes on every attempt: nothing is random and no clock is read, so a mail sent twice is
recognised by its Message-ID and its content. The body is 7bit, quoted-printable or base64, never 8bit: the next hop
may lack 8BITMIME and is not known here.
"""

from __future__ import annotations

import base64
import quopri
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from outbox import headers
from outbox.addresses import mailbox
from procedure.mail import Address, OutgoingMail
from procedure.terms import OutboxKind

MAX_LINE = 990
"""Octets in a body line that may go out as it is (RFC 5322 §2.1.1 allows 998)."""

_BODY_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_END = re.compile("\r\n|\r")


@dataclass(frozen=True)
class Composed:
    """A mail ready for SMTP.

    ``mail_from`` and ``rcpt_to`` are as they stand between angle brackets; ``mail_from`` '' is the null sender,
    None an address that cannot be written, as is ``rcpt_to`` None. ``needs_smtputf8``: some address has a local
    part that is not ASCII (RFC 6531).
    """

    content: bytes
    mail_from: str | None
    rcpt_to: str | None
    needs_smtputf8: bool


def compose(mail: OutgoingMail) -> Composed:
    """Return the bytes and the envelope of a mail; raises nothing for any text in any field."""
    encoding, body = _body(mail.text)
    fields = [*_identity(mail), *_automatic(mail), *_mime(encoding)]
    content = "\r\n".join([*fields, "", ""]).encode() + body
    mail_from = "" if not mail.envelope_from else _path(mail.envelope_from)
    everyone = (mail.envelope_from, mail.sender.address, mail.to.address, mail.reply_to)
    return Composed(content, mail_from, _path(mail.to.address), any(map(_needs_smtputf8, everyone)))


def _identity(mail: OutgoingMail) -> list[str]:
    fields = [
        headers.address_list("From", mail.sender),
        headers.address_list("To", mail.to),
        headers.address_list("Reply-To", Address("", mail.reply_to)) if mailbox(mail.reply_to) else None,
        headers.unstructured("Subject", mail.subject),
        f"Date: {format_datetime(_utc(mail.date))}",
        headers.message_ids("Message-ID", [mail.message_id]),
        headers.message_ids("In-Reply-To", [mail.in_reply_to]),
        headers.message_ids("References", headers.references(mail.references, mail.in_reply_to)),
        headers.unstructured("X-Tierdesk-Instance", mail.instance) if mail.instance else None,
    ]
    return [field for field in fields if field is not None]


def _automatic(mail: OutgoingMail) -> list[str]:
    if mail.kind is not OutboxKind.ACKNOWLEDGEMENT:
        return []
    # RFC 3834 §3.1.7; the second one is what Exchange listens to.
    return ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All"]


def _mime(encoding: str) -> list[str]:
    return [
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Transfer-Encoding: {encoding}",
    ]


def _body(text: str) -> tuple[str, bytes]:
    """Return the transfer encoding that fits the text, and the encoded text."""
    clean = headers.without_surrogates(_BODY_CONTROL.sub("", _LINE_END.sub("\n", text)))
    octets = (clean if clean.endswith("\n") else clean + "\n").encode()
    if octets.isascii() and max(map(len, octets.split(b"\n"))) <= MAX_LINE:
        return "7bit", octets.replace(b"\n", b"\r\n")
    if sum(octet > 127 for octet in octets) * 4 < len(octets):
        return "quoted-printable", quopri.encodestring(octets).replace(b"\n", b"\r\n")
    # Line ends become CRLF before base64 (RFC 2045 §6.8) and again around its own lines.
    return "base64", base64.encodebytes(octets.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")


def _path(address: str) -> str | None:
    box = mailbox(address)
    return box.text if box else None


def _needs_smtputf8(address: str) -> bool:
    box = mailbox(address)
    return box is not None and box.needs_smtputf8


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
