"""What a peer sends, as lines while it commands and as chunks while it sends a mail; one queue for both.

The transport feeds it. A peer that sends faster than it is read is made to wait: its transport is paused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

_MOST_AHEAD = 1 << 18


@dataclass(frozen=True)
class Line:
    """A command line without its end. ``is_bare``: a lone LF ended it; ``is_too_long``: its text was dropped."""

    text: bytes
    is_bare: bool = False
    is_too_long: bool = False


class Wire:
    """Takes what arrives; keeps what was read beyond a line or beyond a mail for the next reader."""

    def __init__(self, max_line: int) -> None:
        self._max_line = max_line
        self._chunks: deque[bytes] = deque()
        self._ahead = 0
        self._has_ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._source: asyncio.ReadTransport | None = None

    def attach(self, source: asyncio.ReadTransport) -> None:
        """Say whom to pause; again when the transport changes (TLS)."""
        self._source = source

    def feed(self, octets: bytes) -> None:
        """Take what arrived."""
        self._chunks.append(octets)
        self._ahead += len(octets)
        if self._ahead > _MOST_AHEAD and self._source is not None:
            self._source.pause_reading()
        self._wake()

    def end(self) -> None:
        """Note that nothing more will come."""
        self._has_ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def discard(self) -> None:
        """Forget what was read ahead (RFC 3207 §6: nothing from before TLS counts after it)."""
        self._chunks.clear()
        self._ahead = 0

    def put_back(self, rest: bytes) -> None:
        """Give back what was read too far."""
        if rest:
            self._chunks.appendleft(rest)
            self._ahead += len(rest)

    @property
    def has_line(self) -> bool:
        """Say whether the next line is here already."""
        return any(b"\n" in chunk for chunk in self._chunks)

    async def chunk(self) -> bytes:
        """Return some octets, as many as there are; b'' when the peer has stopped sending."""
        while not self._chunks:
            if self._has_ended:
                return b""
            await self._more()
        return self._take()

    async def line(self) -> Line | None:
        """Return the next command line, None when the peer has stopped sending."""
        text, is_dropped = b"", False
        while True:
            chunk = await self.chunk()
            if not chunk:
                return None
            end = chunk.find(b"\n") + 1
            if end and end < len(chunk):
                self.put_back(chunk[end:])
                chunk = chunk[:end]
            text += chunk
            if end:
                return self._read(text, is_dropped)
            if len(text) > self._max_line:
                text, is_dropped = b"", True

    def _read(self, text: bytes, is_dropped: bool) -> Line:
        if is_dropped or len(text) > self._max_line:
            return Line(b"", is_too_long=True)
        if not text.endswith(b"\r\n"):
            return Line(text[:-1], is_bare=True)
        return Line(text[:-2])

    def _take(self) -> bytes:
        chunk = self._chunks.popleft()
        was = self._ahead
        self._ahead -= len(chunk)
        if self._source is not None and self._ahead <= _MOST_AHEAD < was and not self._source.is_closing():
            self._source.resume_reading()
        return chunk

    async def _more(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
