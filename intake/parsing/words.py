"""Encoded words in header fields (RFC 2047) and raw 8-bit fields, decoded in one linear pass that never raises."""

from __future__ import annotations

import base64
import binascii
import re

from intake.parsing.caps import Notes
from intake.parsing.charsets import decode

_CHARSET = re.compile(r"[A-Za-z0-9_.:+*'()-]{1,60}")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _BASE64)

_Word = tuple[str, bytes]


def decode_words(value: str, notes: Notes) -> str:
    """Return ``value`` with its encoded words decoded; control characters that they hide are kept.

    Neighbouring words of one charset are joined before they are decoded: many senders split inside a character.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    pending: list[_Word] = []
    position = 0
    while (start := value.find("=?", position)) >= 0:
        word, end = _read_word(value, start)
        if word is None:
            if end < 0:
                break
            _flush(out, pending, notes)
            out.append(value[position : start + 2])
            position = start + 2
            continue
        between = value[position:start]
        if not pending or between.strip(" \t\r\n"):
            _flush(out, pending, notes)
            out.append(between)
        pending.append(word)
        position = end
    _flush(out, pending, notes)
    out.append(value[position:])
    return "".join(out)


def _flush(out: list[str], pending: list[_Word], notes: Notes) -> None:
    index = 0
    while index < len(pending):
        charset, octets = pending[index]
        index += 1
        run = [octets]
        while index < len(pending) and pending[index][0] == charset:
            run.append(pending[index][1])
            index += 1
        out.append(decode(b"".join(run), charset, notes))
    pending.clear()


def _read_word(value: str, start: int) -> tuple[_Word | None, int]:
    """Read ``=?charset?q?text?=`` at ``start``. The end is -1 when no word can follow at all."""
    match = _CHARSET.match(value, start + 2)
    if match is None or value[match.end() : match.end() + 1] != "?":
        return None, 0
    kind = value[match.end() + 1 : match.end() + 3].lower()
    if kind not in ("b?", "q?"):
        return None, 0
    text_start = match.end() + 3
    text_end = value.find("?=", text_start)
    if text_end < 0:
        return None, -1
    text = value[text_start:text_end].encode("utf-8", "surrogateescape")
    octets = decode_base64(text) if kind == "b?" else _q(text)
    return (match[0].split("*")[0].lower(), octets), text_end + 2


def _q(text: bytes) -> bytes:
    text = text.removesuffix(b"=")  # a soft line break of quoted-printable, which some encoders write
    return _HEX.sub(lambda match: bytes([int(match[1], 16)]), text.replace(b"_", b" "))


def decode_base64(text: bytes) -> bytes:
    """Decode base64 as far as it goes: foreign characters are skipped, missing padding is added."""
    clean = text.translate(None, _NOT_BASE64)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except (binascii.Error, ValueError):
        return b""
