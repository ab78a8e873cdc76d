"""Rich Text as Outlook packs it comes out as words, and no packing can cost more than its share."""

from __future__ import annotations

import struct
import time

import pytest

from intake.parsing.caps import Caps, Notes
from intake.parsing.rtf import decompress, read_rtf

COMPRESSED, PLAIN = 0x75465A4C, 0x414C454D
HELLO = "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
REPEATED = "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"


def packed(octets: bytes, kind: int = COMPRESSED, size: int = 1 << 20) -> bytes:
    return struct.pack("<IIII", len(octets) + 12, size, kind, 0) + octets


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (bytes.fromhex(HELLO), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (bytes.fromhex(REPEATED), b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (packed(b"{\\rtf1 a}", PLAIN, 9), b"{\\rtf1 a}"),
        (packed(b"\x00{\\rtf1 a}", size=8), b"{\\rtf1 a"),
        (packed(b"\x01\x00"), b""),
        (packed(b"x", kind=7), b""),
        (b"short", b""),
    ],
)
def test_decompress(octets: bytes, expected: bytes) -> None:
    """The examples of MS-OXRTFCP §4 are read, stored text is taken as it is, damage gives what there is."""
    assert decompress(octets, Caps()) == expected


def test_a_small_packet_cannot_become_large() -> None:
    """What comes out is capped whatever size the packet claims."""
    bomb = packed(b"\x01\x00\x0f" + (b"\xff" + b"\x00\xdf" * 8) * 60_000, size=1 << 31)
    assert len(decompress(bomb, Caps(text=10_000))) <= 10_000


PIECES = [
    b"{",
    b"}",
    b"{{}",
    b"\\b",
    b"\\'e1\\f1 ",
    b"\\u5?",
    b"\\",
    b"\\bin99999999 ",
    b"{\\fonttbl{\\f1\\fcharset161 ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_any_rtf_ends_in_time(piece: bytes) -> None:
    """Two megabytes of anything end within two seconds of CPU."""
    begun = time.process_time()
    read_rtf((b"{\\rtf1 " + piece * (2_000_000 // len(piece)))[:2_000_000], Caps(), Notes([]))
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rb"a{\*\unknown b}c", "ac"),
        (rb"a{\*\htmltag <p>}c", "ac"),
        (rb"\uc2\u945xyz", "αz"),
        (rb"\u-10179?\u-8704?", "😀"),
        (rb"a\bin3 }}}b", "ab"),
        (rb"a\~b\_c\\d\{e\}", "a\xa0b-c\\d{e}"),
        (b"a\\\nb\r\nc", "a\nbc"),
        (rb"{\f9 a}}}} b", "a b"),
    ],
)
def test_words_of_command(body: bytes, expected: str) -> None:
    """Each is obeyed or left out, none of them is shown."""
    assert read_rtf(b"{\\rtf1\\ansi " + body, Caps(), Notes([])) == (expected, False)
