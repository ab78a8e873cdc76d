"""Started the wrong way: one clear sentence, a fitting exit status, nothing damaged."""

from __future__ import annotations

import os
import pty
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.conftest import Run
from tests.app.serving import DEADLINE, ROOT, environment, start

COMMANDS = [["serve"], ["ticket", "list"], ["ledger", "balance"], ["staff", "list"]]


def refused(*arguments: str, environ: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a command that must not work; return its status, its output and its only complaint."""
    process = start(*arguments, environ=environ)
    out, err = process.communicate(timeout=DEADLINE)
    complaints = [line for line in err.splitlines() if not line.startswith("at=")]
    assert len(complaints) == 1, err
    return process.returncode, out, complaints[0]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def newer_store(sqlite_url: str) -> Path:
    """Return a store that a later tierdesk has migrated."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
    return path


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_wrong_settings(arguments: list[str], tmp_path: Path) -> None:
    """Settings that cannot be used: status 78, the variable named, no store made."""
    store = tmp_path / "desk.db"
    environ = environment(store, tmp_path, TIERDESK_SMTP__LISTEN="nowhere")
    status, out, complaint = refused(*arguments, environ=environ)
    assert (status, out, store.exists()) == (78, "", False)
    assert complaint.startswith("tierdesk: TIERDESK_SMTP__LISTEN")


def test_a_taken_port(tmp_path: Path) -> None:
    """Status 1; the address and the reason are named."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        listen = f"127.0.0.1:{somebody.getsockname()[1]}"
        environ = environment(tmp_path / "desk.db", tmp_path, TIERDESK_SMTP__LISTEN=listen)
        found = refused("serve", environ=environ)
    assert found == (1, "", f"tierdesk: Cannot listen on {listen}: Address already in use.")


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_store_from_a_newer_version(arguments: list[str], newer_store: Path, tmp_path: Path) -> None:
    """Status 1, and not a byte of the store is another."""
    before = newer_store.read_bytes()
    status, out, complaint = refused(*arguments, environ=environment(newer_store, tmp_path))
    assert (status, out, newer_store.read_bytes()) == (1, "", before)
    assert "newer than this tierdesk" in complaint and "upgrade tierdesk" in complaint


def test_migrate_refuses_a_newer_store_too(newer_store: Path, tmp_path: Path) -> None:
    """There is no way back to an older version but the copy that was made."""
    status, _, complaint = refused("migrate", environ=environment(newer_store, tmp_path))
    assert (status, "newer than this tierdesk" in complaint) == (1, True)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_file_that_is_no_store(arguments: list[str], tmp_path: Path) -> None:
    """A file of somebody else's is not touched."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader,\n" * 1000)
    before = snapshot(tmp_path)
    status, out, complaint = refused(*arguments, environ=environment(path, tmp_path))
    assert (status, out, snapshot(tmp_path)) == (1, "", before)
    assert complaint.startswith("tierdesk: The store ")


def test_a_database_of_another_program(tmp_path: Path) -> None:
    """Another program's tables are not mixed with ours."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("CREATE TABLE recipe (name TEXT)")
    before = path.read_bytes()
    status, _, complaint = refused("ticket", "list", environ=environment(path, tmp_path))
    assert (status, path.read_bytes()) == (1, before)
    assert "tables that are not tierdesk's" in complaint


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    """Status 1, the path and the reason are named."""
    environ = environment(Path("/proc/self/none/desk.db"), tmp_path)
    status, out, complaint = refused("serve", environ=environ)
    assert (status, out) == (1, "")
    assert complaint.startswith("tierdesk: The store /proc/self/none/desk.db cannot be created: ")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become somebody else")
def test_a_read_only_directory_as_an_ordinary_user(tmp_path: Path) -> None:
    """Status 1 for who may not write there, and no file is left behind."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o755)
    for parent in (tmp_path, *list(tmp_path.parents)[:3]):
        if parent != Path("/tmp"):
            parent.chmod(0o755)
    environ = environment(folder / "desk.db", tmp_path)
    if as_nobody("--version", environ=environ)[0] != 0:
        pytest.skip("an ordinary user cannot read this checkout or its Python")
    status, complaint = as_nobody("serve", environ=environ)
    assert (status, list(folder.iterdir())) == (1, [])
    assert complaint == f"tierdesk: The store {folder / 'desk.db'} cannot be created: Permission denied."


def as_nobody(*arguments: str, environ: Mapping[str, str]) -> tuple[int, str]:
    """Run a command as the user nobody."""
    process = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-m", "app.main", *arguments],
        cwd=ROOT, env=dict(environ), capture_output=True, text=True, check=False, timeout=DEADLINE,
    )  # fmt: skip
    lines = process.stderr.splitlines()
    return process.returncode, lines[-1] if lines else ""


def test_a_store_of_somebody_else(run: Run, place: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the owner of an embedded store's file works on it; root who does would leave files the owner cannot use."""
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    ran = run("ticket", "list")
    path, owner = sqlite_url.removeprefix("sqlite:///"), f"user{os.stat(place).st_uid}"
    expected = f"tierdesk: The store {path} belongs to {owner} and you are user4711: run tierdesk as {owner}.\n"
    assert (ran.status, ran.out, ran.err) == (1, "", expected)


@pytest.mark.parametrize("arguments", [[], ["console"]], ids=["alone", "console"])
def test_no_terminal(arguments: list[str], tmp_path: Path) -> None:
    """The console without a terminal: status 2 at once, and no store is made."""
    store = tmp_path / "desk.db"
    status, out, complaint = refused(*arguments, environ=environment(store, tmp_path))
    assert (status, out, store.exists()) == (2, "", False)
    assert "needs a terminal" in complaint


def test_a_dumb_terminal(tmp_path: Path) -> None:
    """A terminal that cannot place its cursor is told apart from none."""
    environ = environment(tmp_path / "desk.db", tmp_path, TERM="dumb", LANG="C.UTF-8")
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", 0) as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.main"], cwd=ROOT, env=environ, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        shown = screen.read(4096).decode()
        assert (process.wait(DEADLINE), "TERM is dumb" in shown) == (2, True)
