"""The parser child: limits that hold, neighbours that are spared, and how little it knows."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from intake.parser import Failed, Parsed, ParserLimits, ParserProcess
from procedure.search_fields import index_message
from procedure.telling import tell

MAIL = b"From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n"
ROOT = Path(__file__).parents[2]


@contextmanager
def parser(
    tmp_path: Path | None = None, trap: str = "", *, cpu: int = 15, wall: float = 20.0, memory: int = 512 << 20
) -> Iterator[ParserProcess]:
    """Give a parser whose child does ``trap`` when a mail says so."""
    command = None
    if tmp_path is not None:
        script = tmp_path / "trapped.py"
        script.write_text(TRAPPED.format(trap=textwrap.indent(trap, " " * 8)))
        command = (sys.executable, str(script))
    process = ParserProcess(ParserLimits(cpu_seconds=cpu, wall_seconds=wall, memory_bytes=memory), command)
    try:
        yield process
    finally:
        process.close()


TRAPPED = """
import os, sys, time, socket
from intake import child
parse = child.parse
def trapped(raw):
    if b"TRAP" in raw:
{trap}
    return parse(raw)
child.parse = trapped
sys.exit(child.main(sys.argv[1:]))
"""


def subject(result: object) -> str:
    assert isinstance(result, Parsed), result
    return result.mail.subject


def test_one_child_reads_many_mails() -> None:
    """The child stays: a mail does not cost a start."""
    with parser() as process:
        assert [subject(process.parse(MAIL)) for _ in range(20)] == ["x"] * 20
        assert process.starts == 1


def test_attachments_come_through_as_they_are() -> None:
    """Octets of attachments reach the parent untouched, also megabytes of them."""
    octets = bytes(range(256)) * 20_000
    raw = b"From: a@b.example\nContent-Type: multipart/mixed; boundary=bound\n\n--bound\n\nhi\n--bound\n"
    raw += b"Content-Type: a/b; name=x\n\n" + octets + b"\n--bound--\n"
    with parser() as process:
        result = process.parse(raw)
    assert isinstance(result, Parsed)
    assert [one.content for one in result.mail.attachments] == [octets]


TRAPS = {
    "spins": ("while True: pass", {"cpu": 0}, "it takes more than 0 s of CPU time"),
    "sleeps": ("time.sleep(60)", {"wall": 3.0}, "it takes longer than 3 s"),
    "eats": ("x = bytearray(1 << 30)", {"memory": 256 << 20}, "it needs too much memory"),
    "dies": ("os._exit(7)", {}, "the parser ended with status 7"),
    "has a bug": ("raise KeyError('secret')", {}, "the parser failed: KeyError"),
    "opens files": ("fds = [os.open('/dev/null', 0) for _ in range(50)]", {}, "the parser failed: OSError"),
    "talks nonsense": ("socket.socket(fileno=os.dup(0)).sendall(b'\\xff' * 64); time.sleep(60)", {"wall": 5.0},
                       "the parser's answer is too large"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_a_mail_that_is_too_much_is_reported(name: str, tmp_path: Path) -> None:
    """The reason is told in time, and the next mail is read as if nothing had been."""
    trap, limits, reason = TRAPS[name]
    with parser(tmp_path, trap, **limits) as process:  # type: ignore[arg-type]
        assert subject(process.parse(MAIL)) == "x"
        started = time.monotonic()
        assert process.parse(b"Subject: TRAP\n\n") == Failed(reason)
        assert time.monotonic() - started < 8
        assert subject(process.parse(MAIL)) == "x"
        assert process.starts <= 2


def test_a_child_that_died_between_mails_is_nobodys_fault() -> None:
    """The next mail is read by a new child."""
    with parser() as process:
        assert subject(process.parse(MAIL)) == "x"
        assert process._process is not None
        process._process.kill()
        process._process.wait()
        assert subject(process.parse(MAIL)) == "x"


def test_a_child_that_cannot_start_is_a_failure() -> None:
    """Without an interpreter there is no parser, and the filer hears so."""
    process = ParserProcess(command=("/no/such/python",))
    assert process.parse(MAIL) == Failed("the parser could not be started")


def test_the_child_imports_only_what_it_needs() -> None:
    """What reads hostile mail has no store, no network server, no screen."""
    code = "import intake.child, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    found = set(done.stdout.split())
    assert found & {"sqlmodel", "sqlalchemy", "pydantic", "textual", "rich", "aiosmtpd", "asyncio", "email", "click",
                    "store", "desk", "app", "tui"} == set()  # fmt: skip
    assert {"intake", "procedure", "lxml"} <= found


def test_the_child_reads_the_words_for_the_rules() -> None:
    """What routing asks for comes with the mail: the new words of subject and text, written and folded."""
    mail = "Subject: Δεν ανοίγει\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nΤο ΣΆΙΤ μου\r\n> down\r\n"
    with parser() as process:
        read = process.parse(b"From: a@b.example\r\n" + mail.encode())
    assert isinstance(read, Parsed)
    assert read.mail.telling == tell(read.mail.subject, read.mail.text)
    assert read.mail.folded == index_message(read.mail.text)
    assert read.mail.telling.body.folded == ("το", "σαιτ", "μου")
