"""Content transfer encodings (RFC 2045 §6) undone as far as they go: damaged input gives what can be had of it."""

from __future__ import annotations

import binascii
import re

from intake.parsing.words import decode_base64

_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


def decode_transfer(octets: bytes, encoding: str) -> bytes:
    """Return a part's body without its transfer encoding; unknown encodings change nothing."""
    if encoding == "base64":
        return _base64(octets)
    if encoding in ("quoted-printable", "quoted_printable", "quotedprintable"):
        return binascii.a2b_qp(octets)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uu(octets)
    return octets


def _base64(octets: bytes) -> bytes:
    """Decode strictly, which is fast and right for nearly all; else, up to the padding, whatever is base64."""
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:
        body, _, _ = octets.partition(b"=")
        return decode_base64(body)


def _uu(octets: bytes) -> bytes:
    begin = _UU_BEGIN.search(octets)
    out: list[bytes] = []
    for line in octets[begin.end() if begin else 0 :].splitlines():
        if line.strip() in (b"end", b"`"):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # The length octet lies: take what the length asks for (what the old encoders meant).
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                out.append(binascii.a2b_uu(line[:wanted]))
            except binascii.Error:
                continue
    return b"".join(out)
