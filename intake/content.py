"""The octets between 354 and the final dot: collected in one buffer, without knowing where they come from.

Only CRLF "." CRLF ends a mail (RFC 5321 §4.1.1.4): a bare LF or a bare CR beside a dot is content, which closes SMTP
smuggling. Apart from the doubled dots (§4.5.2) the content is what was sent, octet for octet.
"""

from __future__ import annotations

import re

_END = b"\r\n.\r\n"
_HEADER_END = re.compile(rb"\n\r?\n")


class Content:
    """Collects one mail. ``feed`` until it returns the octets that follow the final dot."""

    def __init__(self, max_bytes: int, max_header_bytes: int, max_lines: int, max_line_bytes: int = 10 << 20) -> None:
        self._max_bytes = max_bytes
        self._max_header_bytes = max_header_bytes
        self._max_lines = max_lines
        self._max_line_bytes = max_line_bytes
        # The CRLF that ended the DATA command: a mail may be empty, and its first line may begin with a dot.
        self._buffer = bytearray(b"\r\n")
        self._lines = 0
        self._line_start = 2
        self._scanned = 0
        self._has_body = False
        self.size = 0
        """Octets seen, the doubled dots and the final dot included."""
        self.refusal: str | None = None
        """The reply for a mail that is over a limit; it is still read to its end."""

    def feed(self, chunk: bytes) -> bytes | None:
        """Take a chunk. Return None while the mail goes on, else what follows its end."""
        buffer = self._buffer
        start = max(0, len(buffer) - len(_END) + 1)
        buffer += chunk
        end = buffer.find(_END, start)
        rest = None
        if end >= 0:
            rest = bytes(buffer[end + len(_END) :])
            del buffer[end + 2 :]
        self.size += len(chunk) - len(rest or b"")
        self._check()
        return rest

    def take(self) -> bytes:
        """Return the mail with its doubled dots undone; call it once, after its end."""
        content = bytes(memoryview(self._buffer)[2:])
        is_stuffed = self._buffer.find(b"\r\n.") >= 0
        self._buffer = bytearray()
        if not is_stuffed:
            return content
        content = content.replace(b"\r\n.", b"\r\n")
        return content[1:] if content[:1] == b"." else content

    @property
    def held(self) -> int:
        """Return how many octets are in memory."""
        return len(self._buffer)

    def refuse(self, reply: str) -> None:
        """Keep nothing of the mail, and have this reply for it once its end has come."""
        self.refusal = self.refusal or reply
        self._keep_the_end()

    @property
    def is_hopeless(self) -> bool:
        """Say whether twice the allowed size was sent: reading on to be polite has its end too."""
        return self.size > 2 * self._max_bytes + 65_536

    def _check(self) -> None:
        """Note the first limit that is passed, and keep only what finding the end needs once one is."""
        if self.refusal is None:
            self.refusal = self._refuse()
            self._scanned = len(self._buffer)
        if self.refusal is not None:
            self._keep_the_end()

    def _keep_the_end(self) -> None:
        del self._buffer[: max(0, len(self._buffer) - len(_END))]

    def _refuse(self) -> str | None:
        if self._octets() > self._max_bytes:
            return f"552 5.3.4 The mail is larger than {self._max_bytes} octets"
        self._lines += self._buffer.count(b"\n", max(2, self._scanned))
        if self._lines > self._max_lines:
            return f"552 5.3.4 The mail has more than {self._max_lines} lines"
        if self._has_long_line():
            return f"552 5.3.4 A line is longer than {self._max_line_bytes} octets"
        if not self._has_body and self._header_octets() > self._max_header_bytes:
            return f"552 5.3.4 The header is larger than {self._max_header_bytes} octets"
        return None

    def _has_long_line(self) -> bool:
        """Look from the start of the line that was open before this chunk: little work while lines are short."""
        start, limit = self._line_start, self._max_line_bytes
        self._line_start = self._buffer.rfind(b"\n", max(start, self._scanned)) + 1 or start
        if len(self._buffer) - start <= limit:
            return False
        return any(len(line) > limit for line in bytes(memoryview(self._buffer)[start:]).split(b"\n"))

    def _octets(self) -> int:
        """Return the size as RFC 1870 counts it: without the doubled dots, counted only when it matters."""
        octets = len(self._buffer) - 2
        return octets if octets <= self._max_bytes else octets - self._buffer.count(b"\r\n.")

    def _header_octets(self) -> int:
        header_end = _HEADER_END.search(self._buffer, max(0, self._scanned - 3))
        self._has_body = header_end is not None
        return (header_end.start() if header_end else len(self._buffer)) - 2
