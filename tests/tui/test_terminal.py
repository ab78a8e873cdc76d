"""The console on a terminal that is missing, mute, hung up or odd: a real process, a real pty, raw bytes."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from textual.app import App

from tests.tui.terminals import DEADLINE, ENVIRON, ROOT, Terminal
from tui.terminal import GRACE, accept_bad_bytes, run

COMMAND = [sys.executable, "-m", "tests.tui.pty_app"]


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Start the tiny console and wait for its rows."""
    made = Terminal("tests.tui.pty_app")
    try:
        made.read_until(lambda got: b"TD-3" in got and b"forged" in got)
        yield made
    finally:
        made.close()


def active(output: bytes) -> list[bytes]:
    """Return what of the hostile words could act on a terminal; the pointer's shape is Textual's own message."""
    output = re.sub(rb"\x1b]22;[a-z-]*\x07", b"", output)
    tricks = (b"\x1b]", b"\x07", b"\x1b[2J", b"\x1b[31;41m", b"\xc2\x9b", "\u202e".encode(), b"\x00", b"\x08", b"\x7f")
    return [trick for trick in tricks if trick in output]


def test_no_escape_sequence_comes_from_data(terminal: Terminal) -> None:
    """Hostile subjects reach the terminal as pictures, and through a careless widget not at all."""
    assert active(terminal.seen) == []
    assert "␛]52;c;SGVsbG8=␇".encode() in terminal.seen
    terminal.press(b"w")
    assert active(terminal.read_until(lambda got: b"careless" in got)) == []


def test_bytes_that_are_not_utf8_do_not_end_it(terminal: Terminal) -> None:
    """A latin-1 paste or an old mouse report is no reason to lose a draft."""
    terminal.press(b"\xff\xe9\xc3")
    terminal.press(b"w")
    terminal.press(b"w")
    terminal.read_until(lambda got: b"careless" in got)
    assert terminal.process.poll() is None


def test_few_bytes_per_change(terminal: Terminal) -> None:
    """A changed row costs less than 1.5 KB on the wire, a step of the cursor too, a page less than 25 KB."""
    terminal.press(b"c")
    changed = terminal.read_until(lambda got: b"version" in got)
    terminal.press(b"j")
    stepped = terminal.read_until(bool)
    terminal.press(b"\x1b[6~")
    paged = terminal.read_until(lambda got: b"TD-60" in got)
    assert len(changed) < 1500
    assert len(stepped) < 1500
    assert len(paged) < 25_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_and_restore_the_terminal(terminal: Terminal, number: int) -> None:
    """The alternate screen, the mouse and raw mode are left; the status says which signal it was."""
    terminal.seen = b""
    assert terminal.end(number) == 128 + number
    assert {code for code in (b"\x1b[?1049l", b"\x1b[?1003l", b"\x1b[?25h") if code in terminal.seen} == {
        b"\x1b[?1049l",
        b"\x1b[?1003l",
        b"\x1b[?25h",
    }
    assert termios.tcgetattr(terminal.far)[:4] == terminal.modes[:4]


def test_a_terminal_that_goes_away_ends_it(terminal: Terminal) -> None:
    """When the line is cut the process is gone soon, and says so in its status."""
    os.close(terminal.far)
    os.close(terminal.near)
    terminal.near = terminal.far = -1
    assert terminal.process.wait(timeout=DEADLINE) == 128 + signal.SIGHUP


class Broken:
    """Stands for an app whose terminal fails while it ends."""

    return_code = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def run(self, mouse: bool) -> None:
        raise OSError(self.number, "trouble")


def test_only_a_lost_terminal_is_an_end_like_any_other() -> None:
    """A write that finds no terminal ends with 129; any other trouble of the system is not hidden."""
    lost, other = Broken(errno.EIO), Broken(errno.ENOSPC)
    assert run(cast(App[None], lost)) == 128 + signal.SIGHUP
    with pytest.raises(OSError, match="trouble"):
        run(cast(App[None], other))


def test_a_mute_terminal_cannot_keep_it_alive(terminal: Terminal) -> None:
    """With its output blocked and its loop with it, the process still follows SIGTERM within the grace."""
    terminal.press(b"f")
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline and not _is_blocked(terminal.process.pid):
        time.sleep(0.1)
    began = time.monotonic()
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(timeout=DEADLINE) == 128 + signal.SIGTERM
    assert time.monotonic() - began < GRACE + 3
    assert termios.tcgetattr(terminal.far)[:4] == terminal.modes[:4]


def _is_blocked(pid: int) -> bool:
    """Tell whether a process has not used the processor for a moment."""
    stat = Path(f"/proc/{pid}/stat")
    before = stat.read_text().split()[13:15]
    time.sleep(0.6)
    return stat.read_text().split()[13:15] == before


@pytest.mark.parametrize(
    ("environ", "word"),
    [({}, "needs a terminal"), ({"TERM": "dumb"}, "TERM is dumb"), ({"LC_ALL": "en_US.ISO-8859-1"}, "UTF-8")],
)
def test_it_refuses_with_one_sentence(environ: dict[str, str], word: str) -> None:
    """Without a terminal, on a dumb one and in another character set it says why and ends with status 2."""
    near, far = os.openpty()
    try:
        settings = {**ENVIRON, "PYTHONIOENCODING": "latin-1"} if "LC_ALL" in environ else {**ENVIRON, **environ}
        done = subprocess.run(
            COMMAND,
            cwd=ROOT,
            env=settings,
            stdin=far,
            stdout=far if environ else subprocess.PIPE,
            stderr=far,
            check=False,
            timeout=DEADLINE,
        )
        said = os.read(near, 4096).decode()
    finally:
        os.close(near)
        os.close(far)
    assert done.returncode == 2
    assert word in said
    assert len(said.strip().splitlines()) == 1


def test_the_patch_is_for_this_version() -> None:
    """A new Textual must be tried with bad bytes before the patch is trusted on it."""
    assert accept_bad_bytes()
