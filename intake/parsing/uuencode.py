"""Uuencoded files: as a transfer encoding, and standing in the middle of a plain text as old programs write them."""

from __future__ import annotations

import binascii
import re

_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
_END = re.compile(rb"^(?:end|====)[ \t]*\r?$\n?", re.MULTILINE)
_DATA_LINE = re.compile(rb"[\x20-\x60]{1,90}\Z")
MAX_FILES = 100


def decode_uu(octets: bytes) -> bytes:
    """Return the file in a uuencoded body; the line that begins it may be missing."""
    begin = _BEGIN.search(octets)
    return _decode_lines(octets[begin.end() if begin else 0 :].splitlines())


def split_uuencoded(octets: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Return a text without the uuencoded files in it, and those as name and content.

    A file is one only from its ``begin`` line to its ``end`` line with nothing but data between; all else stays text.
    """
    if b"\nend" not in octets or b"begin " not in octets:
        return octets, []
    files: list[tuple[bytes, bytes]] = []
    kept: list[bytes] = []
    position = 0
    while len(files) < MAX_FILES and (begin := _BEGIN.search(octets, position)):
        end = _END.search(octets, begin.end())
        if end is None:
            break
        lines = octets[begin.end() : end.start()].splitlines()
        if _are_data(lines):
            kept.append(octets[position : begin.start()])
            files.append((begin[1].strip(), _decode_lines(lines)))
            position = end.end()
        else:
            kept.append(octets[position : begin.end()])
            position = begin.end()
    return b"".join([*kept, octets[position:]]), files


def _are_data(lines: list[bytes]) -> bool:
    return bool(lines) and all(_DATA_LINE.match(line) and (line[0] - 32) & 63 <= len(line) for line in lines if line)


def _decode_lines(lines: list[bytes]) -> bytes:
    out: list[bytes] = []
    for line in lines:
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
