"""The real console in a real process on a real pty: what it sends for hostile words, how much, and how it ends."""

from __future__ import annotations

import re
import shutil
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from desk import replies, tickets
from desk.context import Desk
from procedure.terms import MessageKind, Priority
from tests.fakes.desks import Group
from tests.tui.console import opened
from tests.tui.scenes import attack
from tests.tui.terminals import Terminal

ESCAPE, PAGE_DOWN = b"\x1b[27u", b"\x1b[6~"
SEQUENCE = re.compile(rb"\x1b\[[?>=<]?[0-9;:]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.")
VISITS = (
    (b"\r", b"customer"),
    (b"g", b""),
    (b"h", b"History"),
    (b"?", b"Keys"),
    (ESCAPE, b""),
    (b"a", b"whom"),
    (ESCAPE, b""),
    (b"#", b"Tags"),
    (ESCAPE, b""),
    (b"n", b"Internal"),
    (ESCAPE, b"Nothing"),
    (b"r", b"Answer"),
    (ESCAPE, b"Nothing"),
    (b"\x10", b"ticket's"),
    (ESCAPE, b""),
    (b"q", b"waits"),
)
"""Keys that lead once through every place and question, each with a word to wait for."""


@contextmanager
def console(url: str, editor: str = "") -> Iterator[Terminal]:
    """Run maria's console until its queue is shown."""
    terminal = Terminal("tests.tui.pty_console", url, "maria", editor)
    try:
        terminal.read_until(lambda got: b"TD-1001" in got and b"take next" in got)
        yield terminal
    finally:
        terminal.close()


def _holds(word: bytes, got: bytes) -> bool:
    return word in got


def visit(terminal: Terminal) -> bytes:
    """Lead through every place and return all that was sent."""
    for keys, word in VISITS:
        terminal.press(keys)
        terminal.read_until(partial(_holds, word))
    return terminal.seen


def acting(output: bytes) -> set[bytes]:
    """Return the escape sequences that do more than move the cursor or colour what follows."""
    return {found for found in SEQUENCE.findall(output) if found[-1:] not in (b"m", b"H")}


def test_hostile_words_send_nothing_of_their_own(
    desk: Desk, actors: Group, sqlite_url: str, sqlite_template: Path, tmp_path: Path
) -> None:
    """Through every place of the console a hostile ticket makes no sequence that a harmless one does not make."""
    attack(desk, actors)
    with console(sqlite_url) as terminal:
        hostile = visit(terminal)
        assert terminal.process.poll() is None
    calm = shutil.copyfile(sqlite_template, tmp_path / "calm.db")
    prepare_calm(f"sqlite:///{calm}")
    with console(f"sqlite:///{calm}") as terminal:
        harmless = visit(terminal)
    assert "␛]52;c;SGVsbG8=␇".encode() in hostile
    assert acting(hostile) <= acting(harmless)
    assert b"\x1b[31;41m" not in hostile
    assert re.findall("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", hostile.decode("utf-8", "replace")) == []


def prepare_calm(url: str) -> None:
    """Put a harmless ticket into an empty store."""
    from tests.fakes.desks import engage
    from tests.fakes.desks import opened as open_store
    from tests.fakes.mails import arrive, letter

    desk = open_store(url)
    engage(desk)
    arrive(desk, letter(text="Hello\n> quoted\n> quoted\n"))
    desk.close()


def test_a_change_costs_little(desk: Desk, actors: Group, sqlite_url: str) -> None:
    """A changed row costs 1.5 KB at most, a page 25 KB, and commits that change nothing here cost nothing."""
    for number in range(120):
        opened(desk, f"Number {number}")
    with console(sqlite_url) as terminal:
        terminal.press(b"p")
        terminal.read_until(bool)
        tickets.set_priority(actors.kostas, desk, 1005, Priority.URGENT)
        tickets.assign(actors.kostas, desk, 1004, "eleni")
        terminal.read_until(lambda got: b"eleni" in got)
        for _ in range(5):
            replies.save_draft(actors.kostas, desk, 1002, MessageKind.STAFF, "words of somebody else")
        tickets.assign(actors.kostas, desk, 1006, "kostas")
        changed = terminal.read_until(lambda got: b"kostas" in got)
        terminal.press(PAGE_DOWN)
        terminal.read_until(bool)
        terminal.press(PAGE_DOWN)
        paged = terminal.read_until(lambda got: b"TD-1060" in got)
        terminal.press(b"k")
        stepped = terminal.read_until(bool)
    assert len(changed) < 1500
    assert len(stepped) < 1500
    assert len(paged) < 25_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_draft_survives_the_end(desk: Desk, actors: Group, sqlite_url: str, number: int) -> None:
    """Words that stood still for two seconds are in the store when the line is cut, and the terminal is restored."""
    opened(desk)
    with console(sqlite_url) as terminal:
        terminal.press(b"r")
        terminal.read_until(lambda got: b"Answer to" in got)
        terminal.press("Καλημέρα ".encode() + b"\xff\xe9\xc3 and bytes of nobody")
        terminal.read_until(lambda got: b"draft kept" in got)
        terminal.seen = b""
        assert terminal.end(number) == 128 + number
        assert termios.tcgetattr(terminal.far)[:4] == terminal.modes[:4]
        assert all(code in terminal.seen for code in (b"\x1b[?1049l", b"\x1b[?1003l", b"\x1b[?25h"))
    [draft] = replies.drafts(actors.maria, desk)
    assert draft.text.startswith("Καλημέρα ")
    assert draft.text.endswith("and bytes of nobody")


def test_ones_own_editor(desk: Desk, actors: Group, sqlite_url: str, tmp_path: Path) -> None:
    """The console steps aside, words go through a private file and come back cleaned; a failure changes nothing."""
    opened(desk)
    script = tmp_path / "editor.py"
    script.write_text(
        "import os, pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "print('mode %o' % (path.stat().st_mode & 0o777), flush=True)\n"
        "if 'twice' in path.read_text():\n    sys.exit(3)\n"
        "path.write_text(path.read_text() + ' and twice \\x1b]52;c;aGk=\\x07')\n",
        encoding="utf-8",
    )
    with console(sqlite_url, f"{sys.executable} {script}") as terminal:
        terminal.press(b"r")
        terminal.read_until(lambda got: b"Answer to" in got)
        terminal.press(b"once")
        terminal.press(b"\x0f")
        edited = terminal.read_until(lambda got: "twice ␛]52;c;aGk=␇".encode() in got)
        assert b"mode 600" in edited
        assert b"\x1b]52" not in edited
        terminal.press(b"\x0f")
        terminal.read_until(lambda got: b"ended with status 3" in got)
        terminal.read_until(lambda got: True)
    assert [draft.text for draft in replies.drafts(actors.maria, desk)] == ["once and twice ␛]52;c;aGk=␇"]
