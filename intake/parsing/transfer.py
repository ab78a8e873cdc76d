"""Content transfer encodings (RFC 2045 §6) undone as far as they go: damaged input gives what can be had of it."""

from __future__ import annotations

import binascii
import re

from intake.parsing.uuencode import decode_uu
from intake.parsing.words import decode_base64

_SOFT_BREAK = re.compile(rb"=[ \t]{1,70}\r?$", re.MULTILINE)
_LOST_BREAK = re.compile(rb"=\r(?!\n)")
_NO_CODE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=\s]*\Z")
_BASE64_OCTETS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
_PADDING = re.compile(rb"={1,3}")
_MAX_SEGMENTS = 1000


def decode_transfer(octets: bytes, encoding: str) -> bytes:
    """Return a part's body without its transfer encoding; unknown encodings change nothing."""
    if encoding == "base64":
        return _base64(octets)
    if encoding in ("quoted-printable", "quoted_printable", "quotedprintable"):
        return _quoted_printable(octets)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return decode_uu(octets)
    return octets


def is_no_base64(octets: bytes) -> bool:
    """Say whether a body that is declared base64 is plain text: words in it, not letters by the line."""
    sample = octets[:2000].strip()
    if not sample or _BASE64_LINE.match(sample):
        return False
    first = sample.partition(b"\n")[0].strip()
    if len(first) >= 8 and len(first) % 4 == 0 and not first.translate(None, _BASE64_OCTETS):
        return False
    foreign = len(sample.translate(None, _BASE64_OCTETS))
    return foreign >= 4 and foreign * 20 > len(sample)


def _quoted_printable(octets: bytes) -> bytes:
    """Decode; a soft line break may have blanks after its ``=``, or have lost its line feed.

    An ``=`` that begins neither a break nor a code stands for itself; the decoder would take ``==`` for one.
    """
    if b"= " in octets or b"=\t" in octets:
        octets = _SOFT_BREAK.sub(b"=", octets)
    if b"=\r" in octets:
        octets = _LOST_BREAK.sub(b"=\r\n", octets)
    if b"==" in octets:
        octets = _NO_CODE.sub(b"=3D", octets)
    return binascii.a2b_qp(octets)


def _base64(octets: bytes) -> bytes:
    """Decode what is base64, also when it was joined of several pieces; plain text, before or below it, stays."""
    if is_no_base64(octets):
        return octets
    padding = octets.find(b"=")
    if padding < 0 or not octets[padding:].strip(b"= \t\r\n"):
        return _segment(octets)
    out: list[bytes] = []
    position = 0
    for end in (match.end() for match in _PADDING.finditer(octets)):
        if len(out) >= _MAX_SEGMENTS or is_no_base64(octets[position:end]):
            break
        out.append(_segment(octets[position:end]))
        position = end
    rest = octets[position:]
    return b"".join(out) + (rest if is_no_base64(rest) else _segment(rest))


def _segment(octets: bytes) -> bytes:
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:
        return decode_base64(octets)
