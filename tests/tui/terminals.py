"""The far end of a pseudo-terminal, for tests that read raw bytes."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRON = {
    **{
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES")
    },
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LC_ALL": "C.UTF-8",
    "TEXTUAL_ANIMATIONS": "none",
    "PYTHONPATH": str(ROOT),
}
DEADLINE = 20.0


class Terminal:
    """A process on a pseudo-terminal; ``module`` is run with ``arguments``."""

    def __init__(self, module: str, *arguments: str, rows: int = 45, columns: int = 140) -> None:
        self.near, self.far = os.openpty()
        termios.tcsetwinsize(self.near, (rows, columns))
        self.modes = termios.tcgetattr(self.far)
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=ENVIRON,
            preexec_fn=lambda: os.login_tty(self.far),
        )
        self.seen = b""

    def read_until(self, reached: Callable[[bytes], bool]) -> bytes:
        """Read until what came since the last call satisfies ``reached``, and return it."""
        got, deadline = b"", time.monotonic() + DEADLINE
        while not reached(got):
            assert time.monotonic() < deadline, f"never came; the end is {got[-300:]!r}"
            got += self._read(0.1)
        got += self.quiet()
        self.seen += got
        return got

    def quiet(self) -> bytes:
        """Read until nothing has come for a moment."""
        got = b""
        while piece := self._read(0.3):
            got += piece
        return got

    def _read(self, wait: float) -> bytes:
        if not select.select([self.near], [], [], wait)[0]:
            return b""
        try:
            return os.read(self.near, 65536)
        except OSError:
            return b""

    def press(self, keys: bytes) -> None:
        os.write(self.near, keys)

    def end(self, number: int) -> int:
        """Send a signal, read on, and return the exit status."""
        self.process.send_signal(number)
        deadline = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "did not end"
            self.seen += self._read(0.05)
        self.seen += self.quiet()
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for end in (self.near, self.far):
            if end >= 0:
                os.close(end)
