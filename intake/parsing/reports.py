"""Delivery reports (RFC 3464, RFC 6522) and what of the original they carry.

Half of the world's bounces have no structure: a text of the server's own, and below it, or attached, the original. What
they say is read in the same way; that they are bounces, the rules decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from intake.parsing.attached import attached_mail
from intake.parsing.caps import Caps, Notes
from intake.parsing.file_names import MESSAGES
from intake.parsing.leaves import all_parts
from intake.parsing.mime import Part
from intake.parsing.transfer import decode_transfer
from intake.parsing.words import decode_words

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_HEADER_TYPES = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_IDS = re.compile(r"<[^<>\x00-\x20]{1,995}>")
_ID_LINE = re.compile(
    r"^[> \t]{0,20}(?:x-original-)?message-id:\s{0,20}(<[^<>\s]{1,995}>)", re.IGNORECASE | re.MULTILINE
)
_ACTION = re.compile(r"^action:[ \t]*(failed|delayed|delivered|relayed|expanded)\b", re.IGNORECASE | re.MULTILINE)
_WORST_FIRST = ("failed", "delayed", "relayed", "expanded", "delivered", "")
"""The group about the whole report has no action."""
_STATUS = re.compile(r"^status:[ \t]*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_CODE = r"([45]\.\d{1,3}\.\d{1,3})(?![\d.])"
_STATUS_AT_REPLY = re.compile(r"(?:\b[45]\d\d[ -]{1,2}|#)" + _CODE)
_STATUS_IN_TEXT = re.compile(r"(?<![\d.])" + _CODE)
_ORIGINAL_BELOW = re.compile(
    r"^[> \t]{0,20}(?:received|return-path|mime-version|x-mailer):", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Report:
    """What a delivery report says: the Message-IDs of its originals, an RFC 3463 code and an action of RFC 3464 §2.3.3.

    Code and action are '' when there is none, else those of the recipient for whom it went worst. ``is_structured``: it
    is a report by its parts, not by its words.
    """

    is_structured: bool = False
    ids: tuple[str, ...] = ()
    status: str = ""
    action: str = ""


def message_ids(text: str, notes: Notes, cap: int) -> tuple[str, ...]:
    """Return the Message-IDs in a field, in order, each once, brackets included (RFC 5322 §3.6.4)."""
    value = decode_words(text, notes)
    found = _IDS.findall(value) or [re.sub(r"\s+", "", one) for one in re.findall(r"<[^<>]{1,995}>", value)]
    words = (word.strip("<>") for word in value.split())
    found = found or [f"<{word}>" for word in words if "@" in word and 2 < len(word) < 996]
    # The newest are last, and they decide; the first one began the conversation.
    ids = list(dict.fromkeys(found))
    return tuple(ids if len(ids) <= cap else [ids[0], *ids[len(ids) - cap + 1 :]])


def read_report(root: Part, text: str, sounds_like_one: bool, caps: Caps, notes: Notes) -> Report:
    """Return what a delivery report says; an empty one for a mail that is none.

    A report is one by structure (a delivery-status part) or by ``X-Failed-Recipients``, which some servers write
    instead. One that only ``sounds_like_one`` is read as well: its original may show that it is about a mail of ours.
    """
    parts = list(_parts(root, caps, notes))
    statuses = [part for part in parts if part.type in _STATUS_TYPES]
    declared = root.parameters.get("report-type", "").lower() if root.type == "multipart/report" else ""
    own = [part for part in all_parts(root) if part.type in _STATUS_TYPES]
    is_structured = bool(own) or declared == "delivery-status" or root.headers.count("x-failed-recipients") > 0
    if not is_structured and not sounds_like_one:
        return Report()
    status_text = "\n\n".join(_plain(part) for part in statuses)
    status, action = _worst(status_text, text)
    ids = (*_original_ids(parts, text, caps, notes), *_ID_LINE.findall(status_text))
    return Report(is_structured, tuple(dict.fromkeys(ids)), status, action)


def _parts(root: Part, caps: Caps, notes: Notes) -> Iterator[Part]:
    """Yield the parts of a mail, and those of a report that a gateway on the way put into one of its own."""
    for part in all_parts(root):
        yield part
        if part.type in MESSAGES and part is not root:
            inside = attached_mail(part, caps, notes)
            if inside.type == "multipart/report":
                yield from all_parts(inside)


def _plain(part: Part) -> str:
    octets = decode_transfer(part.octets, part.encoding)[:65_536]
    return octets.decode("utf-8", "replace").replace("\r\n", "\n")


def _worst(status_text: str, text: str) -> tuple[str, str]:
    """Return code and action of the recipient for whom it went worst; without a code there, one from elsewhere."""
    groups = re.split(r"\n[ \t]*\n", status_text)
    groups.sort(key=lambda group: _WORST_FIRST.index(_action(group)))
    action = _action(groups[0])
    for group in groups:
        if match := _STATUS.search(group):
            return match[1], action
    return _status_in(text[:20_000]), action


def _status_in(text: str) -> str:
    """Return the code that a server's words give: one after an SMTP reply code, else any above the original.

    Below it, versions of programs look the same.
    """
    below = _ORIGINAL_BELOW.search(text)
    match = _STATUS_AT_REPLY.search(text) or _STATUS_IN_TEXT.search(text[: below.start()] if below else text)
    return match[1] if match else ""


def _action(group: str) -> str:
    match = _ACTION.search(group)
    return match[1].lower() if match else ""


def _original_ids(parts: list[Part], text: str, caps: Caps, notes: Notes) -> Iterator[str]:
    for part in parts[1:]:
        if part.type in MESSAGES:
            yield from message_ids(attached_mail(part, caps, notes).headers.raw("message-id"), notes, 1)
        elif part.type in _HEADER_TYPES:
            yield from _ID_LINE.findall(_plain(part))
    yield from _ID_LINE.findall(text[:200_000])
