"""A text part to readable text: transfer encoding, charset, form (plain, flowed, enriched, HTML) undone."""

from __future__ import annotations

import re

from intake.parsing.caps import Caps, Notes
from intake.parsing.charsets import decode, decode_field
from intake.parsing.enriched import enriched_text, rich_text
from intake.parsing.flowed import unflow
from intake.parsing.html_text import html_to_text
from intake.parsing.mime import Part
from intake.parsing.pictures import Names, place_pictures, take_embedded
from intake.parsing.rtf import read_rtf
from intake.parsing.transfer import decode_transfer, is_no_base64
from intake.parsing.uuencode import split_uuencoded
from procedure.mail import ParsedAttachment

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_PAGE = re.compile(r"\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[A-Za-z/!?]")
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6});", re.IGNORECASE)

Found = tuple[str, list[ParsedAttachment]]
"""A text, and the files that stood in it."""


def part_text(part: Part, names: Names, caps: Caps, notes: Notes) -> Found:
    """Return the text of a text part: decoded, readable, line ends as LF, no blank lines around it."""
    if part.encoding == "base64" and is_no_base64(part.octets):
        notes.add("A part says base64 but is plain text.")
    octets = decode_transfer(part.octets, part.encoding)
    label = part.parameters.get("charset", "")
    if part.type == "text/html":
        return page_text(_decoded(part, octets, label or _label_inside(octets), notes), names, caps, notes)
    if part.type == "text/rtf":
        return rtf_text(octets, names, caps, notes)
    octets, files = split_uuencoded(octets)
    text = _decoded(part, octets, label, notes).replace("\r\n", "\n").replace("\r", "\n")
    if _PAGE.match(text) and "</" in text:
        return page_text(text, names, caps, notes)
    if part.type in ("text/enriched", "text/richtext"):
        text = enriched_text(text) if part.type == "text/enriched" else rich_text(text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    attachments = [
        ParsedAttachment(decode(name, "", notes)[: caps.filename], "application/octet-stream", content)
        for name, content in files
    ]
    return clean(place_pictures(text, names), caps, notes), attachments


def _decoded(part: Part, octets: bytes, label: str, notes: Notes) -> str:
    return decode_field(octets, part.hint, notes) if part.hint and not label else decode(octets, label, notes)


def page_text(html: str, names: Names, caps: Caps, notes: Notes) -> Found:
    """Return the text of a page. One without a single tag is plain text that was mislabelled."""
    if not _ANY_TAG.search(html) and not _ENTITY.search(html):
        return clean(html.replace("\r\n", "\n").replace("\r", "\n"), caps, notes), []
    names = dict(names)
    html, pictures = take_embedded(html, names)
    return clean(html_to_text(html, caps, notes, names), caps, notes), pictures


def rtf_text(octets: bytes, names: Names, caps: Caps, notes: Notes) -> Found:
    """Return the text of an RTF document, also of a page that was wrapped into one."""
    text, is_page = read_rtf(octets[: caps.html_bytes], caps, notes)
    text = text or decode(b"" if octets.lstrip().startswith(b"{\\rtf") else octets, "", notes)
    return page_text(text, names, caps, notes) if is_page else (clean(text.replace("\xa0", " "), caps, notes), [])


def clean(text: str, caps: Caps, notes: Notes) -> str:
    """Cut a text at its cap, and the blank lines around it."""
    if len(text) > caps.text:
        notes.add(f"The text is longer than {caps.text} characters; the rest is in the raw mail.")
        text = text[: caps.text]
    body = text.lstrip(" \t\r\n\f\v")
    first = text.rfind("\n", 0, len(text) - len(body)) + 1
    return text[first:].rstrip()


def _label_inside(octets: bytes) -> str:
    """Return the charset that a page names in itself."""
    match = _META_CHARSET.search(octets, 0, 4096) or _XML_CHARSET.search(octets, 0, 400)
    label = match[1].decode("ascii") if match else ""
    # A page that was readable so far cannot be in an encoding of two octets a letter.
    return "" if label.lower().startswith(("utf-16", "utf-32", "ucs")) else label
