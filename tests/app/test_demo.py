"""The demo as a whole: a history that adds up, customers who come back, an end that leaves nothing behind."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from app.demo.cast import load_cast
from app.demo.history import write_history
from app.demo.office import IDENTITY, YOU
from app.demo.stage import prepare, running
from desk import ledger, people, queues, reading, replies
from desk.actors import Actor
from desk.context import Desk, open_desk
from desk.views import QueueRow
from procedure.terms import Fate, Level, MessageKind, Status, Turn
from tests.fakes.desks import FakeClock

NOW = datetime(2026, 11, 20, 13, 24, 5, tzinfo=UTC)
DEADLINE = 25.0
FEW = 25


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Actor]]:
    """Return a desk with a short history, at the moment the history ends."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'tierdesk.db'}"
    write_history(url, IDENTITY, load_cast(), Random(3), NOW, lambda _: None, FEW)
    with closing(open_desk(url, IDENTITY, FakeClock(NOW))) as desk:
        yield desk, people.member(desk, YOU)


def _rows(past: tuple[Desk, Actor]) -> list[QueueRow]:
    desk, you = past
    return list(queues.every(you, desk, everything=True))


def test_history_goes_through_the_ledger(past: tuple[Desk, Actor]) -> None:
    """Every mail of the history has a fate with something behind it, and none waits."""
    desk, you = past
    balance = ledger.balance(you, desk)
    assert (balance.is_balanced, balance.pending, balance.faults) == (True, 0, ())
    assert balance.fates[Fate.NEW_TICKET] > FEW
    assert balance.fates[Fate.APPENDED] > 0


def test_every_level_has_work(past: tuple[Desk, Actor]) -> None:
    """A stranger who goes from level to level sees tickets in all three, of every status, and not too many."""
    rows = _rows(past)
    ours = Counter(row.level for row in rows if row.turn is Turn.OURS)
    assert all(2 <= ours[level] <= 20 for level in Level)
    assert {row.status for row in rows} == set(Status)
    assert any(row.assignee is None for row in rows if row.turn is Turn.OURS)


def test_ages_look_real(past: tuple[Desk, Actor]) -> None:
    """The oldest unanswered word of every level is minutes to a few hours old, and nothing is from the future."""
    rows = _rows(past)
    for level in Level:
        waiting = [NOW - row.waiting_since for row in rows if row.level is level and row.waiting_since]
        assert timedelta(minutes=10) < max(waiting) < timedelta(hours=6)
        assert min(waiting) >= timedelta(0)


def test_history_was_lived(past: tuple[Desk, Actor]) -> None:
    """Tickets have notes, answers, words of customers and events by more than one person."""
    desk, you = past
    views = [reading.show(you, desk, row.id) for row in _rows(past)]
    kinds = Counter(message.kind for view in views for message in view.messages)
    assert all(kinds[kind] > 3 for kind in MessageKind)
    events = Counter(event.kind for view in views for event in view.events)
    assert {"answered", "sent", "handed_up", "claimed", "customer_wrote", "closed"} <= set(events)
    assert len({event.actor for view in views for event in view.events}) > 6


def test_same_seed_same_history(tmp_path: Path) -> None:
    """A seed tells the same story to the minute."""
    told = []
    for name in ("one", "two"):
        url = f"sqlite:///{tmp_path / name}.db"
        write_history(url, IDENTITY, load_cast(), Random(5), NOW, lambda _: None, 3)
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as store:
            told.append(store.execute("SELECT at, actor, kind, ticket_id FROM event ORDER BY id").fetchall())
    assert len(told[0]) > 100
    assert told[0] == told[1]


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE
    pause = threading.Event()
    while not condition() and time.monotonic() < deadline:
        pause.wait(0.05)
    return condition()


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_mail_in_answer_out_customer_back(tmp_path: Path) -> None:
    """A mail arrives by itself; who answers it hears from that customer again, on the same ticket."""
    prepare(tmp_path, 1, lambda _: None, 0)
    with running(tmp_path, 1, 20.0) as stage:
        before = ledger.sums(stage.you, stage.desk).accepted

        def arrived() -> list[int]:
            rows = ledger.rows(stage.you, stage.desk, fate=Fate.NEW_TICKET, limit=5)
            return [row.ticket_id for row in rows if row.id > before and row.ticket_id is not None]

        assert _until(lambda: bool(arrived()))
        ticket_id = arrived()[-1]
        replies.send(stage.you, stage.desk, ticket_id, "Please try again.")

        def words() -> list[MessageKind]:
            messages = reading.show(stage.you, stage.desk, ticket_id).messages
            return [one.kind for one in messages if one.kind is not MessageKind.SYSTEM]

        assert _until(lambda: len(words()) == 3)
        assert words() == [MessageKind.CUSTOMER, MessageKind.STAFF, MessageKind.CUSTOMER]
    assert stage.balance is not None
    assert stage.balance.accepted - before == stage.customers.sent
    assert re.search(r"1 of them in reply to an answer; 1 answer went out\.\nThe ledger: in (\d+) = \1,", stage.said())
    assert [one.name for one in threading.enumerate() if one.name.startswith(("demo", "service"))] == []


def test_no_terminal() -> None:
    """Without a terminal one sentence says so and how to go without, before anything is written."""
    done = subprocess.run(
        [sys.executable, "-m", "app.main", "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--headless" in done.stderr


def _headless(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "app.main", "demo", "--headless", *options]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_headless(tmp_path: Path) -> None:
    """Without a console it answers a ticket itself, says so and adds up; what is kept is where it was told to be."""
    kept = tmp_path / "kept"
    with _headless(tmp_path, "1", "--speed", "20", "--keep", str(kept)) as demo:
        out, err = demo.communicate(timeout=DEADLINE * 4)
    assert (demo.returncode, err) == (0, "")
    assert re.search(r"alex answered TD-\d+", out)
    assert re.search(r"\nThe ledger: in (\d+) = \1, nothing was lost\.\n", out)
    assert sorted(path.name for path in kept.iterdir()) == ["demo.log", "tierdesk.db"]
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_told_to_end_while_writing_history(tmp_path: Path) -> None:
    """SIGTERM ends it at once and the directory is gone."""
    with _headless(tmp_path, "600") as demo:
        assert _until(lambda: any(tmp_path.glob("tierdesk-demo-*/tierdesk.db")))
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=DEADLINE)
    assert demo.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_directory_in_use(tmp_path: Path) -> None:
    """--keep never touches a directory that has something in it."""
    (tmp_path / "letter.txt").write_text("mine")
    with _headless(tmp_path, "0", "--keep", str(tmp_path)) as demo:
        _, err = demo.communicate(timeout=DEADLINE)
    assert (demo.returncode, "something in it" in err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
