"""The tree of a mail's parts (RFC 2046), found by offsets in one pass over the lines that look like boundaries.

Nothing is decoded and nothing recurses here: a part is a pair of offsets and its headers. What is nested deeper than
the cap, or is one part too many, stays inside the part around it as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from intake.parsing.caps import Caps, Notes
from intake.parsing.headers import Headers, read_headers
from intake.parsing.parameters import content_type, disposition, file_name, read_parameters
from intake.parsing.transfer import decode_transfer

_DELIMITER = re.compile(rb"^--([^\r\n]{6,200})", re.MULTILINE)
_MAX_BOUNDARY = 200
_TOKEN = re.compile(r"[a-z0-9_-]+")


@dataclass
class Part:
    """One part: ``raw[start:end]`` is its encoded body; a multipart has children instead."""

    raw: bytes = field(repr=False)
    start: int
    end: int
    headers: Headers
    type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    depth: int
    children: list[Part] = field(default_factory=list)
    hint: str = ""
    """The charset that is likely for a text that names none."""

    @property
    def octets(self) -> bytes:
        """Return the body as it was sent, transfer encoding and all."""
        return self.raw[self.start : self.end]

    @property
    def encoding(self) -> str:
        """Return the content transfer encoding in lower case."""
        match = _TOKEN.search(self.headers.raw("content-transfer-encoding").lower())
        return match[0] if match else ""


def read_tree(raw: bytes, caps: Caps, notes: Notes) -> Part:
    """Return the part that is the whole mail, with all parts below it."""
    return _Tree(raw, caps, notes).read()


def _kind(value: str, parameters: dict[str, str], filename: str) -> str:
    """Return the content type. Some senders leave the subtype of a multipart out; a file of no type is no text."""
    kind = content_type(value)
    if kind or not value:
        return kind
    if parameters.get("boundary") and value.lower().startswith("multipart"):
        return "multipart/mixed"
    return "application/octet-stream" if filename and not value.lower().startswith("text") else ""


class _Tree:
    """Builds the tree with one stack: open multiparts, innermost last, each with its boundary."""

    def __init__(self, raw: bytes, caps: Caps, notes: Notes) -> None:
        self._raw = raw
        self._caps = caps
        self._notes = notes
        self._count = 0
        self._open: list[tuple[bytes, Part]] = []
        self._levels: dict[bytes, int] = {}

    def read(self) -> Part:
        root = self._part(0, len(self._raw), self._caps.header_bytes, "text/plain", 0)
        if self._is_wrapped(root):
            # Forbidden (RFC 2045 §6.4), and done by gateways all the same: the parts are inside the encoding.
            self._raw = self._raw[: root.start] + decode_transfer(root.octets, root.encoding)
            root.raw, root.end = self._raw, len(self._raw)
        self._enter(root)
        current: Part | None = None
        position = max(0, root.start - 1)
        while self._open and (line := self._raw.find(b"\n--", position)) >= 0:
            position = line + 1
            level, is_last = self._find(position)
            if level is None:
                continue
            self._close(current, position)
            current = None
            self._leave(level + (0 if is_last else 1))
            if is_last:
                continue
            if self._count >= self._caps.parts:
                self._notes.add(f"The mail has more than {self._caps.parts} parts; the rest was not read.")
                break
            current = self._begin(self._open[-1][1], position)
            position = current.start - 1
        self._end_in_line(current)
        return root  # a part that was not ended by a delimiter reaches to the end of the mail

    def _end_in_line(self, part: Part | None) -> None:
        """End the last part before a closing delimiter that has no line of its own, at the very end of the mail."""
        if part is None or not self._open:
            return
        closing = b"--" + self._open[-1][0] + b"--"
        end = len(self._raw.rstrip(b" \t\r\n")) - len(closing)
        if end >= part.start and self._raw.startswith(closing, end):
            part.end = end

    def _begin(self, parent: Part, delimiter: int) -> Part:
        line_end = self._raw.find(b"\n", delimiter)
        start = line_end + 1 if line_end >= 0 else len(self._raw)
        default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
        part = self._part(start, len(self._raw), self._caps.part_header_bytes, default, parent.depth + 1)
        parent.children.append(part)
        self._enter(part)
        return part

    def _part(self, start: int, end: int, cap: int, default_type: str, depth: int) -> Part:
        self._count += 1
        headers, body = read_headers(self._raw, start, self._header_limit(start, end), cap, self._caps, self._notes)
        value = headers.raw("content-type")
        parameters = read_parameters(value, self._caps, self._notes)
        raw_disposition = headers.raw("content-disposition")
        disposed = read_parameters(raw_disposition, self._caps, self._notes)
        filename = file_name(disposed, parameters, self._caps)
        return Part(
            self._raw, body, end, headers, _kind(value, parameters, filename) or default_type, parameters,
            disposition(raw_disposition), filename, depth,
        )  # fmt: skip

    def _header_limit(self, start: int, end: int) -> int:
        """Return where a part's header must end: no later than the next delimiter of a multipart that is open."""
        position = start - 1
        for _ in range(100 if self._open else 0):
            line = self._raw.find(b"\n--", max(0, position), start + self._caps.part_header_bytes)
            if line < 0:
                break
            if self._find(line + 1)[0] is not None:
                return line + 1
            position = line + 1
        return end

    def _enter(self, part: Part) -> None:
        """Open a multipart; without a boundary, or too deep, it stays a leaf."""
        if not part.type.startswith("multipart/"):
            return
        if part.depth >= self._caps.depth:
            self._notes.add(f"Parts are nested deeper than {self._caps.depth}; what is deeper was not opened.")
            part.type = "application/octet-stream"
            return
        boundary = part.parameters.get("boundary", "").strip().encode("utf-8", "surrogateescape")[:_MAX_BOUNDARY]
        boundary = boundary if boundary and self._occurs(boundary, part) else self._sniff(part)
        if not boundary:
            self._notes.add("A multipart without its boundary was read as text.")
            part.type = "text/plain"
            return
        self._open.append((boundary, part))
        self._levels[boundary] = len(self._open) - 1

    def _is_wrapped(self, root: Part) -> bool:
        boundary = root.parameters.get("boundary", "").strip().encode("utf-8", "surrogateescape")[:_MAX_BOUNDARY]
        is_encoded = root.type.startswith("multipart/") and root.encoding in ("base64", "quoted-printable")
        return is_encoded and bool(boundary) and not self._occurs(boundary, root)

    def _leave(self, level: int) -> None:
        """Close the multiparts from ``level`` on, also those that were left open inside."""
        del self._open[level:]
        self._levels = {boundary: index for index, (boundary, _) in enumerate(self._open)}

    def _occurs(self, boundary: bytes, part: Part) -> bool:
        return self._raw.find(b"--" + boundary, part.start - 2 if part.start >= 2 else 0) >= 0

    def _sniff(self, part: Part) -> bytes:
        """Return the boundary that the first delimiter-like line of the body suggests, if it is closed later on."""
        match = _DELIMITER.search(self._raw, part.start, part.start + 65_536)
        if match is None:
            return b""
        boundary = match[1].rstrip(b" \t")
        if self._raw.find(b"\n--" + boundary, match.end()) < 0:
            return b""
        self._notes.add("The declared boundary does not occur; the one that does was used.")
        return boundary

    def _find(self, position: int) -> tuple[int | None, bool]:
        """Return the level of the open multipart whose delimiter begins here, and whether it is the last one."""
        line_end = self._raw.find(b"\n", position, position + _MAX_BOUNDARY + 10)
        text = self._raw[position + 2 : line_end if line_end >= 0 else position + _MAX_BOUNDARY + 10].rstrip(b" \t\r")
        level = self._levels.get(text)
        if level is not None:
            return level, False
        # Blanks at the end of a boundary are no part of it (RFC 2046 §5.1.1), also where something stands behind them.
        return (self._levels.get(text[:-2].rstrip(b" \t")), True) if text.endswith(b"--") else (None, False)

    def _close(self, part: Part | None, position: int) -> None:
        """End a part before the line break that belongs to the delimiter (RFC 2046 §5.1.1)."""
        if part is None:
            return
        end = position
        if end > part.start and self._raw[end - 1 : end] == b"\n":
            end -= 2 if self._raw[end - 2 : end - 1] == b"\r" and end - 2 >= part.start else 1
        part.end = max(part.start, end)
