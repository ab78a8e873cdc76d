"""Programs on real terminals: a tmux server of the tests' own, with its own socket, typed to and read like a person.

Nothing sleeps for a guessed time: a screen is looked at until it shows what was waited for, or a deadline passes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 30.0
LOOK_SECONDS = 0.03
_CONFIG = """\
set -g status off
set -g default-terminal tmux-256color
set -sg escape-time 0
set -g remain-on-exit on
"""


class Missing(Exception):
    """There is no tmux on this machine."""


def _status_of_zombie(process: int) -> int | None:
    """Return the exit status of a process that has ended and that tmux has not noticed yet, which can take it long."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return os.waitstatus_to_exitcode(int(fields[-1])) if fields[0] == "Z" else None


@dataclass(frozen=True)
class Screen:
    """One terminal."""

    server: Server
    name: str

    def shown(self) -> str:
        """Return what is on the screen, line by line, without colours."""
        return self.server.call("capture-pane", "-p", "-t", self.name)

    def type(self, text: str) -> None:
        """Type letters as they are."""
        self.server.call("send-keys", "-t", self.name, "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: ``Enter``, ``C-s``, ``Escape``."""
        self.server.call("send-keys", "-t", self.name, *keys)

    def wait_until(self, is_so: Callable[[str], bool], what: str, seconds: float = DEADLINE) -> str:
        """Return the screen once it is as wanted."""
        until = time.monotonic() + seconds
        while not is_so(shown := self.shown()):
            assert time.monotonic() < until, f"{self.name} never showed {what}:\n{shown}"
            time.sleep(LOOK_SECONDS)
        return shown

    def wait_for(self, *texts: str, seconds: float = DEADLINE) -> str:
        """Return the screen once it shows all of these."""
        return self.wait_until(lambda shown: all(text in shown for text in texts), " and ".join(texts), seconds)

    @property
    def size(self) -> str:
        """Return columns and rows as ``80x24``."""
        return self.server.call("display-message", "-p", "-t", self.name, "#{pane_width}x#{pane_height}").strip()

    @property
    def process(self) -> int:
        """Return the id of the process that began in it."""
        return int(self.server.call("display-message", "-p", "-t", self.name, "#{pane_pid}"))

    def wait_for_end(self) -> int:
        """Return how its program ended: the exit status, or the negative number of the signal."""
        until, process = time.monotonic() + DEADLINE, self.process
        while True:
            ended = _status_of_zombie(process)
            if ended is not None:
                return ended
            told = self.server.call("display-message", "-p", "-t", self.name, "#{pane_dead_status},#{pane_dead_signal}")
            status, _, number = told.strip().partition(",")
            if status or number:
                return int(status) if status else -int(number)
            assert time.monotonic() < until, f"{self.name} does not end:\n{self.shown()}"
            time.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class Server:
    """A tmux server with sessions that nobody else sees."""

    program: str
    folder: Path

    def call(self, *words: str) -> str:
        """Give a command to the server and return what it prints."""
        command = [self.program, "-L", "tierdesk", "-f", str(self.folder / "tmux.conf"), *words]
        done = subprocess.run(command, env=self._environ, capture_output=True, text=True, check=False, timeout=DEADLINE)
        assert done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout

    def open(self, name: str, size: tuple[int, int], command: Sequence[str], environ: Mapping[str, str]) -> Screen:
        """Run a program on a new terminal of ``size`` (columns, rows) with nothing but ``environ``."""
        variables = [f"{key}={value}" for key, value in environ.items()]
        # TERM and TMUX are tmux's own words and must reach the program.
        keep = 'exec env -i TERM="$TERM" COLORTERM=truecolor "$@"'
        self.call(
            "new-session", "-d", "-s", name, "-x", str(size[0]), "-y", str(size[1]),
            "sh", "-c", keep, "sh", *variables, *command,
        )  # fmt: skip
        return Screen(self, name)

    @property
    def _environ(self) -> dict[str, str]:
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TMUX_TMPDIR": str(self.folder), "HOME": "/"}


@contextmanager
def server() -> Iterator[Server]:
    """Run a tmux server while the block runs. Raises Missing."""
    program = shutil.which("tmux")
    if program is None:
        raise Missing("tmux is not installed")
    folder = Path(tempfile.mkdtemp(prefix="tierdesk-tmux-"))  # a socket's path must be short
    (folder / "tmux.conf").write_text(_CONFIG)
    found = Server(program, folder)
    try:
        yield found
    finally:
        subprocess.run([program, "-L", "tierdesk", "kill-server"], env=found._environ, capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
