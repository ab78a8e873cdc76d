"""A sender that costs little: all its connections in one thread, one command at a time, as most mail systems speak."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.mails import RECIPIENT

_END = b"\r\n.\r\n"


class Refused(Exception):
    """The server did not take a mail."""


@dataclass
class Sent:
    """What a run of the sender saw: seconds for all mails, and for each from its last octet to its 250."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return mails a second."""
        return len(self.waits) / self.seconds


@dataclass
class _Line:
    """One connection: what it says next, and what is still to be written."""

    socket: socket.socket
    step: int = 0
    body: bytes = b""
    left: memoryview = field(default_factory=lambda: memoryview(b""))
    sender: str = ""
    ended_at: float = 0.0
    heard: bytes = b""


def send(port: int, mails: Sequence[tuple[str, bytes]], connections: int, per_second: float = 0.0) -> Sent:
    """Send all mails over so many connections that stay open. Raises Refused for a reply that is not the good one.

    ``per_second`` above 0: no faster than that.
    """
    waiting, sent = deque(mails), Sent()
    with selectors.DefaultSelector() as selector:
        lines = [_connect(port) for _ in range(min(connections, len(mails)))]
        started = time.perf_counter()
        idle: deque[_Line] = deque(lines)
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
        while len(sent.waits) < len(mails):
            now = time.perf_counter()
            while idle and waiting and _is_due(len(mails) - len(waiting), now - started, per_second):
                _begin(idle.popleft(), *waiting.popleft())
            for key, events in selector.select(0.001 if per_second else 5):
                line = key.data
                if events & selectors.EVENT_WRITE and not _write(line):
                    selector.modify(line.socket, selectors.EVENT_READ, line)
                if events & selectors.EVENT_READ and _hear(line, sent):
                    idle.append(line)
                    if waiting and not per_second:
                        _begin(idle.pop(), *waiting.popleft())
                elif line.left:
                    selector.modify(line.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, line)
        sent.seconds = time.perf_counter() - started
        for line in lines:
            line.socket.close()
    return sent


def _is_due(number: int, elapsed: float, per_second: float) -> bool:
    return not per_second or number <= elapsed * per_second


def _connect(port: int) -> _Line:
    connection = socket.create_connection(("127.0.0.1", port), 20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for words in (b"", b"EHLO bench.example.net\r\n"):
        connection.sendall(words)
        reply = b""
        while not reply.endswith(b"\r\n") or reply.split(b"\r\n")[-2][3:4] == b"-":
            reply += connection.recv(4096)
        if reply[:1] != b"2":
            raise Refused(reply)
    connection.setblocking(False)
    return _Line(connection)


def _begin(line: _Line, sender: str, mail: bytes) -> None:
    line.step, line.sender = 0, sender
    line.body = mail + (b".\r\n" if mail.endswith(b"\r\n") else _END)
    line.socket.send(b"MAIL FROM:<%s>\r\n" % sender.encode())


def _hear(line: _Line, sent: Sent) -> bool:
    """Take a reply and say the next thing; True when the mail is taken."""
    line.heard += line.socket.recv(4096)
    if not line.heard.endswith(b"\r\n"):
        return False
    reply, line.heard = line.heard, b""
    expected = (b"250", b"250", b"354", b"250")[line.step]
    if reply[:3] != expected:
        raise Refused(reply)
    line.step += 1
    if line.step == 1:
        line.socket.send(b"RCPT TO:<%s>\r\n" % RECIPIENT.encode())
    elif line.step == 2:
        line.socket.send(b"DATA\r\n")
    elif line.step == 3:
        line.left = memoryview(line.body)
        _write(line)
    else:
        sent.waits.append(time.perf_counter() - line.ended_at)
        return True
    return False


def _write(line: _Line) -> bool:
    """Write what the socket takes; True while something is left."""
    if line.left:
        try:
            line.left = line.left[line.socket.send(line.left) :]
        except BlockingIOError:
            return True
        line.ended_at = time.perf_counter()
    return bool(line.left)
