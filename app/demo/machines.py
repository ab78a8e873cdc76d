"""The mails of the demo that no person wrote: a bounce and an automatic answer."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from app.demo.cast import Customer
from app.demo.mailer import DemoMail
from procedure.mail import OutgoingMail

_REPORT = """\
From: Mail Delivery System <mailer-daemon@mx.example.net>
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <bounce.{number}@mx.example.net>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_demo_report"

--=_demo_report
Content-Type: text/plain; charset=utf-8

Your message to {customer} could not be delivered:
552 5.2.2 the mailbox is full.

--=_demo_report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {customer}
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 the mailbox is full

--=_demo_report
Content-Type: message/rfc822-headers

Message-ID: {message_id}

--=_demo_report--
"""

_AWAY = """\
From: {customer}
To: {to}
Subject: Out of office
Date: {date}
Message-ID: <away.{number}@{site}>
In-Reply-To: {message_id}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

I am out of the office until Monday and read my mail then.
"""


def write_bounce(letter: OutgoingMail, at: datetime) -> DemoMail:
    """Return the delivery report (RFC 3464) for an answer of ours whose reader's mailbox is full."""
    text = _REPORT.format(
        to=letter.envelope_from, customer=letter.to.address, date=format_datetime(at), number=letter.outbox_id,
        message_id=letter.message_id,
    )  # fmt: skip
    return _mail("", letter.envelope_from, f"<bounce.{letter.outbox_id}@mx.example.net>", text)


def write_away(customer: Customer, letter: OutgoingMail, at: datetime) -> DemoMail:
    """Return what the mail program of a customer on holiday says to an answer of ours (RFC 3834)."""
    text = _AWAY.format(
        customer=customer.address, to=letter.reply_to, date=format_datetime(at),
        number=letter.outbox_id, site=customer.site, message_id=letter.message_id,
    )  # fmt: skip
    return _mail("", letter.reply_to, f"<away.{letter.outbox_id}@{customer.site}>", text)


def _mail(mail_from: str, rcpt_to: str, message_id: str, text: str) -> DemoMail:
    return DemoMail(mail_from, rcpt_to, message_id, text.replace("\n", "\r\n").encode())
