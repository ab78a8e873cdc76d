"""Delivery reports (RFC 3464, RFC 6522) and what of the original they carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from intake.parsing.attached import attached_mail
from intake.parsing.caps import Caps, Notes
from intake.parsing.file_names import MESSAGES
from intake.parsing.mime import Part
from intake.parsing.transfer import decode_transfer
from intake.parsing.words import decode_words

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_HEADER_TYPES = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_IDS = re.compile(r"<[^<>\x00-\x20]{1,995}>")
_ID_LINE = re.compile(r"^[> \t]{0,20}message-id:\s{0,20}(<[^<>\s]{1,995}>)", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(r"^action:[ \t]*(failed|delayed|delivered|relayed|expanded)\b", re.IGNORECASE | re.MULTILINE)
_WORST_FIRST = ("failed", "delayed", "relayed", "expanded", "delivered", "")
"""The group about the whole report has no action."""
_STATUS = re.compile(r"^status:[ \t]*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_STATUS_IN_TEXT = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")


@dataclass(frozen=True)
class Report:
    """What a delivery report says: the Message-IDs of its originals, an RFC 3463 code and an action of RFC 3464 §2.3.3.

    Code and action are '' when there is none, else those of the recipient for whom it went worst.
    """

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


def read_report(root: Part, text: str, caps: Caps, notes: Notes) -> Report | None:
    """Return what a delivery report says, None for a mail that is none.

    A report is one by structure (a delivery-status part) or by ``X-Failed-Recipients``, which some servers write
    instead; what its words say is not asked.
    """
    parts = list(_parts(root))
    statuses = [part for part in parts if part.type in _STATUS_TYPES]
    declared = root.parameters.get("report-type", "").lower() if root.type == "multipart/report" else ""
    if not statuses and declared != "delivery-status" and not root.headers.count("x-failed-recipients"):
        return None
    status_text = "\n\n".join(_plain(part) for part in statuses)
    status, action = _worst(status_text, text)
    return Report(tuple(dict.fromkeys(_original_ids(parts, text, caps, notes))), status, action)


def _parts(root: Part) -> Iterator[Part]:
    stack = [root]
    while stack:
        part = stack.pop()
        yield part
        stack.extend(reversed(part.children))


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
    match = _STATUS_IN_TEXT.search(text[:20_000])
    return match[1] if match else "", action


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
