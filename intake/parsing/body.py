"""Which parts of a mail are its text, and which are attached (RFC 2046 §5.1, RFC 2183)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from intake.parsing.caps import Caps, Notes
from intake.parsing.charsets import decode
from intake.parsing.flowed import unflow
from intake.parsing.html_text import html_to_text
from intake.parsing.mime import Part, read_tree
from intake.parsing.transfer import decode_transfer
from procedure.mail import ParsedAttachment

_EXTENSIONS = {
    "application/pdf": ".pdf", "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml",
    "application/pgp-signature": ".asc", "application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m", "application/ms-tnef": ".dat",
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/svg+xml": ".svg", "image/webp": ".webp",
    "text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "text/rfc822-headers": ".txt", "message/rfc822": ".eml", "message/global": ".eml",
    "message/delivery-status": ".txt", "message/disposition-notification": ".txt",
}  # fmt: skip
_BODY_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown"})
_LEFT_OUT = frozenset({"text/x-amp-html", "text/watch-html"})
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_ENRICHED = re.compile(r"<[^<>]{0,60}>")
MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass
class Body:
    """What was found: the texts in order, and what is attached."""

    texts: list[str] = field(default_factory=list)
    attachments: list[ParsedAttachment] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the texts as one."""
        return "\n\n".join(text for text in self.texts if text)


def read_body(root: Part, caps: Caps, notes: Notes) -> Body:
    """Return the best text of a mail and its attachments. ``root`` is the part that is the whole mail."""
    body = Body()
    leaves = _leaves(root)
    for number, (part, is_text) in enumerate(leaves, start=1):
        if is_text:
            body.texts.append(part_text(part, caps, notes))
        elif part.type not in _LEFT_OUT and not _is_shown_otherwise(part, leaves):
            body.attachments.append(_attachment(part, number, caps, notes))
    if not body.text:
        body.texts = [_inner_text(part, caps, notes) for part, _ in leaves if part.type in MESSAGES][:1]
    return body


def part_text(part: Part, caps: Caps, notes: Notes) -> str:
    """Return the text of a text part: decoded, HTML made readable, line ends as LF, no blank lines around it."""
    octets = decode_transfer(part.octets, part.encoding)
    label = part.parameters.get("charset", "")
    if part.type == "text/html":
        meta = None if label else _META_CHARSET.search(octets, 0, 4096)
        label = meta[1].decode("ascii") if meta else label
        return _clean(html_to_text(decode(octets, label, notes), caps, notes), caps, notes)
    text = decode(octets, label, notes).replace("\r\n", "\n").replace("\r", "\n")
    if part.type in ("text/enriched", "text/richtext"):
        text = _ENRICHED.sub("", text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return _clean(text, caps, notes)


def attached_mail(part: Part, caps: Caps, notes: Notes) -> Part:
    """Return the tree of a mail that is attached to another; its own attachments count against the same cap."""
    return read_tree(decode_transfer(part.octets, part.encoding), caps, notes)


def _clean(text: str, caps: Caps, notes: Notes) -> str:
    if len(text) > caps.text:
        notes.add(f"The text is longer than {caps.text} characters; the rest is in the raw mail.")
        text = text[: caps.text]
    lines = text.split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    return "\n".join(lines).rstrip()


def _leaves(root: Part) -> list[tuple[Part, bool]]:
    """Return the leaves in order, each with whether it is part of the text. One loop, whatever the depth."""
    leaves: list[tuple[Part, bool]] = []
    stack: list[tuple[Part, bool]] = [(root, True)]
    while stack:
        part, may_be_text = stack.pop()
        if part.children:
            stack.extend(reversed(_chosen(part, may_be_text)))
        elif not part.type.startswith("multipart/"):
            first = not any(is_text for _, is_text in leaves)
            leaves.append((part, may_be_text and _is_body(part, is_first=first)))
    return leaves


def _chosen(part: Part, may_be_text: bool) -> list[tuple[Part, bool]]:
    """Say of each child whether its text counts."""
    children = part.children
    if part.type == "multipart/alternative":
        best = _best(children)
        return [(child, may_be_text and child is best) for child in children]
    if part.type == "multipart/related":
        start = part.parameters.get("start", "")
        root = next((one for one in children if start and one.headers.raw("content-id") == start), children[0])
        return [(child, may_be_text and child is root) for child in children]
    if part.type in ("multipart/signed", "multipart/report"):
        return [(child, may_be_text and index == 0) for index, child in enumerate(children)]
    if part.type == "multipart/encrypted":
        return [(child, False) for child in children]
    return [(child, may_be_text) for child in children]


def _best(children: list[Part]) -> Part:
    """Prefer plain words over a page made of them; a plain part that says nothing does not count."""

    def has_words(part: Part) -> bool:
        return bool(decode_transfer(part.octets, part.encoding).strip(b" \t\r\n\xa0"))

    plain = next((one for one in children if one.type == "text/plain" and has_words(one)), None)
    rich = [one for one in children if one.type in ("text/html", "text/enriched") or one.children]
    return plain or (rich[-1] if rich else children[-1])


def _is_body(part: Part, *, is_first: bool) -> bool:
    if part.type not in _BODY_TYPES or part.disposition == "attachment":
        return False
    return not part.filename or (is_first and part.type in ("text/plain", "text/html") and part.disposition != "inline")


def _is_shown_otherwise(part: Part, leaves: list[tuple[Part, bool]]) -> bool:
    """Say whether a text part is the same words in another form: the page beside the chosen plain text."""
    is_plain_text = part.type in _BODY_TYPES and not part.filename and part.disposition != "attachment"
    return is_plain_text and any(is_text for _, is_text in leaves)


def _attachment(part: Part, number: int, caps: Caps, notes: Notes) -> ParsedAttachment:
    content = decode_transfer(part.octets, part.encoding)
    name = part.filename
    if not name and part.type in MESSAGES:
        subject = read_tree(content[: caps.part_header_bytes], Caps(parts=1), Notes([])).headers.text("subject", notes)
        name = f"{subject[:100]}.eml" if subject else ""
    return ParsedAttachment(name or f"part-{number}{_EXTENSIONS.get(part.type, '.bin')}", part.type, content)


def _inner_text(part: Part, caps: Caps, notes: Notes) -> str:
    """Return the text of an attached mail, for a mail that has no words of its own."""
    inner = attached_mail(part, caps, notes)
    texts = [part_text(leaf, caps, notes) for leaf, is_text in _leaves(inner) if is_text]
    return "\n\n".join(text for text in texts if text)
