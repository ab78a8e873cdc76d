"""One connection: aiosmtpd's transport, session and timers, with a loop, DATA and TLS of our own.

Why not aiosmtpd's own loop: it answers 500 to our own trouble, keeps one object for each line of DATA, runs the
command's timer through DATA and commit, cancels the commit when the peer leaves, gives one reply for all recipients of
LMTP, and offers AUTH that nobody can pass. What is said is decided in ``intake.dialogue``; ``_converse`` is the one
place that speaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import ssl
from collections.abc import Callable

from aiosmtpd.smtp import SMTP

from desk.errors import Unavailable
from intake.content import Content
from intake.dialogue import MAX_LINE, Dialogue
from intake.parties import LOCAL, Close, Door, PeerGone
from intake.proxy import BadHeader, read_client
from intake.settings import ListenerSettings, Speech
from intake.wire import Line, Wire

_log = logging.getLogger("tierdesk.intake")

IDENT = {Speech.SMTP: "ESMTP tierdesk", Speech.LMTP: "LMTP tierdesk"}
_READ_AHEAD = 1 << 18
_PROXY_SECONDS = 10.0
_HANDSHAKE_SECONDS = 30.0
_LINGER_SECONDS = 2.0


class Connection(SMTP):
    """One connection; the dialogue knows it as its ``Caller``."""

    line_length_limit = _READ_AHEAD  # for the base class only: half of what is read ahead before the peer must wait

    def __init__(
        self,
        settings: ListenerSettings,
        door: Door,
        speech: Speech,
        loop: asyncio.AbstractEventLoop,
        on_lost: Callable[[Connection], None],
    ) -> None:
        super().__init__(
            None,
            data_size_limit=settings.max_message_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident=IDENT[speech],
            timeout=settings.command_seconds,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=loop,
        )
        self._settings = settings
        self._door = door
        self._on_lost = on_lost
        self._is_inside = False
        self._wire = Wire(MAX_LINE)
        self._replies = b""
        self._held = 0
        self._is_last = False
        self._has_ended = False
        self.peer = ""
        self.speech = speech
        self.is_secure = False
        self.is_receiving = False
        """True from DATA to the reply after the final dot: ``stop`` waits for these."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read; not by the base class's stream, which copies and wakes more than a dialogue needs."""
        super().connection_made(transport)
        if isinstance(transport, asyncio.ReadTransport):
            self._wire.attach(transport)

    def data_received(self, data: bytes) -> None:
        """Hand on what arrived."""
        self._wire.feed(data)

    def eof_received(self) -> bool | None:
        """Let the dialogue go on: a peer that has sent QUIT and closed its side still wants its replies."""
        self._wire.end()
        return not self.is_secure  # TLS cannot be half closed

    def connection_lost(self, error: Exception | None) -> None:
        """Count the connection out; the base class cancels the dialogue, which does not reach a commit."""
        if self._is_inside:
            self._is_inside = False
            self._door.leave(self.peer)
        self._on_lost(self)
        self._wire.end()
        super().connection_lost(error)

    def close_soon(self) -> None:
        """End the dialogue: now when it is between mails, else after the reply to the mail it is receiving."""
        self._is_last = True
        if not self.is_receiving:
            self._hang_up("421 4.3.2 Closing down, try again soon")

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Move the moment of the time-out. The timer itself is only moved to an earlier one: it looks when it fires."""
        self._ends_at = self.loop.time() + (duration or self._timeout_duration)
        timer = self._timeout_handle
        if timer is not None and timer.when() <= self._ends_at:
            return
        if timer is not None:
            timer.cancel()
        self._timeout_handle = self.loop.call_at(self._ends_at, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if self.loop.time() < self._ends_at:
            self._timeout_handle = self.loop.call_at(self._ends_at, self._timeout_cb)
            return
        _log.info("action=timeout peer=%s", self.peer)
        self._hang_up("421 4.4.2 Waited too long for you")

    async def push(self, status: str | bytes) -> None:
        """Write a reply; it waits for the others when the next command is here already (RFC 2920 §3.2)."""
        self._replies += (status if isinstance(status, bytes) else status.encode()) + b"\r\n"
        if not self._wire.has_line:
            await self._flush()

    async def _flush(self) -> None:
        replies, self._replies = self._replies, b""
        if replies:
            self._writer.write(replies)
            await self._writer.drain()

    def cut(self) -> None:
        """End the connection without another word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _hang_up(self, reply: str) -> None:
        if not isinstance(self.transport, asyncio.WriteTransport) or self.transport.is_closing():
            return
        if self._has_ended or self.transport.get_write_buffer_size():
            self.transport.abort()  # nothing more can be said, or a peer that does not read will not read this either
            return
        self.transport.write(reply.encode() + b"\r\n")
        self.transport.close()

    async def _handle_client(self) -> None:
        assert self.session is not None and self.transport is not None
        peername: object = self.session.peer  # annotated as text by the library, a tuple on TCP
        self.peer = _address(peername[0]) if isinstance(peername, tuple) and peername else LOCAL
        try:
            await self._read_proxy()
            self._is_inside = self._door.enter(self.peer)
            if not self._is_inside:
                _log.warning("action=too_many_connections peer=%s", self.peer)
                self._hang_up("421 4.7.0 Too many connections, try again later")
                return
            await self.push(f"220 {self.hostname} {IDENT[self.speech]}")
            await self._converse(Dialogue(self._settings, self._door, self))
        except BadHeader:
            _log.warning("action=bad_proxy_header peer=%s", self.peer)
        except (ConnectionError, PeerGone) as error:
            _log.info("action=connection_lost peer=%s reason=%s", self.peer, type(error).__name__)
        finally:
            if self._replies and not self._writer.is_closing():
                self._writer.write(self._replies)
            self._writer.close()

    async def _read_proxy(self) -> None:
        """Have a named proxy say for whom it calls. Not counted yet: these peers are our own."""
        if self.peer == LOCAL or not any(ipaddress.ip_address(self.peer) in one for one in self._settings.proxies):
            return
        self._reset_timeout(_PROXY_SECONDS)
        self.peer = await read_client(self._wire) or self.peer
        self._reset_timeout()

    async def _converse(self, dialogue: Dialogue) -> None:
        """Read, obey, reply, until one side has had enough."""
        while not self._is_last and (line := await self._wire.line()) is not None:
            self._reset_timeout()
            try:
                reply = await dialogue.obey(line)
            except Close as last:
                await self.push(str(last))
                if not str(last).startswith("221"):
                    await self._linger()
                return
            except PeerGone:
                raise
            except Exception as error:
                dialogue.forget_mail()
                reply = self.trouble(error)
            self.is_receiving = False
            if reply:
                await self.push(reply)
            self._reset_timeout()

    async def _linger(self) -> None:
        """Read on for a moment without looking: a close with octets unread would take the last reply back."""
        await self._flush()
        if self.is_secure:
            return
        self._has_ended, self.is_receiving = True, False
        self._writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._wire.chunk():
                    pass

    def trouble(self, error: Exception) -> str:
        """Answer our own trouble with 451 and a reference that the log has: never a 5xx, never the exception's text."""
        reference = self._door.reference()
        _log.error("action=trouble reference=%s peer=%s error=%s", reference, self.peer, type(error).__name__,
                   exc_info=None if isinstance(error, Unavailable) else error)  # fmt: skip
        return f"451 4.3.0 Trouble on our side, try again later (reference {reference})"

    async def ask(self, reply: str) -> Line:
        """Send a challenge and return its answer. Raises PeerGone."""
        await self.push(reply)
        self._reset_timeout()
        line = await self._wire.line()
        if line is None:
            raise PeerGone
        return line

    async def start_tls(self) -> None:
        """Say 220 and go on under TLS; what came in clear text after STARTTLS is dropped (RFC 3207 §6)."""
        transport, context = self.transport, self._settings.tls
        assert isinstance(transport, asyncio.Transport) and context is not None
        transport.pause_reading()
        self._wire.discard()
        await self.push("220 2.0.0 Go ahead")
        try:
            secured = await self.loop.start_tls(
                transport, self, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_SECONDS
            )
        except (OSError, ssl.SSLError) as error:
            _log.info("action=tls_failed peer=%s reason=%s", self.peer, type(error).__name__)
            raise PeerGone from error
        if secured is None:  # the connection was closed meanwhile
            raise PeerGone
        # What StreamReaderProtocol has of the old transport.
        self.transport = secured
        self._writer._transport = secured  # type: ignore[attr-defined]
        self._wire.attach(secured)
        self._over_ssl = self.is_secure = True
        self._reset_timeout()

    async def receive(self) -> Content:
        """Read one mail: each block has the block's time, all of them together DATA's time, the commit its own."""
        self.is_receiving = True
        try:
            await self.push("354 Send the mail, end it with a dot on a line of its own")
        except ConnectionError as error:
            raise PeerGone from error
        settings = self._settings
        content = Content(
            settings.max_message_bytes, settings.max_header_bytes, settings.max_lines, settings.max_line_bytes
        )
        until = self.loop.time() + settings.data_seconds
        while True:
            self._reset_timeout(max(0.001, min(settings.block_seconds, until - self.loop.time())))
            chunk = await self._wire.chunk()
            if not chunk:
                raise PeerGone
            rest = content.feed(chunk)
            self._hold(content)
            if rest is not None:
                self._wire.put_back(rest)
                self._reset_timeout(settings.commit_seconds + settings.command_seconds)
                return content
            if content.is_hopeless:
                raise Close(content.refusal or "552 5.3.4 The mail is too large")

    def _hold(self, content: Content) -> None:
        """Take memory for what has come; a mail for which there is none is read to its end and put off."""
        if not self._door.hold(content.held - self._held):
            _log.warning("action=memory_full peer=%s octets=%d", self.peer, content.held)
            content.refuse("452 4.3.1 Too much mail at once, try again later")
            self._door.hold(content.held - self._held)
        self._held = content.held

    def release(self) -> None:
        """Give back the memory of the mail that was received."""
        self._door.hold(-self._held)
        self._held = 0


def _address(host: object) -> str:
    """Return an address in one form: an IPv4 address that came in IPv6 clothes is the IPv4 address."""
    address = ipaddress.ip_address(str(host))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
