"""What a peer sends, as lines while it commands and as chunks while it sends a mail; one buffer for both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Line:
    """A command line without its end. ``is_bare``: a lone LF ended it; ``is_too_long``: its text was dropped."""

    text: bytes
    is_bare: bool = False
    is_too_long: bool = False


class Wire:
    """Reads from a stream; keeps what was read beyond a line or beyond a mail for the next reader."""

    def __init__(self, reader: asyncio.StreamReader, max_line: int) -> None:
        self._reader = reader
        self._max_line = max_line
        self._buffer = b""

    def discard(self) -> None:
        """Forget what was read ahead (RFC 3207 §6: nothing from before TLS counts after it)."""
        self._buffer = b""

    def put_back(self, rest: bytes) -> None:
        """Give back what was read too far."""
        self._buffer = rest + self._buffer

    async def chunk(self) -> bytes:
        """Return some octets, as many as there are; b'' when the peer has stopped sending."""
        if self._buffer:
            chunk, self._buffer = self._buffer, b""
            return chunk
        return await self._reader.read(_CHUNK)

    async def line(self) -> Line | None:
        """Return the next command line, None when the peer has stopped sending."""
        dropped = False
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > self._max_line:
                dropped, self._buffer = True, b""
            more = await self._reader.read(_CHUNK)
            if not more:
                return None
            self._buffer += more
        text, self._buffer = self._buffer[: end + 1], self._buffer[end + 1 :]
        if dropped or len(text) > self._max_line:
            return Line(b"", is_too_long=True)
        if not text.endswith(b"\r\n"):
            return Line(text[:-1], is_bare=True)
        return Line(text[:-2])
