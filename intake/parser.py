"""The parent's side of the parser child: sends a mail, waits so long, kills, starts anew. Called from threads."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from intake.frames import ANSWER, MAX_ANSWER, REQUEST, BadAnswer, decode_answer
from procedure.mail import ParsedMail

_log = logging.getLogger("tierdesk.intake")

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Parsed:
    """The mail could be read."""

    mail: ParsedMail


@dataclass(frozen=True)
class Failed:
    """The mail could not be read; ``reason`` completes the sentence "could not be parsed: …"."""

    reason: str


Result = Parsed | Failed


@dataclass(frozen=True)
class ParserLimits:
    """What one mail may use: CPU and wall time in seconds, address space in octets."""

    cpu_seconds: int = 15
    wall_seconds: float = 20.0
    memory_bytes: int = 512 << 20


class _Lost(Exception):
    """The child is gone or does not answer in time."""


class ParserProcess:
    """One long-lived child, started when the first mail comes and again after each one that it did not survive."""

    def __init__(self, limits: ParserLimits | None = None, command: tuple[str, ...] | None = None) -> None:
        self._limits = limits or ParserLimits()
        self._command = command or (sys.executable, "-m", "intake.child")
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self.starts = 0
        """How many children were started."""

    def parse(self, raw: bytes) -> Result:
        """Return what the child makes of a mail; never raises for what is in it."""
        with self._lock:
            try:
                return self._ask(raw)
            except (_Lost, BadAnswer, OSError, ValueError) as error:
                reason = self._end()
                _log.warning("action=parser_lost reason=%r error=%s", reason, type(error).__name__)
                return Failed(str(error) if isinstance(error, BadAnswer) else reason)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _ask(self, raw: bytes) -> Result:
        channel = self._living() or self._start()
        until = time.monotonic() + self._limits.wall_seconds
        _send(channel, REQUEST.pack(len(raw)), until)
        _send(channel, raw, until)
        document_size, octets_size = ANSWER.unpack(_receive(channel, ANSWER.size, until))
        if document_size + octets_size > MAX_ANSWER:
            raise BadAnswer("the parser's answer is too large")
        document = _receive(channel, document_size, until)
        answer = decode_answer(document, _receive(channel, octets_size, until))
        if not isinstance(answer, str):
            return Parsed(answer)
        self._end()  # what failed once may be damaged; a new child costs a tenth of a second
        return Failed(answer)

    def _living(self) -> socket.socket | None:
        """Return the channel to the child, None when it has died since the last mail: no mail's fault."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        return self._channel

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        arguments = [str(self._limits.cpu_seconds), str(self._limits.memory_bytes)]
        try:
            self._process = subprocess.Popen(
                [*self._command, *arguments],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel = ours
        self.starts += 1
        return ours

    def _end(self) -> str:
        """Kill the child. Return why it did not answer, told by how it ended."""
        process, channel = self._process, self._channel
        self._process = self._channel = None
        if channel is not None:
            channel.close()
        if process is None:
            return "the parser could not be started"
        try:
            status: int | None = process.wait(0.2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        return _why(status, self._limits)


def _why(status: int | None, limits: ParserLimits) -> str:
    if status is None:
        return f"it takes longer than {limits.wall_seconds:g} s"
    if status == -signal.SIGXCPU:
        return f"it takes more than {limits.cpu_seconds} s of CPU time"
    return f"the parser ended with status {status}"


def _send(channel: socket.socket, octets: bytes, until: float) -> None:
    channel.settimeout(_remaining(until))
    channel.sendall(octets)


def _receive(channel: socket.socket, size: int, until: float) -> bytes:
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        channel.settimeout(_remaining(until))
        count = channel.recv_into(view)
        if not count:
            raise _Lost("the parser closed its socket")
        view = view[count:]
    return bytes(buffer)


def _remaining(until: float) -> float:
    remaining = until - time.monotonic()
    if remaining <= 0:
        raise _Lost("the parser took too long")
    return remaining
