"""One attempt to hand one mail to the smarthost, and what its answer means.

Temporary or permanent is decided here, by stage and code, and is a type from here on. The question at each stage: is
the answer about this mail and its recipient (``Rejected``), or about the smarthost and us (``Deferred``: a wrong
password or a closed relay must not kill the answers of a day)?

| stage                           | as hoped | 4xx, silence, lost | 5xx                                                |
|---------------------------------|----------|--------------------|----------------------------------------------------|
| recipient's address             | usable   | –                  | ``Rejected`` when it cannot be written             |
| our sender address              | usable   | –                  | ``Deferred`` when it cannot be written             |
| connect, greeting, EHLO or HELO | 220, 250 | ``Deferred``       | ``Deferred``: the smarthost will not talk to us    |
| STARTTLS, TLS handshake         | 220      | ``Deferred``       | ``Deferred``, or in clear: ``outbox.smarthost``    |
| AUTH                            | 235      | ``Deferred``       | ``Deferred``: user or password is wrong            |
| SMTPUTF8 needed                 | offered  | –                  | ``Rejected`` when not offered (RFC 6531 §3.2)      |
| MAIL FROM                       | 250      | ``Deferred``       | ``Deferred``: it refuses us; 552 size ``Rejected`` |
| RCPT TO                         | 250, 251 | ``Deferred``       | ``Rejected``; codes in ``OURS`` ``Deferred``       |
| DATA                            | 354      | ``Deferred``       | ``Rejected``; codes in ``OURS`` ``Deferred``       |
| end of data                     | 2xx      | ``Deferred``       | ``Rejected``                                       |
| QUIT                            | any      | ignored            | ignored                                            |

A connection lost after the end of data is ``Deferred`` although the mail may have been taken: it goes out again with
the same Message-ID. Known limit: a smarthost that is closed for us only at RCPT (``554 relay access denied``) cannot be
told from a recipient who is refused, so it gives ``Rejected``.
"""

from __future__ import annotations

import re
import smtplib

from outbox.compose import Composed, compose
from outbox.headers import one_line
from outbox.smarthost import Smarthost, session
from procedure.mail import Deferred, Outcome, OutgoingMail, Rejected, Sent

MAX_REPLY = 500
"""Characters of a server's text that are kept."""

OURS = frozenset({500, 502, 503, 521, 530, 534, 535, 538})
"""Permanent codes that speak of the session or of our sign-in, not of a recipient (RFC 5321 §4.2.3, RFC 4954 §6)."""

_PERMANENT = frozenset(range(500, 600))
_ABOUT_THE_MAIL = {
    "MAIL FROM": frozenset({552}),
    "RCPT TO": _PERMANENT - OURS,
    "DATA": _PERMANENT - OURS,
    "end of data": _PERMANENT,
}


class _Refusal(Exception):
    """A stage did not answer as hoped; carries what that means."""

    def __init__(self, outcome: Deferred | Rejected) -> None:
        super().__init__(outcome.reply)
        self.outcome = outcome


def deliver(mail: OutgoingMail, smarthost: Smarthost) -> Outcome:
    """Try once to hand the mail over, in the calling thread, for at most ``smarthost.limit`` seconds."""
    composed = compose(mail)
    if composed.rcpt_to is None:
        return Rejected("the recipient's address cannot be written in a mail")
    if composed.mail_from is None:
        return Deferred("our own sender address cannot be written in a mail")
    try:
        with session(smarthost) as smtp:
            return _hand_over(smtp, composed)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        text = str(error) or type(error).__name__
        return Deferred(clean_reply(f"smarthost {smarthost.host}:{smarthost.port}: {text}"))


def clean_reply(text: str) -> str:
    """Return a server's text on one line, without control characters, cut to ``MAX_REPLY`` characters."""
    return re.sub(" +", " ", one_line(text)).strip()[:MAX_REPLY]


def _hand_over(smtp: smtplib.SMTP, composed: Composed) -> Outcome:
    try:
        return Sent(_transact(smtp, composed))
    except _Refusal as refusal:
        return refusal.outcome


def _transact(smtp: smtplib.SMTP, composed: Composed) -> str:
    options = _mail_options(smtp, composed)
    if composed.needs_smtputf8:
        smtp.command_encoding = "utf-8"
    _ask(smtp, "MAIL FROM", f"MAIL FROM:<{composed.mail_from}>{options}", {250})
    _ask(smtp, "RCPT TO", f"RCPT TO:<{composed.rcpt_to}>", {250, 251})
    _ask(smtp, "DATA", "DATA", {354})
    return _send_content(smtp, composed.content)


def _mail_options(smtp: smtplib.SMTP, composed: Composed) -> str:
    size = f" SIZE={len(composed.content)}" if smtp.has_extn("size") else ""
    if not composed.needs_smtputf8:
        return size
    if not smtp.has_extn("smtputf8"):
        raise _Refusal(Rejected("an address is not ASCII before its @ and the smarthost does not offer SMTPUTF8"))
    return f"{size} BODY=8BITMIME SMTPUTF8"


def _ask(smtp: smtplib.SMTP, stage: str, command: str, hoped: set[int]) -> str:
    return _judge(stage, smtp.docmd(command), hoped)


def _send_content(smtp: smtplib.SMTP, content: bytes) -> str:
    smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
    try:
        reply = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        text = f"no answer after the end of data, so the mail may arrive twice: {error}"
        raise smtplib.SMTPServerDisconnected(text) from error
    return _judge("end of data", reply, set(range(200, 300)))


def _judge(stage: str, reply: tuple[int, bytes], hoped: set[int]) -> str:
    """Return the reply when it is one hoped for; raises _Refusal with what any other one means."""
    code, text = reply[0], reply[1].decode(errors="replace")
    if code in hoped:
        return clean_reply(f"{code} {text}")
    meaning = Rejected if code in _ABOUT_THE_MAIL[stage] else Deferred
    raise _Refusal(meaning(clean_reply(f"{stage}: {code} {text}")))
