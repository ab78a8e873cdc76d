"""The SMTP dialogue (RFC 5321) without a socket: each command is a method that returns its reply.

What the dialogue asks of the rest of the house is ``Door``; what it asks of the wire is one function that reads a mail.

Known limits: no LMTP, no STARTTLS, no BDAT, no DSN parameters (555, as they are not offered).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from intake.content import Content
from intake.paths import Path, Wrong, read_path
from intake.settings import ListenerSettings
from intake.wire import Line

IDENT = "ESMTP tierdesk"
_MAX_COMMAND = 512
MAX_LINE = 1024
"""RFC 5321 §4.5.3.1.4 plus what SIZE, BODY and SMTPUTF8 add (RFC 1870, 6152, 6531)."""
_HTTP = frozenset({"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PRI"})
_NOT_OFFERED = frozenset({"AUTH", "STARTTLS", "EXPN", "BDAT", "ETRN", "TURN", "SEND", "SOML", "SAML", "LHLO", "ATRN"})
_HOST = re.compile(r"[\x21-\x7e]{1,255}")
_VERB = re.compile(rb"[A-Za-z0-9]{1,20}")


class Door(Protocol):
    """What the dialogue asks of the listener that opened it. Each method may raise: the peer then hears 451."""

    def enter(self, peer: str) -> bool:
        """Count a connection in; False when there are too many."""

    def leave(self, peer: str) -> None:
        """Count a connection out that was let in."""

    async def accepts(self, address: str) -> bool:
        """Say whether mail to ``address`` is ours."""

    def has_space(self, octets: int) -> bool:
        """Say whether a mail of that size leaves the store's disk its floor."""

    def reference(self) -> str:
        """Return a short text that connects a 451 with its line in the log."""

    async def take(self, peer: str, mail_from: str, rcpt_to: tuple[str, ...], raw: bytes) -> int:
        """Make the mail durable and return its ledger id."""


class Close(Exception):  # not an error: the last reply of a dialogue
    """End the dialogue after this reply."""


class Dialogue:
    """The state of one connection between commands, and what each command does to it."""

    def __init__(
        self, settings: ListenerSettings, door: Door, peer: str, receive: Callable[[], Awaitable[Content]]
    ) -> None:
        self._settings = settings
        self._door = door
        self._peer = peer
        self._receive = receive
        self._host = ""
        self._mail_from: str | None = None
        self._rcpt_to: list[str] = []
        self._is_utf8_mail = False
        self._commands_left = settings.max_commands
        self._errors_left = settings.max_errors
        self._commands: dict[str, Callable[[str | None], Awaitable[str]]] = {
            "HELO": self._helo, "EHLO": self._ehlo, "MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data,
            "RSET": self._rset, "NOOP": self._noop, "QUIT": self._quit, "HELP": self._help, "VRFY": self._vrfy,
        }  # fmt: skip

    def forget_mail(self) -> None:
        """Give up the mail that was begun, as RSET does."""
        self._mail_from, self._rcpt_to, self._is_utf8_mail = None, [], False

    async def obey(self, line: Line) -> str:
        """Return the reply to a command line, perhaps of several lines. Raises ``Close`` with the last one."""
        reply = await self._reply(line)
        self._errors_left -= reply.startswith("5")
        return reply

    async def _reply(self, line: Line) -> str:
        self._commands_left -= 1
        if self._commands_left < 0 or self._errors_left <= 0:
            raise Close("421 4.7.0 Too many commands or errors, goodbye")
        verb, _, rest = line.text.partition(b" ")
        name = verb.upper().decode("ascii", "replace")
        if name in _HTTP:
            raise Close("421 4.7.0 This is a mail server")
        if line.is_bare:
            return "500 5.5.2 A line ends with CR LF"
        limit = MAX_LINE if name in ("MAIL", "RCPT") else _MAX_COMMAND
        if line.is_too_long or len(line.text) + 2 > limit:
            return "500 5.5.2 Line too long"
        if not _VERB.fullmatch(verb):
            return "500 5.5.2 That is not a command"
        command = self._commands.get(name)
        if command is None:
            return "502 5.5.1 Not offered here" if name in _NOT_OFFERED else "500 5.5.1 Unknown command"
        argument = rest.decode("utf-8", "surrogateescape").strip(" ")
        return await command(argument or None)

    async def _helo(self, host: str | None) -> str:
        refusal = self._greet(host)
        return refusal or f"250 {self._settings.hostname}"

    async def _ehlo(self, host: str | None) -> str:
        refusal = self._greet(host)
        size = f"SIZE {self._settings.max_message_bytes}"
        offers = (self._settings.hostname, "PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "HELP")
        return refusal or "\r\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])

    def _greet(self, host: str | None) -> str | None:
        if host is None or not _HOST.fullmatch(host):
            return "501 5.5.4 Say who you are: a host name or an address literal"
        self.forget_mail()
        self._host = host
        return None

    async def _mail(self, argument: str | None) -> str:
        if not self._host:
            return "503 5.5.1 Say EHLO or HELO first"
        if self._mail_from is not None:
            return "503 5.5.1 One sender at a time"
        path = read_path(argument, "FROM", "553 5.1.7")
        if isinstance(path, Wrong):
            return f"{path.code} {path.text}"
        refusal = self._check_mail(path)
        if refusal is None:
            self._mail_from = path.address
        return refusal or "250 2.1.0 OK"

    def _check_mail(self, path: Path) -> str | None:
        """Check the parameters of MAIL (RFC 1870, 6152, 6531) and that there is room for what SIZE announces."""
        parameters = dict(path.parameters)
        size = parameters.pop("SIZE", "0")
        if not (size.isascii() and size.isdigit() and len(size) <= 20):
            return "501 5.5.4 SIZE is a number of octets"
        if parameters.pop("BODY", "7BIT").upper() not in ("7BIT", "8BITMIME"):
            return "501 5.5.4 BODY is 7BIT or 8BITMIME"
        is_utf8 = "SMTPUTF8" in parameters
        if parameters.pop("SMTPUTF8", ""):
            return "501 5.5.4 SMTPUTF8 takes no value"
        if parameters:
            return "555 5.5.4 Parameter not offered here"
        if not path.is_ascii and not is_utf8:
            return "553 5.6.7 An address like that needs SMTPUTF8"
        if int(size) > self._settings.max_message_bytes:
            return f"552 5.3.4 The mail is larger than {self._settings.max_message_bytes} octets"
        if not self._door.has_space(int(size)):
            return "452 4.3.1 Not enough disk space here, try again later"
        self._is_utf8_mail = is_utf8
        return None

    async def _rcpt(self, argument: str | None) -> str:
        if self._mail_from is None:
            return "503 5.5.1 Say MAIL first"
        path = read_path(argument, "TO", "550 5.1.3")
        if isinstance(path, Wrong):
            return f"{path.code} {path.text}"
        if not path.address:
            return "550 5.1.3 A mail needs a recipient"
        if path.parameters:
            return "555 5.5.4 Parameter not offered here"
        if not path.is_ascii and not self._is_utf8_mail:
            return "553 5.6.7 An address like that needs SMTPUTF8"
        if len(self._rcpt_to) >= self._settings.max_recipients:
            return "452 4.5.3 Too many recipients, send the rest in another mail"
        if not await self._door.accepts(path.address):
            return "550 5.1.1 Nobody here has that address"
        self._rcpt_to.append(path.address)
        return "250 2.1.5 OK"

    async def _data(self, argument: str | None) -> str:
        if argument is not None:
            return "501 5.5.4 DATA takes no argument"
        if self._mail_from is None:
            return "503 5.5.1 Say MAIL first"
        if not self._rcpt_to:
            return "554 5.5.1 No recipient that is ours"
        if not self._door.has_space(0):
            return "452 4.3.1 Not enough disk space here, try again later"
        try:
            content = await self._receive()
            return content.refusal or await self._commit(content)
        finally:
            self.forget_mail()

    async def _commit(self, content: Content) -> str:
        """Make the mail durable, whatever the peer does meanwhile; only then there is a 250."""
        assert self._mail_from is not None
        taken = self._door.take(self._peer, self._mail_from, tuple(self._rcpt_to), content.take())
        ledger_id = await asyncio.wait_for(taken, self._settings.commit_seconds)
        self._commands_left = self._settings.max_commands
        self._errors_left = self._settings.max_errors
        return f"250 2.6.0 Queued as {ledger_id}"

    async def _rset(self, argument: str | None) -> str:
        if argument is not None:
            return "501 5.5.4 RSET takes no argument"
        self.forget_mail()
        return "250 2.0.0 OK"

    async def _noop(self, argument: str | None) -> str:
        return "250 2.0.0 OK"

    async def _quit(self, argument: str | None) -> str:
        if argument is not None:
            return "501 5.5.4 QUIT takes no argument"
        raise Close("221 2.0.0 Goodbye")

    async def _help(self, argument: str | None) -> str:
        return f"214 2.0.0 {' '.join(self._commands)}"

    async def _vrfy(self, argument: str | None) -> str:
        if argument is None:
            return "501 5.5.4 VRFY takes an address"
        return "252 2.5.2 Send a mail and see"
