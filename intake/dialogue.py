"""The dialogue (RFC 5321; LMTP: RFC 2033) without a socket: each command is a method that returns its reply.

What the dialogue asks of the rest of the house and of the connection is in ``intake.parties``. A reply '' means that
the command has answered already.

Known limits: no BDAT, no DSN parameters, no REQUIRETLS (502 and 555, as they are not offered).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable

from intake import login
from intake.content import Content
from intake.parties import LOCAL, Caller, Close, Door, PeerGone
from intake.paths import Path, Wrong, read_path
from intake.settings import ListenerSettings, Speech
from intake.wire import Line

_MAX_COMMAND = 512
_MAX_PATH_LINE = 1024
"""RFC 5321 §4.5.3.1.4 plus what SIZE, BODY, SMTPUTF8 and AUTH add (RFC 1870, 6152, 6531, 4954)."""
MAX_LINE = login.MAX_LINE
_LIMITS = {"MAIL": _MAX_PATH_LINE, "RCPT": _MAX_PATH_LINE, "AUTH": MAX_LINE}
_MAX_LOGINS = 3
_HTTP = frozenset({"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PRI"})
_NOT_OFFERED = frozenset({"AUTH", "STARTTLS", "EXPN", "BDAT", "ETRN", "TURN", "SEND", "SOML", "SAML", "LHLO", "ATRN"})
_HOST = re.compile(r"[\x21-\x7e]{1,255}")
_VERB = re.compile(rb"[A-Za-z0-9]{1,20}")
_NOT_PRINTABLE = re.compile(rb"[^\x20-\x7e]")


class Dialogue:
    """The state of one connection between commands, and what each command does to it."""

    def __init__(self, settings: ListenerSettings, door: Door, caller: Caller) -> None:
        self._settings = settings
        self._door = door
        self._caller = caller
        self._host = ""
        self._user = ""
        self._mail_from: str | None = None
        self._rcpt_to: list[str] = []
        self._is_utf8_mail = False
        self._commands_left = settings.max_commands
        self._errors_left = settings.max_errors
        self._logins_left = _MAX_LOGINS
        hello: dict[str, Callable[[str | None], Awaitable[str]]] = (
            {"LHLO": self._ehlo} if caller.speech is Speech.LMTP else {"HELO": self._helo, "EHLO": self._ehlo}
        )
        self._commands: dict[str, Callable[[str | None], Awaitable[str]]] = {
            **hello, "MAIL": self._mail, "RCPT": self._rcpt, "DATA": self._data, "RSET": self._rset,
            "NOOP": self._noop, "QUIT": self._quit, "HELP": self._help, "VRFY": self._vrfy,
        }  # fmt: skip
        if settings.tls is not None:
            self._commands["STARTTLS"] = self._starttls
        if settings.users is not None:
            self._commands["AUTH"] = self._auth

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
        if line.is_too_long or len(line.text) + 2 > _LIMITS.get(name, _MAX_COMMAND):
            return "500 5.5.2 Line too long"
        if not _VERB.fullmatch(verb):
            return "500 5.5.2 That is not a command"
        command = self._commands.get(name)
        if command is None:
            return "502 5.5.1 Not offered here" if name in _NOT_OFFERED else "500 5.5.1 Unknown command"
        if name not in ("MAIL", "RCPT") and _NOT_PRINTABLE.search(rest):
            return "500 5.5.2 A command is printable ASCII"
        argument = rest.decode("utf-8", "surrogateescape").strip(" ")
        return await command(argument or None)

    # -- who it is -----------------------------------------------------------------------------------------------------

    async def _helo(self, host: str | None) -> str:
        refusal = self._greet(host)
        return refusal or f"250 {self._settings.hostname}"

    async def _ehlo(self, host: str | None) -> str:
        refusal = self._greet(host)
        return refusal or _lines("250", self._offers())

    def _offers(self) -> list[str]:
        settings, is_secure = self._settings, self._caller.is_secure
        size = f"SIZE {settings.max_message_bytes}"
        offers = [settings.hostname, "PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if settings.tls is not None and not is_secure:
            offers.append("STARTTLS")
        if settings.users is not None and is_secure:
            offers.append(f"AUTH {' '.join(login.MECHANISMS)}")
        return [*offers, "HELP"]

    def _greet(self, host: str | None) -> str | None:
        if host is None or not _HOST.fullmatch(host):
            return "501 5.5.4 Say who you are: a host name or an address literal"
        self.forget_mail()
        self._host = host
        return None

    async def _starttls(self, argument: str | None) -> str:
        if argument is not None:
            return "501 5.5.4 STARTTLS takes no argument"
        if self._caller.is_secure:
            return "503 5.5.1 TLS is there already"
        await self._caller.start_tls()
        self.forget_mail()  # RFC 3207 §4.2: what was said before is forgotten
        self._host = ""
        return ""

    async def _auth(self, argument: str | None) -> str:
        if not self._caller.is_secure:
            return "538 5.7.11 Say STARTTLS first" if self._settings.tls else "502 5.5.1 Not offered here"
        if not self._host or self._user or self._mail_from is not None:
            return "503 5.5.1 Not now"
        mechanism, _, initial = (argument or "").partition(" ")
        try:
            name, password = await login.credentials(mechanism.upper(), initial.strip() or None, self._ask)
        except login.Refused as refused:
            return str(refused)
        return await self._log_in(name, password)

    async def _ask(self, challenge: bytes) -> bytes:
        line = await self._caller.ask(login.challenge(challenge))
        if line.is_bare or line.is_too_long:
            raise login.Refused("500 5.5.6 That line cannot be read")
        return line.text

    async def _log_in(self, name: str, password: bytes) -> str:
        assert self._settings.users is not None
        if await self._settings.users.know(name, password):
            self._user = name
            return "235 2.7.0 Welcome"
        self._logins_left -= 1
        if self._logins_left <= 0:
            raise Close("421 4.7.0 Too many wrong passwords, goodbye")
        return "535 5.7.8 Wrong name or password"

    # -- the mail ------------------------------------------------------------------------------------------------------

    async def _mail(self, argument: str | None) -> str:
        if not self._host:
            return f"503 5.5.1 Say {'LHLO' if self._caller.speech is Speech.LMTP else 'EHLO or HELO'} first"
        if self._settings.is_auth_required and not (self._user or self._caller.peer == LOCAL):
            return "530 5.7.0 Log in first"
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
        if self._settings.users is not None and self._caller.is_secure:
            parameters.pop("AUTH", "")  # RFC 4954 §5: who offers AUTH takes the parameter; it says nothing to us
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
        if not self._door.accepts(path.address):
            return "550 5.1.1 Nobody here has that address"
        self._rcpt_to.append(path.address)
        return "250 2.1.5 OK"

    async def _data(self, argument: str | None) -> str:
        if argument is not None:
            return "501 5.5.4 DATA takes no argument"
        if self._mail_from is None:
            return "503 5.5.1 Say MAIL first"
        if not self._rcpt_to:  # RFC 2033 §4.2 allows no other code in LMTP
            return f"{'503' if self._caller.speech is Speech.LMTP else '554'} 5.5.1 No recipient that is ours"
        if not self._door.has_space(0):
            return "452 4.3.1 Not enough disk space here, try again later"
        if not self._door.has_memory():
            return "452 4.3.1 Too much mail at once, try again later"
        try:
            return self._for_each(await self._delivered())
        except Close as last:
            raise Close(self._for_each(str(last))) from None
        finally:
            self._caller.release()
            self.forget_mail()

    def _for_each(self, reply: str) -> str:
        """Return the reply once, in LMTP once for each recipient that was accepted, named twice or not."""
        return "\r\n".join([reply] * (len(self._rcpt_to) if self._caller.speech is Speech.LMTP else 1))

    async def _delivered(self) -> str:
        try:
            content = await self._caller.receive()
            return content.refusal or await self._commit(content)
        except (Close, PeerGone):
            raise
        except Exception as error:
            return self._caller.trouble(error)

    async def _commit(self, content: Content) -> str:
        """Make the mail durable, whatever the peer does meanwhile; only then there is a 250."""
        assert self._mail_from is not None
        recipients = tuple(dict.fromkeys(self._rcpt_to))
        taken = self._door.take(self._caller.peer, self._mail_from, recipients, content.take(), self._user)
        ledger_id = await asyncio.wait_for(taken, self._settings.commit_seconds)
        self._commands_left = self._settings.max_commands
        self._errors_left = self._settings.max_errors
        return f"250 2.6.0 Queued as {ledger_id}"

    # -- the rest ------------------------------------------------------------------------------------------------------

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


def _lines(code: str, texts: Iterable[str]) -> str:
    *others, last = texts
    return "\r\n".join([*(f"{code}-{text}" for text in others), f"{code} {last}"])
