"""Pictures inside a text: which file stands at which place."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from intake.parsing.file_names import extension
from procedure.mail import ParsedAttachment

Names = dict[str, str]
"""File names by content id, without angle brackets."""

_CID = re.compile(r"\[cid:([^\[\]\s]{1,300})\]", re.IGNORECASE)
_DATA = re.compile(
    r"data:(image/[a-z0-9.+-]{1,40})(?:;[a-z0-9=-]{1,40}){0,3};base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE
)
_MAX_PICTURES = 50


def content_id(value: str) -> str:
    """Return a content id as links name it."""
    return value.strip().removeprefix("<").removesuffix(">").strip()


def name_of(link: str, names: Names) -> str:
    """Return the file name that a ``cid:`` link stands for, '' when it stands for none."""
    if link[:4].lower() != "cid:":
        return ""
    target = link[4:].strip()
    return names.get(target) or names.get(unquote(target)) or ""


def place_pictures(text: str, names: Names) -> str:
    """Write ``[image: name]`` where a plain text has ``[cid:…]``."""
    if "[cid:" not in text.lower():
        return text
    return _CID.sub(lambda match: f"[image: {name}]" if (name := names.get(match[1])) else match[0], text)


def take_embedded(html: str, names: Names) -> tuple[str, list[ParsedAttachment]]:
    """Return a page with links in place of the pictures that were written into it, and those pictures."""
    if ";base64," not in html:
        return html, []
    found: list[ParsedAttachment] = []

    def replace(match: re.Match[str]) -> str:
        try:
            content = base64.b64decode(re.sub(r"\s+", "", match[2]) + "==")
        except (binascii.Error, ValueError):
            return match[0]
        kind = match[1].lower()
        name = f"picture-{len(found) + 1}{extension(kind)}"
        names[name] = name
        found.append(ParsedAttachment(name, kind, content))
        return f"cid:{name}"

    return _DATA.sub(replace, html, count=_MAX_PICTURES), found
