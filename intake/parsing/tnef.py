"""TNEF, the ``winmail.dat`` of Outlook (MS-OXTNEF): the text and the files in it, by offsets and within caps.

The text is usually there as compressed RTF alone; ``intake.parsing.rtf`` reads it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.parsing.caps import Caps, Notes
from intake.parsing.charsets import decode

TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURE = b"\x78\x9f\x3e\x22"
_BODY, _MESSAGE_PROPERTIES, _CODE_PAGE = 0x0002800C, 0x00069003, 0x00069007
_NEW_FILE, _TITLE, _DATA, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_FIXED = {1: 0, 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_TEXT, _HTML, _RTF, _FILE_DATA, _SHORT_NAME, _LONG_NAME, _MIME_TYPE = (
    0x1000,
    0x1013,
    0x1009,
    0x3701,
    0x3704,
    0x3707,
    0x370E,
)
_MAX_VALUES = 2000


@dataclass
class TnefFile:
    """A file in a TNEF stream."""

    name: str = ""
    type: str = ""
    content: bytes = b""


@dataclass
class Tnef:
    """What a TNEF stream holds. ``is_whole`` says whether it could be read to its end."""

    text: str = ""
    html: str = ""
    rtf: bytes = b""
    """As it is stored: compressed."""
    files: list[TnefFile] = field(default_factory=list)
    is_whole: bool = True


class _Broken(Exception):
    """The stream ends too soon or has a value of unknown length."""


def read_tnef(octets: bytes, caps: Caps, notes: Notes) -> Tnef | None:
    """Return what is in a TNEF stream, None when the octets are none."""
    if not octets.startswith(_SIGNATURE):
        return None
    found, charset = Tnef(), "cp1252"
    try:
        for attribute, data in _attributes(octets):
            if attribute == _CODE_PAGE:
                charset = f"cp{int.from_bytes(data[:4], 'little')}"
            elif attribute == _BODY:
                found.text = found.text or _string(data, charset, notes)
            elif attribute == _MESSAGE_PROPERTIES:
                _read_message(found, data, charset, notes)
            elif attribute == _NEW_FILE:
                found.files.append(TnefFile())
            elif found.files:
                _read_file(found.files[-1], attribute, data, charset, notes)
            if len(found.files) > caps.parts:
                raise _Broken
    except (_Broken, struct.error):
        found.is_whole = False
    for one in found.files:
        one.name = one.name.strip()[: caps.filename]
    return found


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    position = 6
    while position < len(octets):
        _, attribute, size = struct.unpack_from("<BII", octets, position)
        position += 9
        if position + size > len(octets):
            raise _Broken
        yield attribute, octets[position : position + size]
        position += size + 2  # a checksum of two octets, which nobody computes alike


def _read_message(found: Tnef, data: bytes, charset: str, notes: Notes) -> None:
    for name, kind, value in _properties(data):
        if name == _TEXT:
            found.text = _typed(value, kind, charset, notes) or found.text
        elif name == _HTML:
            found.html = _typed(value, kind, charset, notes)
        elif name == _RTF:
            found.rtf = value


def _read_file(file: TnefFile, attribute: int, data: bytes, charset: str, notes: Notes) -> None:
    if attribute == _TITLE:
        file.name = file.name or _string(data, charset, notes)
    elif attribute == _DATA:
        file.content = data
    elif attribute == _FILE_PROPERTIES:
        for name, kind, value in _properties(data):
            if name == _LONG_NAME:
                file.name = _typed(value, kind, charset, notes) or file.name
            elif name == _SHORT_NAME:
                file.name = file.name or _typed(value, kind, charset, notes)
            elif name == _MIME_TYPE:
                file.type = _typed(value, kind, charset, notes).lower()
            elif name == _FILE_DATA and not file.content:
                file.content = value[16:] if kind == 0x0D else value  # an object begins with its interface's id


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield identifier, type and first value of each MAPI property."""
    (count,) = struct.unpack_from("<I", data, 0)
    position = 4
    for _ in range(min(count, _MAX_VALUES)):
        kind, name = struct.unpack_from("<HH", data, position)
        position += 4
        if name >= 0x8000:
            position = _after_name(data, position)
        base = kind & 0x0FFF
        values, position = _values(data, position, base, is_multiple=bool(kind & 0x1000))
        yield name, base, values


def _after_name(data: bytes, position: int) -> int:
    (is_text,) = struct.unpack_from("<I", data, position + 16)
    if not is_text:
        return position + 24
    (size,) = struct.unpack_from("<I", data, position + 20)
    return position + 24 + _padded(size)


def _values(data: bytes, position: int, kind: int, *, is_multiple: bool) -> tuple[bytes, int]:
    count = 1
    if is_multiple or kind in _VARIABLE:
        (count,) = struct.unpack_from("<I", data, position)
        position += 4
    if kind in _FIXED:
        return data[position : position + _FIXED[kind]], position + _FIXED[kind] * min(count, len(data))
    if kind not in _VARIABLE or count > _MAX_VALUES:
        raise _Broken
    first = b""
    for index in range(count):
        (size,) = struct.unpack_from("<I", data, position)
        first = data[position + 4 : position + 4 + size] if index == 0 else first
        position += 4 + _padded(size)
    return first, position


def _padded(size: int) -> int:
    return (size + 3) & ~3


def _typed(value: bytes, kind: int, charset: str, notes: Notes) -> str:
    return _string(value, "utf-16-le" if kind == 0x1F else charset, notes)


def _string(value: bytes, charset: str, notes: Notes) -> str:
    return decode(value, charset, notes).rstrip("\x00")
