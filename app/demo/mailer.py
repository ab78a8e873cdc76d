"""The mails that the demo's customers send, as their programs would make them, and the way out by real SMTP."""

from __future__ import annotations

import html
import smtplib
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from random import Random

from app.demo.cast import Customer, Request

TIMEOUT = 10.0
"""Seconds for each step of sending."""

# A grey square of one pixel: a screenshot that is small enough for a demo.
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
_LOG = (
    "[error] [client 192.0.2.17] PHP Fatal error: Allowed memory size of 134217728 bytes exhausted\n"
    "[error] [client 192.0.2.17] End of script output before headers: index.php\n"
)
_WROTE = {"en": "On {at}, {who} wrote:", "el": "Στις {at}, ο/η {who} έγραψε:"}


@dataclass(frozen=True)
class DemoMail:
    """A customer's mail with its envelope; ``message_id`` keeps its angle brackets."""

    mail_from: str
    rcpt_to: str
    message_id: str
    content: bytes


def write_request(customer: Customer, request: Request, to: str, at: datetime, rng: Random) -> DemoMail:
    """Return a new request to the support address ``to``, dated ``at`` (aware)."""
    message = _message(customer, to, request.subject, at, rng)
    _fill(message, customer, request.text, rng)
    _attach(message, request.attachment, customer, rng)
    return _finished(message, customer, to)


def write_reply(customer: Customer, answer: bytes, text: str, at: datetime, rng: Random) -> DemoMail:
    """Return the customer's reply to a mail as caught by the smarthost: to its Reply-To, threaded, with a quote."""
    received = message_from_bytes(answer, policy=policy.SMTP)
    to = parseaddr(str(received["Reply-To"] or received["From"]))[1]
    subject = str(received["Subject"])
    reply = _message(customer, to, subject if subject.lower().startswith("re:") else f"Re: {subject}", at, rng)
    answered = str(received["Message-ID"])
    reply["In-Reply-To"] = answered
    reply["References"] = " ".join([*str(received["References"] or "").split(), answered])
    _fill(reply, customer, f"{text}\n\n{customer.first_name}\n\n{_quote(received, customer.language)}", rng)
    return _finished(reply, customer, to)


def is_acknowledgement(content: bytes) -> bool:
    """Tell whether a caught mail is automatic, so that no customer of good manners answers it."""
    return str(message_from_bytes(content, policy=policy.SMTP)["Auto-Submitted"] or "no") != "no"


def send(mail: DemoMail, host: str, port: int) -> None:
    """Send a mail by SMTP; raises OSError or smtplib.SMTPException when it is not taken."""
    with smtplib.SMTP(host, port, local_hostname="customer.example.com", timeout=TIMEOUT) as smtp:
        smtp.sendmail(mail.mail_from, [mail.rcpt_to], mail.content)


def _message(customer: Customer, to: str, subject: str, at: datetime, rng: Random) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = f'"{customer.name}" <{customer.address}>'
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{rng.getrandbits(64):016x}@{customer.site}>"
    message["User-Agent"] = "Demo Mail 1.0"
    return message


def _fill(message: EmailMessage, customer: Customer, text: str, rng: Random) -> None:
    message.set_content(text, charset="utf-8")
    if customer.style == "html":
        lines = html.escape(text, quote=False).split("\n")
        message.add_alternative(f"<html><body><p>{'<br>'.join(lines)}</p></body></html>\n", subtype="html")
        message.set_boundary(_boundary(rng))


def _attach(message: EmailMessage, attachment: str, customer: Customer, rng: Random) -> None:
    if not attachment:
        return
    if attachment == "log":
        message.add_attachment(_LOG, filename=f"error_log_{customer.site}.txt")
    else:
        name = {"en": "screenshot.png", "el": "στιγμιότυπο.png"}[customer.language]
        message.add_attachment(_PIXEL, maintype="image", subtype="png", filename=name)
    message.set_boundary(_boundary(rng))


def _boundary(rng: Random) -> str:
    return f"=_demo_{rng.getrandbits(64):016x}"


def _quote(received: EmailMessage, language: str) -> str:
    body = received.get_body(("plain",))
    lines = str(body.get_content()).rstrip().split("\n") if body else []
    who = parseaddr(str(received["From"]))[0] or "support"
    return "\n".join([_WROTE[language].format(at=received["Date"], who=who), *(f"> {line}".rstrip() for line in lines)])


def _finished(message: EmailMessage, customer: Customer, to: str) -> DemoMail:
    return DemoMail(customer.address, to, str(message["Message-ID"]), message.as_bytes())
