"""The text of a mail and its attachments, with what is inside containers: S/MIME, TNEF, attached mails, calendars."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from intake.parsing import invitation, smime, tnef
from intake.parsing.addresses import read_addresses
from intake.parsing.attached import attached_mail, read_attachment
from intake.parsing.caps import Caps, Notes
from intake.parsing.charsets import decode
from intake.parsing.file_names import MESSAGES, name_leaves
from intake.parsing.leaves import Leaf, Use, read_leaves
from intake.parsing.mime import Part, read_tree
from intake.parsing.pictures import Names, content_id
from intake.parsing.reports import message_ids
from intake.parsing.rtf import decompress
from intake.parsing.text import clean, page_text, part_text, rtf_text
from intake.parsing.transfer import decode_transfer
from procedure.mail import Address, ForwardedMail, ParsedAttachment

_MAX_FORWARDED = 5
_MAX_FORWARDED_TEXT = 100_000
_MAX_OPENED = 20
"""Containers that are opened in one mail."""
_FORWARD_MARK = "---------- Forwarded message ----------"
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_REPORTS = re.compile(r"multipart/(?:report|digest)")
_ARMOUR = re.compile(r"^-----BEGIN PGP (SIGNED )?MESSAGE-----[ \t]*$", re.MULTILINE)


@dataclass
class Body:
    """What was found: the texts in order, what was read in containers, and what is attached."""

    texts: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    attachments: list[ParsedAttachment] = field(default_factory=list)
    forwarded: ForwardedMail | None = None
    opened: int = 0

    @property
    def text(self) -> str:
        """Return the texts as one."""
        return "\n\n".join(text for text in (*self.texts, *self.inner) if text)


def read_body(root: Part, caps: Caps, notes: Notes) -> Body:
    """Return the best text of a mail and its attachments. ``root`` is the part that is the whole mail."""
    body = Body()
    leaves = _opened(read_leaves(root), body, caps, notes)
    files = name_leaves(leaves, notes)
    names = _picture_names(leaves, files)
    last_text = max((number for number, (_, use) in enumerate(leaves, start=1) if use is Use.TEXT), default=0)
    for number, ((part, use), file) in enumerate(zip(leaves, files, strict=True), start=1):
        if use is Use.TEXT:
            text, found = part_text(part, names, caps, notes)
            if part.type != "text/html" or not _is_said_already(text, body.texts):
                body.texts.append(text)
            body.attachments.extend(found)
            if part.filename and part.disposition == "inline":
                # Sent as a file, and to be read in its place: it is both.
                body.attachments.append(read_attachment(part, file))
        elif use is Use.ATTACHED:
            if part.type == "message/external-body" and (place := elsewhere(part.parameters)):
                body.inner.append(f"[{file}: <{place}>]")
            body.attachments.append(read_attachment(part, file))
            if any(body.texts) and number < last_text and _stands_in_text(part):
                body.texts.append(f"[image: {body.attachments[-1].filename}]")
        if use is not Use.TEXT:
            _read_container(part, body, caps, notes)
    if root.type == "multipart/encrypted":
        notes.add("The mail is encrypted; what it says is in its attachment.")
    _say_armour("\n".join(body.texts), notes)
    _read_forwarded(root, leaves, body, caps, notes)
    return body


def elsewhere(parameters: dict[str, str]) -> str:
    """Return where the file of a ``message/external-body`` is (RFC 2046 §5.2.3, RFC 2017), '' when that is not said."""
    access = parameters.get("access-type", "").lower()
    if access == "url":
        return "".join(parameters.get("url", "").split())[:2000]
    site, name = parameters.get("site", ""), parameters.get("name", "")
    if access not in ("ftp", "anon-ftp", "tftp") or not site or not name:
        return ""
    path = "/".join(piece.strip("/") for piece in (parameters.get("directory", ""), name) if piece)
    return f"{access.removeprefix('anon-')}://{site}/{path}"[:2000]


def _is_said_already(text: str, texts: list[str]) -> bool:
    """Say whether a text repeats the one above it word for word: a page sent below its own plain form."""
    return bool(texts) and len(text) < _MAX_FORWARDED_TEXT and texts[-1].split() == text.split()


def _stands_in_text(part: Part) -> bool:
    """Say whether a picture was sent between two texts, to be seen there; pages place theirs by content id."""
    return part.type.startswith("image/") and part.disposition == "inline" and not part.headers.count("content-id")


def _opened(leaves: list[Leaf], body: Body, caps: Caps, notes: Notes) -> list[Leaf]:
    """Put the parts of a mail inside an opaque signature beside the signature, which stays attached."""
    out: list[Leaf] = []
    for part, use in leaves:
        out.append((part, use))
        if part.type not in smime.TYPES or body.opened >= _MAX_OPENED:
            continue
        body.opened += 1
        octets = decode_transfer(part.octets, part.encoding)
        content = smime.signed_content(octets)
        if content is not None:
            notes.add("The mail is in an opaque S/MIME signature; the signature was not checked.")
            out.extend(read_leaves(read_tree(content, caps, notes)))
        elif smime.is_encrypted(octets) or "enveloped" in part.parameters.get("smime-type", ""):
            notes.add("The mail is encrypted; what it says is in its attachment.")
    return out


def _picture_names(leaves: list[Leaf], files: list[str]) -> Names:
    names: Names = {}
    for (part, use), file in zip(leaves, files, strict=True):
        if use is not Use.TEXT and (link := content_id(part.headers.raw("content-id"))):
            names.setdefault(link, file)
        if use is not Use.TEXT and (link := part.headers.raw("content-location")):
            names.setdefault(link, file)
    return names


def _read_container(part: Part, body: Body, caps: Caps, notes: Notes) -> None:
    """Add what a calendar or a TNEF part says to the text, and the files of the latter to the attachments."""
    is_tnef = part.type in tnef.TYPES or part.filename.lower() == "winmail.dat"
    is_calendar = part.type in _CALENDARS or part.filename.lower().endswith(".ics")
    if not (is_tnef or is_calendar) or body.opened >= _MAX_OPENED:
        return
    body.opened += 1
    octets = decode_transfer(part.octets, part.encoding)
    if is_tnef:
        _read_tnef(octets, body, caps, notes)
        return
    said = invitation.describe(decode(octets, part.parameters.get("charset", ""), notes))
    if said and said not in body.inner:
        body.inner.append(said)


def _read_tnef(octets: bytes, body: Body, caps: Caps, notes: Notes) -> None:
    found = tnef.read_tnef(octets, caps, notes)
    if found is None:
        return
    if not found.is_whole:
        notes.add("The winmail.dat is damaged; what could be read was taken out of it.")
    for number, file in enumerate(found.files, start=1):
        kind = file.type or "application/octet-stream"
        body.attachments.append(ParsedAttachment(file.name or f"winmail-{number}.bin", kind, file.content))
    if any(body.texts):
        return  # Outlook sends the same words as text beside it
    text = found.text or (page_text(found.html, {}, caps, notes)[0] if found.html else "")
    text = text or rtf_text(decompress(found.rtf, caps), {}, caps, notes)[0]
    if text:
        body.inner.append(clean(text.replace("\r\n", "\n").replace("\r", "\n"), caps, notes))


def _say_armour(text: str, notes: Notes) -> None:
    for match in _ARMOUR.finditer(text):
        if match[1]:
            notes.add("The text has a PGP signature, which was not checked.")
        else:
            notes.add("The text is encrypted with PGP and was left as it is.")


def _read_forwarded(root: Part, leaves: list[Leaf], body: Body, caps: Caps, notes: Notes) -> None:
    """Add the words of attached mails below the mail's own; those of a report's original only when it has no others."""
    mails = [part for part, _ in leaves if part.type in MESSAGES]
    pieces = [part for part, _ in leaves if part.type == "message/partial"]
    for piece in pieces[:1]:
        number, total = (piece.parameters.get(name, "?")[:10] for name in ("number", "total"))
        notes.add(f"This is piece {number} of {total} of a larger mail; the others are mails of their own.")
        inner, _ = _inner(piece, caps, notes) if number == "1" else (decode(piece.octets, "", notes), None)
        body.inner.append(clean(inner, caps, notes))
    if _REPORTS.match(root.type) or root.headers.count("x-failed-recipients"):
        mails = mails[:1] if not body.text else []
    for mail in mails[:_MAX_FORWARDED]:
        text, inner_root = _inner(mail, caps, notes)
        if not body.forwarded and not _REPORTS.match(root.type):
            body.forwarded = _as_forwarded(text, inner_root, caps, notes)
        is_alone = text and not any(body.texts) and len(mails) == 1
        body.inner.append(text if is_alone else _introduced(text, inner_root, notes))


def _as_forwarded(text: str, root: Part, caps: Caps, notes: Notes) -> ForwardedMail:
    """Return an attached mail as filing wants it. A block in the text is no such: ``procedure.forwarding`` reads it."""
    headers = root.headers
    sender = next(iter(read_addresses(headers.raw_all("from"), caps, notes)), Address("", ""))
    message_id = next(iter(message_ids(headers.raw("message-id"), notes, 1)), "")
    return ForwardedMail(sender, headers.text("subject", notes).strip()[: caps.subject], text, message_id)


def _inner(part: Part, caps: Caps, notes: Notes) -> tuple[str, Part]:
    """Return the text of an attached mail and its tree."""
    inner = attached_mail(part, caps, notes)
    leaves = read_leaves(inner)
    names = _picture_names(leaves, name_leaves(leaves, notes))
    texts = [part_text(leaf, names, caps, notes)[0] for leaf, use in leaves if use is Use.TEXT]
    return "\n\n".join(text for text in texts if text)[:_MAX_FORWARDED_TEXT], inner


def _introduced(text: str, root: Part, notes: Notes) -> str:
    fields = [(name, root.headers.text(name.lower(), notes)[:500]) for name in ("From", "Date", "To", "Subject")]
    return "\n".join([_FORWARD_MARK, *(f"{name}: {value}" for name, value in fields if value), "", text]).rstrip()
