"""``tierdesk serve`` as a process: ready, ended in order, killed."""

from __future__ import annotations

import signal
import smtplib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.endpoints import parse_endpoint
from tests.app.serving import DEADLINE, end, environment, serving, start

SECRET = "Nobody-must-read-this-in-a-log"


def test_terminated_it_ends_in_order(tmp_path: Path) -> None:
    """It makes its store, says where it listens, keeps the mail that it said 250 to, and ends with status 0."""
    store = tmp_path / "new" / "desk.db"
    with serving(environment(store, tmp_path)) as (process, address):
        endpoint = parse_endpoint(address)
        with smtplib.SMTP(endpoint.host, endpoint.port, timeout=DEADLINE) as smtp:
            smtp.sendmail("a@example.gr", ["support@example.com"], f"Subject: {SECRET}\r\n\r\n{SECRET}\r\n")
        status, out, err = end(process, signal.SIGTERM)
    with closing(sqlite3.connect(store)) as found:
        kept = found.execute("SELECT count(*) FROM ledger").fetchone()
    assert (status, out, kept) == (0, "", (1,))
    assert "action=stopped" in err and SECRET not in err and "Traceback" not in err
    assert all(line.startswith("at=") for line in err.splitlines())


def test_interrupted_it_ends_in_order(tmp_path: Path) -> None:
    """Ctrl-C is an end like any other."""
    with serving(environment(tmp_path / "desk.db", tmp_path)) as (process, _):
        assert end(process, signal.SIGINT)[0] == 0


def test_killed_it_starts_again_at_once(tmp_path: Path) -> None:
    """The lease of a process that was killed does not keep the next one out."""
    environ = environment(tmp_path / "desk.db", tmp_path)
    with serving(environ) as (process, _):
        assert end(process, signal.SIGKILL)[0] == -signal.SIGKILL
    with serving(environ) as (process, _):
        assert end(process, signal.SIGTERM)[0] == 0


def test_a_second_one_is_refused(tmp_path: Path) -> None:
    """The second service on a store says in one line who runs it, and the first goes on."""
    environ = environment(tmp_path / "desk.db", tmp_path)
    with serving(environ) as (process, _):
        second = start("serve", environ=environ)
        out, err = second.communicate(timeout=DEADLINE)
        complaint = [line for line in err.splitlines() if line.startswith("tierdesk: ")]
        assert (second.returncode, out, len(complaint)) == (1, "", 1)
        assert f"process {process.pid} on" in complaint[0]
        assert end(process, signal.SIGTERM)[0] == 0


@pytest.mark.parametrize("listen", ["", "[::1]:0"])
def test_other_addresses(listen: str, tmp_path: Path) -> None:
    """IPv6 is shown in brackets; an empty address is off, and the service runs without."""
    environ = environment(tmp_path / "desk.db", tmp_path, TIERDESK_SMTP__LISTEN=listen)
    if listen:
        with serving(environ) as (_, address):
            assert address.startswith("[::1]:")
        return
    process = start("serve", environ=environ)
    assert process.stderr is not None
    started = any("action=started" in line for line in process.stderr)  # reads no further than that line
    assert (started, end(process, signal.SIGTERM)[:2]) == (True, (0, ""))
