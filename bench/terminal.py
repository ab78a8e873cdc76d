"""A program in a pseudo-terminal, with a count of the bytes it paints and a clock on what it shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

_TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """A child in a terminal of ``size`` (columns, rows). Use as a context manager; it ends the child."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = (140, 45)) -> None:
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], list(argv), {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.output = bytearray()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        try:
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.perf_counter() + 5
            while time.perf_counter() < deadline and os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                self.drain(0.05)
        except EOFError:
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self._fd)

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._fd, keys)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return False
        try:
            self.output += os.read(self._fd, 65536)
        except OSError:
            raise EOFError(f"the program ended; it last showed {bytes(self.output[-400:])!r}") from None
        return True

    def wait_for(self, text: bytes, seconds: float = 20.0, start: int = 0) -> float:
        """Read until ``text`` is painted after offset ``start``; return the moment. Raises TimeoutError, EOFError."""
        deadline = time.perf_counter() + seconds
        while self.output.find(text, start) < 0:
            left = deadline - time.perf_counter()
            if left <= 0:
                raise TimeoutError(f"{text!r} was not shown within {seconds} s")
            self._read(left)
        return time.perf_counter()

    def drain(self, quiet: float) -> int:
        """Read until nothing came for ``quiet`` seconds and return how many bytes were painted."""
        before = len(self.output)
        while self._read(quiet):
            pass
        return len(self.output) - before

    def cpu_seconds(self) -> float:
        """Return the processor time that the child has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self) -> tuple[float, float]:
        """Return what the child adds to this machine's memory and what is resident, in MB (10^6 bytes).

        The first counts a page that several processes share by its share (Pss), the second whole (Rss).
        """
        kilobytes = {}
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, _, value = line.partition(":")
            kilobytes[name] = int(value.split()[0])
        return kilobytes["Pss"] * 1024 / 1e6, kilobytes["Rss"] * 1024 / 1e6
