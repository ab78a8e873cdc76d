"""The demo's next hop: takes every mail, keeps it in memory and calls back; nothing leaves the machine."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

log = logging.getLogger(__name__)

START_TIMEOUT = 10.0
"""Seconds within which the listening socket must be open."""


@dataclass(frozen=True)
class Caught:
    """A mail that was sent through the demo's smarthost."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    content: bytes


class CatchingSmarthost:
    """An SMTP server on a free loopback port, in a thread of its own; a context manager.

    ``on_mail`` is called in that thread for each mail, after which the mail is in ``caught`` and the sender is
    told 250; an exception in it is logged and changes nothing.
    """

    def __init__(self, on_mail: Callable[[Caught], object] = lambda _caught: None) -> None:
        self.caught: list[Caught] = []
        self.port = 0
        self._on_mail = on_mail
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="demo-smarthost", daemon=True)
        self._is_open = threading.Event()
        self._over = asyncio.Event()
        self._protocols: WeakSet[SMTP] = WeakSet()

    def __enter__(self) -> CatchingSmarthost:
        """Open the socket; ``port`` is known afterwards. Raises OSError when it does not open."""
        self._thread.start()
        if not self._is_open.wait(START_TIMEOUT) or not self.port:
            raise OSError("the demo's smarthost did not start")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the socket and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep a mail and answer 250."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        caught = Caught(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        self.caught.append(caught)
        try:
            self._on_mail(caught)
        except Exception:
            log.exception("action=demo_callback_failed")
        return f"250 2.0.0 caught as {len(self.caught)}"

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._is_open.set()
            self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(self._protocol, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        self._is_open.set()
        await self._over.wait()
        server.close()
        await self._end_sessions()

    async def _end_sessions(self) -> None:
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> SMTP:
        protocol = SMTP(self, enable_SMTPUTF8=True, hostname="smarthost.example.org", ident="demo", loop=self._loop)
        self._protocols.add(protocol)
        return protocol
