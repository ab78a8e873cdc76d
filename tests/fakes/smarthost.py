"""A next hop on loopback that does what a test tells it to, and keeps what it was given.

``replies`` maps a stage (``connect ehlo helo starttls auth mail rcpt data content quit``) to the line to say instead
of the usual one, or to ``DROP`` (close the connection) or ``STALL`` (say nothing until the test ends). A list is used
up one connection after another, its last element stays.
"""

from __future__ import annotations

import base64
import contextlib
import socketserver
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

DROP = "drop"
STALL = "stall"
DEADLINE = 10.0
"""Seconds that a test waits for something that should happen at once."""

USUAL = {
    "connect": "220 smarthost.example.org ESMTP",
    "ehlo": "",
    "helo": "250 smarthost.example.org",
    "starttls": "220 2.0.0 go ahead",
    "auth": "",
    "mail": "250 2.1.0 sender ok",
    "rcpt": "250 2.1.5 recipient ok",
    "data": "354 end with a dot",
    "content": "250 2.0.0 queued as 4F2",
    "quit": "221 2.0.0 bye",
}


@dataclass(frozen=True)
class Received:
    """A mail that was taken: its envelope, its bytes without dot stuffing, and the state of the session."""

    mail_from: str
    rcpt_to: str
    content: bytes
    mail_options: tuple[str, ...]
    helo: str
    is_tls: bool
    user: str


@dataclass
class FakeSmarthost:
    """The server; a context manager. ``certificate`` holds key and certificate in one file and allows STARTTLS."""

    replies: dict[str, str | list[str]] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("SIZE 10000000", "8BITMIME", "SMTPUTF8")
    users: dict[str, str] = field(default_factory=dict)
    certificate: Path | None = None
    is_implicit_tls: bool = False
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __enter__(self) -> FakeSmarthost:
        """Start to listen on a free port of 127.0.0.1."""
        self.changed = threading.Condition()
        self.is_over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.smarthost = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let stalled sessions go and stop."""
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, count: int, deadline: float = DEADLINE) -> list[Received]:
        """Return what was received once there are ``count`` mails; raises AssertionError after ``deadline`` seconds."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.received) >= count, deadline), f"got {len(self.received)}"
            return list(self.received)

    def wait_for_command(self, verb: str, deadline: float = DEADLINE) -> None:
        """Return once a client has said ``verb``; raises AssertionError after ``deadline`` seconds."""
        with self.changed:
            said = self.changed.wait_for(lambda: any(line.startswith(verb) for line in self.commands), deadline)
            assert said, f"no {verb} in {self.commands}"

    def reply(self, stage: str, usual: str = "") -> str:
        """Return what to say at a stage."""
        told = self.replies.get(stage, usual or USUAL[stage])
        if isinstance(told, str):
            return told
        return told.pop(0) if len(told) > 1 else told[0]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False  # Joined by server_close, so that no socket outlives a test.
    smarthost: FakeSmarthost

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is part of the game."""


class _Over(Exception):
    """The session has ended."""


class _Session(socketserver.StreamRequestHandler):
    timeout = DEADLINE

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.connection.close()

    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        self.told = self.server.smarthost
        self.is_tls, self.user, self.helo = False, "", ""
        self.envelope: dict[str, str] = {}
        with contextlib.suppress(_Over, OSError):
            if self.told.is_implicit_tls:
                self._wrap()
            self._say("connect")
            while line := self.rfile.readline():
                self._obey(line.decode().rstrip("\r\n"))

    def _obey(self, line: str) -> None:
        with self.told.changed:
            self.told.commands.append(line)
            self.told.changed.notify_all()
        verb, _, rest = line.partition(" ")
        action = getattr(self, f"_{verb.lower()}", None)
        if action is None:
            self._write("502 5.5.1 what?")
        else:
            action(rest)

    def _ehlo(self, name: str) -> None:
        self.helo = name
        offers = ["smarthost.example.org", *self.told.extensions]
        if self.told.certificate and not self.is_tls:
            offers.append("STARTTLS")
        if self.told.users:
            offers.append("AUTH PLAIN")
        last = len(offers) - 1
        self._say("ehlo", "\r\n".join(f"250{' ' if n == last else '-'}{offer}" for n, offer in enumerate(offers)))

    def _helo(self, name: str) -> None:
        self.helo = name
        self._say("helo")

    def _starttls(self, _rest: str) -> None:
        if self._say("starttls").startswith("220"):
            self._wrap()

    def _wrap(self) -> None:
        assert self.told.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.told.certificate)
        self.connection = self.request = context.wrap_socket(self.connection, server_side=True)
        self.setup()
        self.is_tls = True

    def _auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.removeprefix("PLAIN ")).decode().split("\0")
        is_right = self.told.users.get(user) == password
        self.user = user if is_right else ""
        self._say("auth", "235 2.7.0 welcome" if is_right else "535 5.7.8 wrong user or password")

    def _mail(self, rest: str) -> None:
        self.envelope["from"] = rest
        self._say("mail")

    def _rcpt(self, rest: str) -> None:
        self.envelope["to"] = rest
        self._say("rcpt")

    def _data(self, _rest: str) -> None:
        if not self._say("data").startswith("354"):
            return
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Over  # the client went away in the middle of a mail
            lines.append(line[1:] if line.startswith(b".") else line)
        answer = self.told.reply("content")
        if answer[0] == "2" or answer == DROP:  # After a drop the mail counts as taken: the 250 was lost on the way.
            self._keep(b"".join(lines))
        self._speak(answer)

    def _keep(self, content: bytes) -> None:
        path, *options = self.envelope["from"].removeprefix("FROM:<").split("> ")
        mail_from = path.removesuffix(">")
        rcpt_to = self.envelope["to"].removeprefix("TO:<").removesuffix(">")
        words = tuple(" ".join(options).split())
        received = Received(mail_from, rcpt_to, content, words, self.helo, self.is_tls, self.user)
        with self.told.changed:
            self.told.received.append(received)
            self.told.changed.notify_all()

    def _rset(self, _rest: str) -> None:
        self._write("250 2.0.0 forgotten")

    def _quit(self, _rest: str) -> None:
        self._say("quit")
        raise _Over

    def _say(self, stage: str, usual: str = "") -> str:
        return self._speak(self.told.reply(stage, usual))

    def _speak(self, answer: str) -> str:
        if answer == STALL:
            self.told.is_over.wait()
        if answer in (DROP, STALL):
            raise _Over
        self._write(answer)
        return answer

    def _write(self, answer: str) -> None:
        self.wfile.write(answer.encode("utf-8", "surrogateescape") + b"\r\n")


def make_certificate(folder: Path, name: str = "localhost") -> Path:
    """Return a new self-signed certificate with its key in one file; raises FileNotFoundError without ``openssl``."""
    path, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(path)], check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path
