"""The listener: the bound sockets, the connections on them, and the door from the dialogue to the desk.

It runs in the service's event loop; what blocks (asking the store) runs in threads. ``app`` binds the plain
callables to the desk's functions.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from intake.protocol import SmtpConnection
from intake.recorder import Recorder
from intake.settings import ListenerSettings
from procedure.mail import Envelope

_log = logging.getLogger("tierdesk.intake")

_BACKLOG = 512
_SPACE_SECONDS = 1.0


class CannotListen(OSError):
    """The address to listen on cannot be had; its text is one sentence for the person who chose it."""


class Listener:
    """Takes mail on one address.

    ``accepts`` says whether an address is ours (called in a thread), ``now`` gives aware UTC, ``free_bytes`` the free
    space on the store's disk, ``token`` a random text of letters and digits.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        recorder: Recorder,
        accepts: Callable[[str], bool],
        now: Callable[[], datetime],
        free_bytes: Callable[[], int],
        token: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._recorder = recorder
        self._accepts = accepts
        self._now = now
        self._token = token
        self._space = _Space(free_bytes, settings.free_space_floor)
        self._peers: Counter[str] = Counter()
        self._connections: set[SmtpConnection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> list[str]:
        """Bind and listen. Return the addresses bound, e.g. ``127.0.0.1:8025``; raises ``CannotListen``."""
        host, port = self._settings.host, self._settings.port
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connect, host, port, backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            raise CannotListen(f"Cannot listen on {host}:{port}: {_reason(error)}") from error
        return [_shown(bound) for bound in self._server.sockets]

    async def stop(self) -> None:
        """Stop listening, tell idle peers 421, wait for mails that are being received, and drain the recorder."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close_soon()
        until = time.monotonic() + self._settings.drain_seconds
        while any(one.is_receiving for one in self._connections) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.cut()
        await self._recorder.drain()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    # -- the door ------------------------------------------------------------------------------------------------------

    def enter(self, peer: str) -> bool:
        """Count a connection in; False when there are too many, in all or of this peer."""
        settings = self._settings
        if self._peers.total() >= settings.max_connections or self._peers[peer] >= settings.max_connections_per_peer:
            return False
        self._peers[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Count a connection out."""
        self._peers[peer] -= 1
        if self._peers[peer] <= 0:
            del self._peers[peer]

    async def accepts(self, address: str) -> bool:
        """Say whether mail to ``address`` is ours. Postmaster always is (RFC 5321 §4.5.1)."""
        if address.lower() == "postmaster":
            return True
        return await asyncio.to_thread(self._accepts, address)

    def has_space(self, octets: int) -> bool:
        """Say whether a mail of that size leaves the store's disk its floor."""
        return self._space.has(octets)

    def reference(self) -> str:
        """Return a short text that connects a 451 with its line in the log."""
        return self._token()[:10]

    async def take(self, peer: str, mail_from: str, rcpt_to: tuple[str, ...], raw: bytes) -> int:
        """Make the mail durable and return its ledger id."""
        envelope = Envelope(received_at=self._now(), peer=peer, mail_from=mail_from, rcpt_to=rcpt_to, raw=raw)
        ledger_id = await self._recorder.record(envelope)
        _log.info("action=accepted mail=%d peer=%s recipients=%d octets=%d", ledger_id, peer, len(rcpt_to), len(raw))
        return ledger_id

    def _connect(self) -> SmtpConnection:
        connection = SmtpConnection(self._settings, self, asyncio.get_running_loop(), self._connections.discard)
        self._connections.add(connection)
        return connection


class _Space:
    """The free space of a disk, asked for at most once a second."""

    def __init__(self, free_bytes: Callable[[], int], floor: int) -> None:
        self._free_bytes = free_bytes
        self._floor = floor
        self._free = 0
        self._asked_at: float | None = None

    def has(self, octets: int) -> bool:
        """Say whether ``octets`` more leave the floor free."""
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > _SPACE_SECONDS:
            self._free, self._asked_at = self._free_bytes(), now
        return self._free - octets >= self._floor


def _reason(error: OSError | OverflowError) -> str:
    if not isinstance(error, OSError):
        return str(error)
    # asyncio's own text repeats the address; name look-ups have negative numbers and a text of their own.
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)


def _shown(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
