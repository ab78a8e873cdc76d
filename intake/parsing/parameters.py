"""Parameters of Content-Type and Content-Disposition, RFC 2231 pieces included, and the file name they amount to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from intake.parsing.caps import Caps, Notes
from intake.parsing.charset_labels import codec_for
from intake.parsing.charsets import decode
from intake.parsing.words import decode_words

_NAME = re.compile(r'[^\s=;"]+')
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*?)")
_UNDIVIDED = re.compile(r"(?:^|[\s,:])(?=(?:file)?name[*0-9]{0,4}[ \t]?=)", re.IGNORECASE)
"""Where a file name begins in a field that has no ``;`` before it: ``attachment, filename=a.pdf``."""
_COMMENT = re.compile(r"[ \t]+\([^()]{0,200}\)\Z")
_TOKEN = re.compile(r"[^\s;,:=]+")
_TYPE = re.compile(r"([A-Za-z0-9!#$&^_.+-]{1,100})/([A-Za-z0-9!#$&^_.+-]{1,100})")


def content_type(value: str) -> str:
    """Return ``type/subtype`` in lower case, '' when the field names none."""
    match = _TYPE.match(value)
    return f"{match[1]}/{match[2]}".lower() if match else ""


def disposition(value: str) -> str:
    """Return how a part is to be shown, in lower case: ``inline``, ``attachment``, '' when nothing is said."""
    match = _TOKEN.match(value)
    return match[0].lower() if match else ""


def read_parameters(value: str, caps: Caps, notes: Notes) -> dict[str, str]:
    """Return the parameters after the first ``;`` by lower-case name, continuations joined and charsets decoded."""
    plain: dict[str, str] = {}
    whole: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for count, (name, text) in enumerate(_pairs(value)):
        if count >= caps.parameters:
            notes.add(f"A field has more than {caps.parameters} parameters; the rest was not read.")
            break
        section = _SECTION.fullmatch(name)
        if section is None or (section[2] is None and not section[3]):
            plain.setdefault(name, decode_words(text, notes))
        elif section[2] is None:
            whole.setdefault(section[1], _join({0: (True, text)}, notes))
        else:
            pieces.setdefault(section[1], {}).setdefault(int(section[2] or 0), (bool(section[3]), text))
    # A value that is there whole wins over its pieces, and both over the plain one for old programs. Pieces that do not
    # begin with the first are what they are only when there is nothing else.
    joined = {name: _join(sections, notes) for name, sections in pieces.items() if 0 in sections or name not in plain}
    return plain | joined | whole


def file_name(disposition_: dict[str, str], type_: dict[str, str], caps: Caps) -> str:
    """Return what the sender called a part: the disposition's ``filename``, else the type's ``name``, else ''."""
    name = disposition_.get("filename") or type_.get("name") or type_.get("filename") or disposition_.get("name") or ""
    return name.strip()[: caps.filename]


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    """Yield ``name=value`` pairs in one pass; quotes may be missing, and so may the last one."""
    position = value.find(";")
    if position < 0 and (undivided := _UNDIVIDED.search(value)):
        position = undivided.end() - 1
    while 0 <= position < len(value):
        position += 1
        while position < len(value) and value[position] in " \t\r\n;":
            position += 1
        match = _NAME.match(value, position)
        if match is None:
            position = value.find(";", position)
            continue
        position = _skip_space(value, match.end())
        if value[position : position + 1] != "=":
            position = value.find(";", position)
            continue
        text, position = _read_value(value, _skip_space(value, position + 1))
        yield match[0].lower(), text


def _skip_space(value: str, position: int) -> int:
    while position < len(value) and value[position] in " \t\r\n":
        position += 1
    return position


def _read_value(value: str, position: int) -> tuple[str, int]:
    """Read a value, quoted or not. Return it and where the next ``;`` is, -1 when there is none."""
    if value[position : position + 1] != '"':
        end = value.find(";", position)
        # A comment ends it, ``Invoice (1).pdf`` has none.
        return _COMMENT.sub("", value[position : end if end >= 0 else len(value)].strip()), end
    out: list[str] = []
    position += 1
    while position < len(value) and value[position] != '"':
        # A backslash in a Windows path is not an escape; one before a quote or a backslash is.
        if value[position] == "\\" and value[position + 1 : position + 2] in ('"', "\\"):
            position += 1
        out.append(value[position])
        position += 1
    return "".join(out), value.find(";", position)


def _join(sections: dict[int, tuple[bool, str]], notes: Notes) -> str:
    """Join the pieces of a value. Neighbours are joined before they are decoded: some senders cut inside ``%CE``."""
    charset, octets = "", bytearray()
    encoded = bytearray()
    for number in sorted(sections):
        is_encoded, text = sections[number]
        if is_encoded and number == min(sections) and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        elif is_encoded and number == min(sections) and codec_for(text.partition("'")[0]):
            charset, _, text = text.partition("'")  # the language was forgotten with its quote
        raw = text.encode("utf-8", "surrogateescape")
        if is_encoded:
            encoded += raw
            continue
        octets += unquote_to_bytes(bytes(encoded)) + raw
        encoded.clear()
    joined = decode(bytes(octets + unquote_to_bytes(bytes(encoded))), charset, notes)
    return decode_words(joined, notes)
