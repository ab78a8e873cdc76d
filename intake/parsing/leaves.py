"""Which parts of a mail are its text, which are the same words in another form, and which are attached.

RFC 2046 §5.1 and RFC 2183, as programs really use them. One loop, whatever the depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

from intake.parsing.mime import Part
from intake.parsing.transfer import decode_transfer

BODY_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/rtf", "text/markdown"})
_LEFT_OUT = frozenset({"text/x-amp-html", "text/watch-html"})
_PAGES = frozenset({"text/html", "text/enriched", "text/richtext", "text/rtf"})
_WORD = re.compile(rb"[^\s<>&]+")
_TAG = re.compile(rb"<(?:style|script|title)\b[^<]*|<[^<>]*>|&[a-z#0-9]{1,10};", re.IGNORECASE)
_PICTURE = re.compile(rb"\[(?:cid|image|http)[^\[\]\r\n]{0,300}\]|https?://\S{0,2000}")
_STUB_OCTETS = 600
"""A longer plain text is never a stub."""
_HTML_READ = 300_000
_STUB_WORDS = 25


class Use(Enum):
    """What a leaf is for the reader."""

    TEXT = auto()
    OTHER_FORM = auto()
    ATTACHED = auto()


Leaf = tuple[Part, Use]


def read_leaves(root: Part) -> list[Leaf]:
    """Return the leaves in order, each with its use."""
    leaves: list[Leaf] = []
    stack: list[Leaf] = [(root, Use.TEXT)]
    has_text = False
    while stack:
        part, use = stack.pop()
        if part.children:
            stack.extend(reversed(_uses(part, use)))
        elif not part.type.startswith("multipart/"):
            use = _leaf_use(part, use, is_first=not has_text)
            has_text = has_text or use is Use.TEXT
            leaves.append((part, use))
    return leaves


def _leaf_use(part: Part, use: Use, *, is_first: bool) -> Use:
    if part.type in _LEFT_OUT:
        return Use.OTHER_FORM
    if part.type not in BODY_TYPES or part.disposition == "attachment":
        return Use.ATTACHED
    if use is not Use.TEXT:
        return Use.ATTACHED if part.filename else use
    if not part.filename:
        return Use.TEXT
    # RFC 2183 §2.8: a disposition that nobody knows is an attachment. Else the first text is what the mail says, also
    # where it has a name; a named text below it is a file.
    is_named_text = is_first and part.type in ("text/plain", "text/html") and part.disposition in ("", "inline")
    return Use.TEXT if is_named_text else Use.ATTACHED


def _uses(part: Part, use: Use) -> list[Leaf]:
    """Say of each child what it is; what is attached has nothing but attachments in it."""
    children = part.children
    if part.type == "multipart/alternative":
        best = best_form(children)
        other = Use.ATTACHED if use is Use.ATTACHED else Use.OTHER_FORM
        return [(child, use if child is best else other) for child in children]
    if part.type == "multipart/related":
        start = part.parameters.get("start", "")
        root = next((one for one in children if start and one.headers.raw("content-id") == start), None)
        root = root or next((one for one in children if one.children or one.type in BODY_TYPES), children[0])
        return [(child, use if child is root else Use.ATTACHED) for child in children]
    if part.type in ("multipart/signed", "multipart/report"):
        return [(child, use if index == 0 else Use.ATTACHED) for index, child in enumerate(children)]
    if part.type == "multipart/encrypted":
        return [(child, Use.ATTACHED) for child in children]
    return [(child, use) for child in children]


def best_form(children: list[Part]) -> Part:
    """Prefer plain words over a page made of them; a plain part that says nothing, or only that, does not count."""
    plain = next((one for one in children if _is_plain(one)), None)
    form = plain
    if plain is None and (form := next((one for one in children if first_part(one, _is_plain)), None)):
        plain = first_part(form, _is_plain)  # its form is a multipart: plain words with pictures between them
    rich = [one for one in children if one is not form and (one.type in _PAGES or one.children)]
    words = _content(plain).strip(b" \t\r\n\xa0\xc2") if plain else b""
    if form and words and (len(words) > _STUB_OCTETS or not rich or not _is_stub(words, rich[-1])):
        return form
    return rich[-1] if rich else form or children[-1]


def _is_plain(part: Part) -> bool:
    return part.type == "text/plain" and part.disposition != "attachment"


def _is_stub(plain: bytes, rich: Part) -> bool:
    """Say whether a plain text is no match for its page: the page has several times its words."""
    words = len(_WORD.findall(_PICTURE.sub(b" ", plain)))
    page = first_part(rich, lambda one: one.type in _PAGES)
    if words > _STUB_WORDS or page is None:
        return False
    html = _TAG.sub(b" ", _content(page)[:_HTML_READ])
    return len(_WORD.findall(html)) > 4 * words + 4


def first_part(root: Part, is_wanted: Callable[[Part], bool]) -> Part | None:
    """Return the first part below ``root``, itself included, for which ``is_wanted`` is true."""
    return next(filter(is_wanted, all_parts(root)), None)


def all_parts(root: Part) -> Iterator[Part]:
    """Yield the parts of a mail in order, the whole of it first."""
    stack = [root]
    while stack:
        part = stack.pop()
        yield part
        stack.extend(reversed(part.children))


def _content(part: Part) -> bytes:
    return decode_transfer(part.octets, part.encoding)
