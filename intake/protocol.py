"""One SMTP connection: aiosmtpd's transport, session and timers, with a loop and DATA of our own.

Why not aiosmtpd's own loop: it answers 500 to our own trouble, keeps one object for each line of DATA, runs the
command's timer through DATA and commit, cancels the commit when the peer leaves, and offers AUTH that nobody can pass.
What is said is decided in ``intake.dialogue``; ``_converse`` is the one place that speaks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiosmtpd.smtp import SMTP

from desk.errors import Unavailable
from intake.content import Content
from intake.dialogue import IDENT, MAX_LINE, Close, Dialogue, Door
from intake.settings import MEBIBYTE, ListenerSettings
from intake.wire import Wire

_log = logging.getLogger("tierdesk.intake")


class PeerGone(Exception):  # not an error of ours
    """The peer left in the middle of a mail; nobody is there to hear a reply."""


class SmtpConnection(SMTP):
    """One connection."""

    line_length_limit = MEBIBYTE

    def __init__(
        self,
        settings: ListenerSettings,
        door: Door,
        loop: asyncio.AbstractEventLoop,
        on_lost: Callable[[SmtpConnection], None],
    ) -> None:
        super().__init__(
            None,
            data_size_limit=settings.max_message_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident=IDENT,
            timeout=settings.command_seconds,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=loop,
        )
        self._settings = settings
        self._door = door
        self._on_lost = on_lost
        self._peer = ""
        self._is_inside = False
        self._wire: Wire
        self.is_receiving = False
        """True from DATA to the reply after the final dot: ``stop`` waits for these."""
        self._is_last = False

    def eof_received(self) -> bool | None:
        """Let the dialogue go on: a peer that has sent QUIT and closed its side still wants its replies."""
        asyncio.StreamReaderProtocol.eof_received(self)
        return self.session is not None and self.session.ssl is None

    def connection_lost(self, error: Exception | None) -> None:
        """Count the connection out; the base class cancels the dialogue, which does not reach a commit."""
        if self._is_inside:
            self._is_inside = False
            self._door.leave(self._peer)
        self._on_lost(self)
        super().connection_lost(error)

    def close_soon(self) -> None:
        """End the dialogue: now when it is between mails, else after the reply to the mail it is receiving."""
        self._is_last = True
        if not self.is_receiving:
            self._hang_up("421 4.3.2 Closing down, try again soon")

    def _timeout_cb(self) -> None:
        _log.info("action=timeout peer=%s", self._peer)
        self._hang_up("421 4.4.2 Waited too long for you")

    def cut(self) -> None:
        """End the connection without another word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _hang_up(self, reply: str) -> None:
        if not isinstance(self.transport, asyncio.WriteTransport) or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # a peer that does not read its replies will not read this one
            return
        self.transport.write(reply.encode() + b"\r\n")
        self.transport.close()

    async def _handle_client(self) -> None:
        assert self.session is not None and self.transport is not None
        peername: object = self.session.peer  # annotated as text by the library, a tuple on TCP
        self._peer = str(peername[0]) if isinstance(peername, tuple) and peername else "local"
        try:
            self._is_inside = self._door.enter(self._peer)
            if not self._is_inside:
                _log.warning("action=too_many_connections peer=%s", self._peer)
                self._hang_up("421 4.7.0 Too many connections, try again later")
                return
            self._wire = Wire(self._reader, MAX_LINE)
            await self.push(f"220 {self.hostname} {IDENT}")
            await self._converse(Dialogue(self._settings, self._door, self._peer, self._receive))
        except (ConnectionError, PeerGone) as error:
            _log.info("action=connection_lost peer=%s reason=%s", self._peer, type(error).__name__)
        finally:
            self._writer.close()

    async def _converse(self, dialogue: Dialogue) -> None:
        """Read, obey, reply, until one side has had enough."""
        while not self._is_last and (line := await self._wire.line()) is not None:
            self._reset_timeout()
            try:
                reply = await dialogue.obey(line)
            except Close as last:
                await self.push(str(last))
                return
            except PeerGone:
                raise
            except Exception as error:
                dialogue.forget_mail()
                reply = await self.handle_exception(error)
            self.is_receiving = False
            await self.push(reply)
            self._reset_timeout()

    async def handle_exception(self, error: Exception) -> str:
        """Answer our own trouble with 451 and a reference that the log has: never a 5xx, never the exception's text."""
        reference = self._door.reference()
        _log.error("action=trouble reference=%s peer=%s error=%s", reference, self._peer, type(error).__name__,
                   exc_info=None if isinstance(error, Unavailable) else error)  # fmt: skip
        return f"451 4.3.0 Trouble on our side, try again later (reference {reference})"

    async def _receive(self) -> Content:
        """Read one mail: each block has the block's time, all of them together DATA's time, the commit its own."""
        self.is_receiving = True
        try:
            await self.push("354 Send the mail, end it with a dot on a line of its own")
        except ConnectionError as error:
            raise PeerGone from error
        settings = self._settings
        content = Content(settings.max_message_bytes, settings.max_header_bytes, settings.max_lines)
        until = self.loop.time() + settings.data_seconds
        while True:
            self._reset_timeout(max(0.001, min(settings.block_seconds, until - self.loop.time())))
            chunk = await self._wire.chunk()
            if not chunk:
                raise PeerGone
            rest = content.feed(chunk)
            if rest is not None:
                self._wire.put_back(rest)
                self._reset_timeout(settings.commit_seconds + settings.command_seconds)
                return content
            if content.is_hopeless:
                raise Close(content.refusal or "552 5.3.4 The mail is too large")
