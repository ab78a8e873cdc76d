"""A raw mail to a ``ParsedMail``: the only function that the child process calls. It never raises for any octets."""

from __future__ import annotations

import re
from dataclasses import replace

from intake.parsing.addresses import read_addresses
from intake.parsing.body import read_body
from intake.parsing.caps import Caps, Notes
from intake.parsing.headers import Headers
from intake.parsing.leaves import all_parts, first_part
from intake.parsing.mime import Part, read_tree
from intake.parsing.reports import Report, message_ids, read_report
from procedure.automatic import HEADERS, sounds_like_bounce
from procedure.mail import RECEIVED_COUNT, Address, ForwardedMail, ParsedAttachment, ParsedMail

NOBODY = Address("", "")
_ALSO_KEPT = ("x-auto-reply-from", "return-path", "date", "reply-to", "x-loop", "x-mailer", "feedback-id")
KEPT_HEADERS = tuple(dict.fromkeys((*HEADERS, *_ALSO_KEPT)))
"""Everything that the rules ask for, and what people ask about."""

_KEPT_LENGTH = 4_000
_STAND_INS = frozenset({"...", "[...]", "…", "[…]", "re: ...", "encrypted message", "encrypted", "[encrypted message]"})
_WORD_CHARSET = re.compile(r"=\?([A-Za-z0-9_.:-]{2,40})(?:\*[A-Za-z-]{0,20})?\?[bBqQ]\?")
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def parse(raw: bytes, caps: Caps | None = None) -> ParsedMail:
    """Return what a mail says. Each thing that was wrong with it is a sentence in ``defects``."""
    caps = caps or Caps()
    notes = Notes([])
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    root = read_tree(raw, caps, notes)
    headers = root.headers
    text_part = first_part(root, lambda part: part.type.startswith("text/") and "charset" in part.parameters)
    headers.hint = text_part.parameters["charset"] if text_part else ""
    _lend_charset(root)
    body = read_body(root, caps, notes)
    text = body.text[: caps.text]
    senders = tuple(dict.fromkeys(one for one in _people(headers, ("from",), caps, notes) if one.address))
    sender = senders[0] if senders else _fallback_sender(headers, caps, notes)
    subject = _subject(root, notes)[: caps.subject]
    report = read_report(root, text, sounds_like_bounce(sender, subject), caps, notes)
    in_reply_to = message_ids(" ".join(headers.raw_all("in-reply-to")), notes, caps.references)
    # Some servers name the original there and nowhere else.
    bounce_ids = tuple(dict.fromkeys((*report.ids, *in_reply_to))) if report != Report() else ()
    mail = ParsedMail(
        sender=sender,
        senders=senders,
        recipients=_people(headers, ("to", "cc"), caps, notes),
        subject=subject,
        text=text,
        message_id=next(iter(message_ids(headers.raw("message-id"), notes, 1)), ""),
        in_reply_to=in_reply_to,
        references=message_ids(" ".join(headers.raw_all("references")), notes, caps.references),
        headers=_kept(headers, notes),
        attachments=tuple(body.attachments),
        is_delivery_report=report.is_structured,
        bounce_ids=bounce_ids,
        bounce_status=report.status,
        bounce_action=report.action,
        forwarded=body.forwarded,
    )
    return _storable(mail, notes)


def _lend_charset(root: Part) -> None:
    """Tell text parts without a charset the one of the encoded words above them: one program wrote both."""
    words = (_WORD_CHARSET.search(root.headers.raw(name)) for name in ("subject", "from"))
    if charset := next((match[1] for match in words if match), ""):
        for part in all_parts(root):
            part.hint = charset


def _people(headers: Headers, names: tuple[str, ...], caps: Caps, notes: Notes) -> tuple[Address, ...]:
    return read_addresses([value for name in names for value in headers.raw_all(name)], caps, notes)


def _fallback_sender(headers: Headers, caps: Caps, notes: Notes) -> Address:
    """Return whom to show when From has no usable address: another field that names somebody, else From's name alone.

    For people to see only: the rules ask for ``senders``, and that stays empty.
    """
    notes.add("The mail has no usable From address.")
    for found in _people(headers, ("sender", "reply-to", "return-path"), caps, notes):
        if found.address:
            return found
    return next(iter(_people(headers, ("from",), caps, notes)), NOBODY)


def _kept(headers: Headers, notes: Notes) -> dict[str, str]:
    ours = sorted({name for name in headers.names if name.startswith("x-tierdesk-")})[:50]
    kept = {name: headers.text(name, notes)[:_KEPT_LENGTH] for name in (*KEPT_HEADERS, *ours) if headers.count(name)}
    return kept | {RECEIVED_COUNT: str(headers.count("received"))}


def _subject(root: Part, notes: Notes) -> str:
    """Return the subject; where the outer one only stands for it, the one that was protected with the text.

    RFC 9788 §4 and what programs did before it (``protected-headers="v1"``): the header of the part that was signed or
    encrypted has the real one. To be had only where some gateway took the encryption off.
    """
    outer = root.headers.text("subject", notes).strip(" \t\r\n")
    if outer.lower() not in _STAND_INS:
        return outer
    part = first_part(root, lambda one: one is not root and one.headers.count("subject") > 0 and _is_protected(one))
    return part.headers.text("subject", notes).strip(" \t\r\n") if part else outer


def _is_protected(part: Part) -> bool:
    return bool(part.parameters.get("hp") or part.parameters.get("protected-headers"))


def _storable(mail: ParsedMail, notes: Notes) -> ParsedMail:
    """Replace what no store can keep as text: NUL and halves of surrogate pairs."""
    found = False

    def fix(text: str) -> str:
        nonlocal found
        if not _UNKEEPABLE.search(text):
            return text
        found = True
        return _UNKEEPABLE.sub("\ufffd", text)

    def fix_all(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(fix, texts))

    def person(one: Address) -> Address:
        return Address(fix(one.name), fix(one.address))

    def forwarded(one: ForwardedMail) -> ForwardedMail:
        return ForwardedMail(person(one.sender), fix(one.subject), fix(one.text), fix(one.message_id))

    fixed = ParsedMail(
        sender=person(mail.sender),
        senders=tuple(map(person, mail.senders)),
        recipients=tuple(map(person, mail.recipients)),
        subject=fix(mail.subject),
        text=fix(mail.text),
        message_id=fix(mail.message_id),
        in_reply_to=fix_all(mail.in_reply_to),
        references=fix_all(mail.references),
        headers={name: fix(value) for name, value in mail.headers.items()},
        attachments=tuple(ParsedAttachment(fix(a.filename), fix(a.content_type), a.content) for a in mail.attachments),
        is_delivery_report=mail.is_delivery_report,
        bounce_ids=fix_all(mail.bounce_ids),
        bounce_status=mail.bounce_status,
        bounce_action=mail.bounce_action,
        forwarded=forwarded(mail.forwarded) if mail.forwarded else None,
    )
    if found:
        notes.add("Characters that cannot be stored were replaced.")
    return replace(fixed, defects=fix_all(tuple(notes.sentences)))
