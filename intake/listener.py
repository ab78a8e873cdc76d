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
from functools import partial
from typing import NamedTuple

from intake.protocol import Connection
from intake.recorder import Recorder
from intake.room import Memory, Space
from intake.settings import Address, InheritedSocket, ListenerSettings, Speech, TcpAddress
from intake.sockets import UnixSocket
from procedure.mail import Envelope

_log = logging.getLogger("tierdesk.intake")

_BACKLOG = 512


class CannotListen(OSError):
    """The address to listen on cannot be had; its text is one sentence for the person who chose it."""


class Bound(NamedTuple):
    """Where the listener can be reached: ``127.0.0.1:8025``, ``[::1]:8025`` or ``unix:/path``, and what it speaks."""

    speech: Speech
    address: str


class Listener:
    """Takes mail on its addresses; the limits are those of all of them together.

    ``accepts`` says whether an address is ours and does not block, ``now`` gives aware UTC, ``free_bytes`` the free
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
        self._space = Space(free_bytes, settings.free_space_floor)
        self._memory = Memory(settings.max_bytes_in_memory)
        self._peers: Counter[str] = Counter()
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._paths: list[UnixSocket] = []

    async def start(self) -> list[Bound]:
        """Bind and listen on all addresses or on none; return what was bound. Raises ``CannotListen``."""
        bound: list[Bound] = []
        try:
            for address in self._settings.listen:
                server = await self._open(address)
                self._servers.append(server)
                bound.extend(Bound(address.speech, _shown(one)) for one in server.sockets)
        except CannotListen:
            self._close_servers()
            raise
        return bound

    async def _open(self, address: Address) -> asyncio.Server:
        loop, connect = asyncio.get_running_loop(), partial(self._connect, address.speech)
        try:
            if isinstance(address, TcpAddress):
                return await loop.create_server(connect, address.host, address.port, backlog=_BACKLOG)
            if isinstance(address, InheritedSocket):
                is_unix = address.socket.family == socket.AF_UNIX
                create = loop.create_unix_server if is_unix else loop.create_server
                return await create(connect, sock=address.socket, backlog=_BACKLOG)
            path = UnixSocket(address)
            self._paths.append(path)
            return await loop.create_unix_server(connect, sock=path.socket, backlog=_BACKLOG)
        except (OSError, OverflowError, LookupError) as error:
            raise CannotListen(f"Cannot listen on {_named(address)}: {_reason(error)}") from error

    async def stop(self) -> None:
        """Stop listening, tell idle peers 421, wait for mails that are being received, and drain the recorder."""
        self._close_servers()
        for connection in list(self._connections):
            connection.close_soon()
        until = time.monotonic() + self._settings.drain_seconds
        while any(one.is_receiving for one in self._connections) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.cut()
        await self._recorder.drain()
        while self._servers:
            await self._servers.pop().wait_closed()

    def _close_servers(self) -> None:
        while self._paths:
            self._paths.pop().remove()
        for server in self._servers:
            server.close()

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

    def accepts(self, address: str) -> bool:
        """Say whether mail to ``address`` is ours. Postmaster always is (RFC 5321 §4.5.1)."""
        return address.lower() == "postmaster" or self._accepts(address)

    def has_space(self, octets: int) -> bool:
        """Say whether a mail of that size leaves the store's disk its floor."""
        return self._space.has(octets)

    def has_memory(self) -> bool:
        """Say whether one more mail may begin."""
        return not self._memory.is_full

    def hold(self, octets: int) -> bool:
        """Take memory for octets of a mail, or give it back where negative; False when there is not so much."""
        return self._memory.change(octets)

    def reference(self) -> str:
        """Return a short text that connects a 451 with its line in the log."""
        return self._token()[:10]

    async def take(self, peer: str, mail_from: str, rcpt_to: tuple[str, ...], raw: bytes, user: str) -> int:
        """Make the mail durable and return its ledger id; ``user`` is who has logged in, '' for nobody."""
        envelope = Envelope(self._now(), peer, mail_from, rcpt_to, raw, user)
        ledger_id = await self._recorder.record(envelope)
        _log.info("action=accepted mail=%d peer=%s recipients=%d octets=%d", ledger_id, peer, len(rcpt_to), len(raw))
        return ledger_id

    def _connect(self, speech: Speech) -> Connection:
        lost = self._connections.discard
        connection = Connection(self._settings, self, speech, asyncio.get_running_loop(), lost)
        self._connections.add(connection)
        return connection


def _reason(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error.args[0]) if error.args else str(error)
    # asyncio's own text repeats the address; name look-ups have negative numbers and a text of their own.
    is_asyncio = bool(error.strerror and error.strerror.startswith("error while attempting"))
    return os.strerror(error.errno) if error.errno and is_asyncio else error.strerror or str(error)


def _named(address: Address) -> str:
    if isinstance(address, TcpAddress):
        return f"{address.host}:{address.port}"
    return "a socket of the service manager" if isinstance(address, InheritedSocket) else f"unix:{address.path}"


def _shown(bound: socket.socket) -> str:
    if bound.family == socket.AF_UNIX:
        return f"unix:{bound.getsockname()}"
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
