"""``kill -9`` of a part: the parser while it reads a mail, and a console with words that were not sent yet."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from desk import ledger, people, replies
from procedure.terms import Fate, MessageKind
from tests.crash import accounts
from tests.e2e.clients import Letter, by_smtplib
from tests.e2e.office import COMMAND, DEADLINE, Office, Service
from tests.fakes import tmux
from tests.fakes.desks import owner_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc here")
SLOW = "<b" + " a='1'" * 60_000 + ">" + "<div>" * 40_000
"""Half a megabyte of HTML that keeps the parser busy for long enough to be hit."""


def children(service: Service) -> list[int]:
    """Return the processes that the service has started and that are still there."""
    found = []
    for path in Path(f"/proc/{service.process.pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in path.read_text().split()]
    return found


def state(process: int) -> str:
    """Return the letter of proc(5) for what a process does at this moment, "" when there is none."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def test_the_parser_is_killed_while_it_reads(office: Office) -> None:
    """The mail is tried again and becomes a ticket, so do those behind it; the service goes on with a new parser."""
    with office.serving() as service, office.look() as desk:
        by_smtplib(service.port, Letter("First", "It starts the parser."))
        office.wait_for_fates(1)
        (parser,) = children(service)
        by_smtplib(service.port, Letter("Second", SLOW, is_html=True))
        wait_until(lambda: state(parser) == "R", "the parser was never busy")
        os.kill(parser, signal.SIGKILL)
        by_smtplib(service.port, Letter("Third", "Behind it."))
        office.wait_until(lambda desk: ledger.get(owner_of(), desk, 3).fate is Fate.NEW_TICKET)
        failed = ledger.get(owner_of(), desk, 2)
        assert (failed.fate, failed.attempts, service.process.poll()) == (Fate.PENDING, 1, None)
        assert failed.reason.startswith("could not be parsed")
        assert parser not in children(service)
        accounts.make_due(desk)
        office.wait_for_fates(3)
        assert ledger.get(owner_of(), desk, 2).fate is Fate.NEW_TICKET


def wait_until(is_so: Callable[[], bool], complaint: str) -> None:
    until = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < until, complaint


def test_a_console_is_killed_with_words_in_it(office: Office, terminals: tmux.Server) -> None:
    """What was typed is a draft in the store; the next console shows it in the composer, and nothing was sent."""
    with office.serving() as service:
        by_smtplib(service.port, Letter("Cannot log in", "Help.", name="Nikos"))
        ref = office.ticket_of("Cannot log in")
        first = write_on(terminals.open("draft-1", (80, 24), COMMAND, office.environ))
        first.type("Half an answer, not yet")
        first.wait_for("draft kept")
        killed = first.process
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: state(killed) in ("", "Z"), "the console does not end")  # tmux may hear of it late
        second = write_on(terminals.open("draft-2", (80, 24), COMMAND, office.environ))
        second.wait_for("Half an answer, not yet")
        with office.look() as desk:
            kept = replies.draft(people.owner(desk, None), desk, int(ref.removeprefix("TD-")), MessageKind.STAFF)
    assert kept is not None and kept.text == "Half an answer, not yet"
    assert [one["kind"] for one in office.show(ref)["messages"]] == ["customer", "system"]


def write_on(screen: tmux.Screen) -> tmux.Screen:
    """Open the ticket under the cursor and the composer on it."""
    screen.wait_for("Cannot log in")
    screen.press("Enter")
    screen.wait_for("* new ·")
    screen.press("r")
    screen.wait_for("Answer to Nikos")
    return screen
