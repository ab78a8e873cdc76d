"""Header fields: found in raw octets, read as text. Nothing here raises, whatever the octets are.

The standard library's header parsing is not used: its modern policy raises on real mail and takes minutes on hostile
mail, its old one hides raw 8-bit octets. One pass over the lines, one cap on the size of the block.
"""

from __future__ import annotations

import re

from intake.parsing.caps import Caps, Notes
from intake.parsing.charsets import decode_field
from intake.parsing.words import decode_words

_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,200})[ \t]*:")
_BLOCK_END = re.compile(rb"\n\r*\n")
_LINE = re.compile(rb"[^\n]*\n?")
_BLANK_ABOVE = re.compile(rb"(?:[ \t]{0,80}\r?\n){1,50}(?=[A-Za-z][A-Za-z-]{1,60}:[ \t])")
_BREAK = re.compile(rb"\r*\n")
_KNOWN = re.compile(
    rb"(?:from|to|cc|subject|date|message-id|reply-to|mime-version|content-type|content-transfer-encoding|received"
    rb"|return-path|in-reply-to|references|sender|content-disposition|content-id|content-description)[ \t]*:",
    re.IGNORECASE,
)


class Headers:
    """The fields of one header block, as raw octets by lower-case name, in order."""

    def __init__(self, fields: list[tuple[str, bytes]], caps: Caps) -> None:
        self._caps = caps
        self.hint = ""
        """The charset of the mail's text: the best guess for raw 8-bit fields that are not UTF-8."""
        self.names = [name for name, _ in fields]
        self._values: dict[str, list[bytes]] = {}
        for name, value in fields:
            self._values.setdefault(name, []).append(value)

    def raw_all(self, name: str) -> list[str]:
        """Return the values of a field as text, its encoded words left alone; raw 8-bit octets are guessed."""
        cap = self._caps.value_bytes
        silent = Notes([])
        values = [value[:cap] for value in self._values.get(name, ())]
        # A CR that ends no line is no line break either: nothing behind it begins a field of its own.
        return [decode_field(value, self.hint, silent).replace("\r", " ").strip(" \t\n") for value in values]

    def raw(self, name: str) -> str:
        """Return the first value of a field as ``raw_all`` does, '' when there is none."""
        values = self.raw_all(name)
        return values[0] if values else ""

    def text(self, name: str, notes: Notes) -> str:
        """Return the first value that is not empty, decoded; '' when there is none."""
        return next((decode_words(value, notes) for value in self.raw_all(name) if value), "")

    def count(self, name: str) -> int:
        """Return how many fields have that name."""
        return len(self._values.get(name, ()))


def read_headers(raw: bytes, start: int, end: int, cap: int, caps: Caps, notes: Notes) -> tuple[Headers, int]:
    """Read the header block in ``raw[start:end]``. Return it and where the body begins."""
    block_end, body = _find_end(raw, start, end)
    if block_end - start > cap:
        notes.add(f"The header is larger than {cap} octets; the rest of it was not read.")
        block_end = start + cap
    if block_end == start:
        return _headers([], caps), body
    lines = _BREAK.split(raw[start:block_end])
    if len(lines) > caps.header_lines:
        notes.add(f"The header has more than {caps.header_lines} lines; the rest of it was not read.")
        del lines[caps.header_lines :]
    last_known = max((index for index, line in enumerate(lines) if _KNOWN.match(line)), default=-1)
    fields: list[tuple[str, list[bytes]]] = []
    for index, line in enumerate(lines):
        match = _FIELD.match(line)
        if match:
            fields.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif fields and line[:1] in (b" ", b"\t", b""):
            fields[-1][1].append(line)
        elif index > last_known:
            # Neither a field nor the rest of one, and none follows: the blank line before the body is missing.
            notes.add("The line between header and body is missing.")
            return _headers(fields, caps), start + sum(map(len, _LINE.findall(raw, start, block_end)[:index]))
        elif fields:
            notes.add("A header line had lost its indentation.")
            fields[-1][1].extend((b" ", line))
        else:
            notes.add("The mail began with a line that is no header field.")
    return _headers(fields, caps), body


def _headers(fields: list[tuple[str, list[bytes]]], caps: Caps) -> Headers:
    return Headers([(name, b"".join(values)) for name, values in fields], caps)


def _find_end(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the header block ends and where the body begins. Blank lines above a mail's header are skipped."""
    if start == 0 and (blank := _BLANK_ABOVE.match(raw)):
        start = blank.end()
    if raw.startswith(b"\n", start, end):
        return start, start + 1
    if raw.startswith(b"\r\n", start, end):
        return start, start + 2
    match = _BLOCK_END.search(raw, start, end)
    return (match.start(), match.end()) if match else (end, end)
