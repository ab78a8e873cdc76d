"""The mail inside a mail that was forwarded as text: whom it is from and what it says.

A block counts only with the words that mail programs put above a forwarded mail, or where a subject says ``Fwd:``. What
stands in it is text that anybody could have written, so only mail of authenticated staff is read this way.
"""

from __future__ import annotations

import re

from procedure import quoting_marks as marks
from procedure.mail import Address, ForwardedMail, ParsedMail
from procedure.subjects import is_forward, without_forward

MAX_LINES = 2_000
"""A forwarded block begins within so many lines."""

_ADDRESS = re.compile(r"[^\s@<>\"()\[\],;:]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]")


def original(mail: ParsedMail) -> ForwardedMail | None:
    """Return the mail that this one forwards: an attached one first, else the block in its text; None when neither.

    The text of a block keeps what the forwarder wrote above it, so that no word is lost.
    """
    attached = mail.forwarded
    if attached is not None and attached.sender.address:
        above = mail.text.strip()
        # The parser shows the words of an attached mail below those of the mail itself: then they are all there.
        text = above if attached.text in above else f"{above}\n\n{attached.text}".strip()
        return ForwardedMail(attached.sender, attached.subject, text, attached.message_id)
    if not is_forward(mail.subject):
        return None
    return _inline(mail)


def _inline(mail: ParsedMail) -> ForwardedMail | None:
    lines = [line.strip().removeprefix("> ").strip() for line in mail.text.split("\n")]
    for index in range(min(len(lines), MAX_LINES)):
        if not marks.begins_header_block(lines, index):
            continue
        end = marks.header_block_end(lines, index)
        fields = marks.header_fields(lines[index:end])
        sender = _sender(fields.get("from", ""))
        if sender is None:
            return None
        subject = fields.get("subject", "") or without_forward(mail.subject)
        return ForwardedMail(sender, subject, mail.text)
    return None


def _sender(value: str) -> Address | None:
    value = value.replace("*", "")[:500]
    found = list(dict.fromkeys(_ADDRESS.findall(value)))
    if len(found) != 1:  # several could be meant, and none is sure
        return None
    name = value.partition(found[0])[0].replace("mailto:", "").strip(" \"'<[(")
    return Address(name, found[0])
