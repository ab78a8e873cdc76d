"""A mail full of what a terminal would obey: every command shows it harmlessly, and so does the console."""

from __future__ import annotations

import os
import pty
import re
import select
import smtplib
import subprocess
import time
from collections.abc import Iterator
from email.header import Header
from pathlib import Path

import pytest

from tests.crash import accounts
from tests.e2e.conftest import new_office
from tests.e2e.office import COMMAND, DEADLINE, Office
from tests.fakes import tmux
from tests.fakes.smarthost import FakeSmarthost

EVIL = (
    "\x1b]52;c;SGVsbG8=\x07\x1b]0;forged\x07\x1b[2J\x1b[31;41mred\x9b5m\u202egnp\u202c\x00\x08\x7f[@click=app.quit()]x"
)
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]")


def hostile_mail() -> bytes:
    """Return a mail with the words above as subject, name, address comment, text, file name and content type."""
    subject, name = (Header(text, "utf-8", maxlinelen=10_000).encode(linesep="") for text in (f"S {EVIL}", f"N {EVIL}"))
    filename = "".join(f"%{octet:02X}" for octet in f"F {EVIL}.exe".encode())
    return (
        f"From: {name} <evil@example.gr>\r\nTo: support@example.com\r\nSubject: {subject}\r\n"
        "Message-ID: <\x1b]0;x\x07evil@example.gr>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        f"T {EVIL}\r\n--b\r\nContent-Type: application/\x1b[31mx\r\n"
        f"Content-Disposition: attachment; filename*=utf-8''{filename}\r\n\r\nx\r\n--b--\r\n"
    ).encode()


@pytest.fixture(scope="module")
def office(hasty_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with FakeSmarthost() as smarthost:
        office = new_office(hasty_template, tmp_path_factory.mktemp("hostile"))
        office.smarthost = smarthost.port
        yield office


@pytest.fixture(scope="module")
def ref(office: Office) -> str:
    """Return the ticket that such a mail has become, with a note and an answer; the service has ended."""
    with office.serving() as service:
        send_raw(service.port, hostile_mail())
        office.wait_for_fates(1)
        ref = str(office.json("ledger", "list").row["ticket"])
        assert office.run("ticket", "note", ref, "--text", f"As it says: {EVIL.replace(chr(0), '')}").status == 0
        assert office.run("ticket", "reply", ref, "--text", "Thank you.").status == 0
        office.wait_until(lambda desk: not accounts.unsent(desk))
    return ref


def send_raw(port: int, octets: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=DEADLINE) as smtp:
        smtp.sendmail("evil@example.gr", ["support@example.com"], octets)


def test_no_command_prints_what_a_terminal_obeys(office: Office, ref: str) -> None:
    """Lists, tickets, ledger, outbox, errors and logs show pictures of control characters, never the characters."""
    commands = [
        ("ticket", "list", "--text", "S"), ("ticket", "show", ref), ("ticket", "show", ref, "--json"),
        ("ticket", "show", f"TD-{EVIL[1:9]}"), ("--as", "\x1b]0;x\x07", "ticket", "list"),
        ("ledger", "list"), ("ledger", "show", "1"), ("outbox", "list"),
    ]  # fmt: skip
    printed = {command: office.run(*command) for command in commands}
    found = {command: sorted(set(HARMFUL.findall(ran.out + ran.err))) for command, ran in printed.items()}
    shown = printed["ticket", "show", ref].out
    assert {command: bad for command, bad in found.items() if bad} == {}
    assert all(f"{letter} ␛]52;c;SGVsbG8=␇" in shown for letter in "NTF")
    logs = "".join(path.read_text("utf-8") for path in office.home.glob("serve-*.log"))
    assert set(HARMFUL.findall(logs)) == set()


def test_raw_mail_is_harmless_on_a_terminal_and_whole_in_a_file(office: Office, ref: str) -> None:
    """``ledger raw`` writes the very bytes into a pipe, and pictures of them on a terminal."""
    done = subprocess.run(
        [*COMMAND, "ledger", "raw", "1"], cwd=office.home, env=office.environ, capture_output=True, check=True
    )
    assert done.stdout == hostile_mail()
    shown = on_a_terminal(office, "ledger", "raw", "1")
    assert b"\x1b" not in shown and b"\x07" not in shown and "␛]0;x␇".encode() in shown


def on_a_terminal(office: Office, *arguments: str) -> bytes:
    """Run a command on a pseudo-terminal and return what it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=office.home, env=office.environ, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    got, until = b"", time.monotonic() + DEADLINE
    while time.monotonic() < until:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        got += piece
    os.close(ours)
    assert process.wait(DEADLINE) == 0, got
    return got


def test_the_console_shows_it_and_lives(office: Office, ref: str, terminals: tmux.Server) -> None:
    """Queue, ticket and history show the pictures; no title is set, no markup clicked, and the console goes on."""
    screen = terminals.open("hostile", (140, 45), COMMAND, office.environ)
    screen.wait_for(ref, "S ␛]52")
    screen.press("Enter")
    screen.wait_for("T ␛]52;c;SGVsbG8=␇", "[@click=app.quit()]x")
    screen.press("h")
    screen.wait_for("answered")
    title = terminals.call("display-message", "-p", "-t", "hostile", "#{pane_title}")
    assert "forged" not in title
    screen.press("C-q")
    assert screen.wait_for_end() == 0
