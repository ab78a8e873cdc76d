"""What stands between the console and a terminal that may be missing, mute, hung up or odd.

Four troubles of Textual 8.2.8 are met here: started without a terminal it spins on end-of-file; SIGTERM and SIGHUP end
it with the terminal in raw mode; a terminal that no longer reads blocks the event loop for good; one byte of input that
is not UTF-8 ends it with a traceback. Known limit: after an abrupt disconnect the person's own terminal keeps its mouse
mode, which no server can take back; ``reset`` does.
"""

from __future__ import annotations

import asyncio
import codecs
import errno
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import textual
from textual.drivers import linux_driver

if TYPE_CHECKING:
    from textual.app import App

GRACE = 2.0
"""Seconds between a request to end and the end by force."""

HUNG_UP = 128 + signal.SIGHUP
"""Exit status when the terminal went away without a signal."""

TOLERANT_VERSIONS = frozenset({"8.2.8"})
"""Versions of Textual whose input thread was seen to die of one bad byte and to live with the patch below."""

_GONE = frozenset({errno.EIO, errno.ENXIO, errno.EPIPE, errno.EBADF})


def refusal() -> str | None:
    """Return why the console cannot run here, as one sentence; None when it can.

    Standard error counts as well: Textual paints through it. The caller prints the sentence and exits with status 2.
    """
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    if any(stream is None or not stream.isatty() for stream in streams):
        return "The console needs a terminal: its input, output and error stream must not be redirected (ssh -t)."
    if os.environ.get("TERM", "") in ("", "dumb"):
        return "The console needs a terminal that can place its cursor: TERM is dumb or not set."
    encoding = getattr(sys.__stderr__, "encoding", None) or ""
    if not _is_utf8(encoding):
        return f"The console needs a UTF-8 locale, this one writes {encoding or 'nothing'}: set LANG=C.UTF-8."
    return None


def _is_utf8(encoding: str) -> bool:
    """Tell whether a codec name means UTF-8."""
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


def accept_bad_bytes() -> bool:
    """Make the input thread replace bytes that are not UTF-8; return False for an unknown version of Textual."""
    if textual.__version__ not in TOLERANT_VERSIONS:
        return False
    vars(linux_driver)["getincrementaldecoder"] = _tolerant_decoder
    return True


def _tolerant_decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """Return a decoder factory that replaces what it cannot read."""
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")


def run(app: App[Any], mouse: bool = True) -> int:
    """Run the console until it ends and return the exit status.

    SIGTERM and SIGHUP end it in order, and by force after ``GRACE`` seconds. A terminal that has gone away is an end
    like any other (status 129). Must be called in the main thread.
    """
    accept_bad_bytes()
    try:
        with _ending_on_signals(app):
            app.run(mouse=mouse)
    except OSError as trouble:
        if trouble.errno not in _GONE:
            raise
        return _let_go()
    status = app.return_code or 0
    return _let_go() if status == HUNG_UP else status


def _let_go() -> int:
    """Point the streams at nothing and return the status of a hang-up.

    The interpreter flushes them at its end, and a terminal that is gone would turn the status into 120.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    return HUNG_UP


@contextmanager
def _ending_on_signals(app: App[Any]) -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an orderly end while the block runs.

    ``signal.signal`` and not ``loop.add_signal_handler``: the latter never runs while a mute terminal blocks the loop.
    """
    force = _Force()

    def end(number: int, frame: FrameType | None) -> None:
        force.begin(128 + number)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            os._exit(128 + number)  # before the first or after the last breath of the loop
        loop.call_soon_threadsafe(partial(app.exit, return_code=128 + number))

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        force.call_off()
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


class _Force:
    """The end by force: give the terminal its modes back and leave, whatever the other threads do."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None
        self._modes = self._read_modes()

    @staticmethod
    def _read_modes() -> list[Any] | None:
        try:
            return termios.tcgetattr(0)
        except (termios.error, OSError):
            return None

    def begin(self, status: int) -> None:
        """Leave with ``status`` after the grace, unless called off."""
        if self._timer is None:
            self._timer = threading.Timer(GRACE, self._leave, (status,))
            self._timer.daemon = True
            self._timer.start()

    def call_off(self) -> None:
        """Let the process end by itself."""
        if self._timer is not None:
            self._timer.cancel()

    def _leave(self, status: int) -> None:
        if self._modes is not None:
            with suppress(termios.error, OSError):
                termios.tcsetattr(0, termios.TCSANOW, self._modes)
        os._exit(status)
