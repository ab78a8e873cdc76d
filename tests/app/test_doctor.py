"""``tierdesk doctor``: finds what is wrong, says what to do, changes nothing."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.doctor_machine import file_system
from store import laws
from tests.app.conftest import Run
from tests.fakes.smarthost import FakeSmarthost


def verdicts(run: Run) -> dict[str, str]:
    return {row["check"]: row["verdict"] for row in run("doctor", "--json").rows}


def harm(url: str, *statements: str) -> None:
    """Change a store behind the program's back."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as store, store:
        for statement in statements:
            store.execute(statement)


def test_a_healthy_desk(run: Run) -> None:
    """Nothing fails on a new desk; what is not set up yet is a warning with what to do."""
    ran = run("doctor", "--json")
    rows = {row["check"]: row for row in ran.rows}
    assert ran.status == 0
    assert {row["verdict"] for row in ran.rows} == {"ok", "warn"}
    assert {name for name, row in rows.items() if row["verdict"] == "warn"} == {"staff", "service", "smarthost"}
    assert all(row["advice"] for row in ran.rows if row["verdict"] != "ok")


def test_it_reads_like_a_list(run: Run) -> None:
    """For people: a word, a name and a sentence a line."""
    ran = run("doctor")
    assert (ran.status, ran.out.splitlines()[0].split()[:2]) == (0, ["ok", "packages"])


def test_a_missing_store_is_not_made(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor looks; the first real command makes the store."""
    monkeypatch.setenv("TIERDESK_STORE__URL", f"sqlite:///{place / 'none.db'}")
    assert (verdicts(run)["store"], (place / "none.db").exists()) == ("warn", False)


def test_an_old_store_is_not_migrated(run: Run, sqlite_url: str) -> None:
    """The doctor says that the store is older, and leaves it so."""
    harm(sqlite_url, "UPDATE alembic_version SET version_num = '0000'")
    ran = run("doctor")
    assert (ran.status, "tierdesk migrate" in ran.out, verdicts(run)["store"]) == (1, True, "fail")


def test_open_doors_are_seen(run: Run, sqlite_url: str) -> None:
    """A store that others can read is a warning with the command that mends it."""
    Path(sqlite_url.removeprefix("sqlite:///")).chmod(0o644)
    ran = run("doctor")
    assert (ran.status, "chmod 600" in ran.out, verdicts(run)["privacy"]) == (0, True, "warn")


def test_a_broken_law_fails(run: Run, sqlite_url: str) -> None:
    """A counter that is wrong is told, with status 1."""
    harm(sqlite_url, "UPDATE queue_count SET tickets = 7 WHERE level = 2 AND turn = 0")
    ran = run("doctor")
    assert ran.status == 1
    assert "The queue counter level 2 turn 0 says 7, the rows say 0." in ran.out


def test_a_policy_that_no_longer_parses_fails(run: Run, sqlite_url: str) -> None:
    """A version of the policy that this program cannot read is found before a mail is."""
    harm(sqlite_url, "INSERT INTO policy_version (at, actor, toml) VALUES ('2026-11-20 09:00:00', 'x', 'nonsense = 1')")
    assert verdicts(run)["policy"] == "fail"


def test_no_address_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that refuses every mail is not healthy; one that takes calls only may be."""
    monkeypatch.setenv("TIERDESK_DESK__ADDRESSES", "")
    assert verdicts(run)["addresses"] == "fail"
    monkeypatch.setenv("TIERDESK_SMTP__LISTEN", "")
    assert verdicts(run)["addresses"] == "warn"


def test_the_smarthost_is_called(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers is ok, and gets no mail; one that does not is a failure."""
    with FakeSmarthost() as smarthost:
        monkeypatch.setenv("TIERDESK_OUTBOX__SMARTHOST", f"127.0.0.1:{smarthost.port}")
        assert (verdicts(run)["smarthost"], smarthost.received) == ("ok", [])
    assert verdicts(run)["smarthost"] == "fail"


def test_the_listener_is_called(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener answers 220, or the advice is to start the service."""
    with FakeSmarthost() as anybody:
        monkeypatch.setenv("TIERDESK_SMTP__LISTEN", f"127.0.0.1:{anybody.port}")
        assert verdicts(run)["listener"] == "ok"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("TIERDESK_SMTP__LISTEN", f"127.0.0.1:{port}")
    assert verdicts(run)["listener"] == "warn"


def test_wrong_settings_are_status_78(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be examined with settings that cannot be used; they are told as everywhere."""
    monkeypatch.setenv("TIERDESK_SMTP__LISTEN", "nowhere")
    assert run("doctor").status == 78


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/desk.db", "ext4"),
        ("/mnt/share/desk.db", "nfs4"),
        ("/mnt/share/local/desk.db", "xfs"),
        ("/mnt/shared/desk.db", "ext4"),
        ("/mnt/with blank/desk.db", "cifs"),
    ],
)
def test_the_file_system_is_the_nearest_mount(path: str, expected: str, tmp_path: Path) -> None:
    """The longest mount point above a file says its file system, blanks in names included."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nserver:/x /mnt/share nfs4 rw 0 0\n/dev/sdb /mnt/share/local xfs rw 0 0\n"
        "//win/x /mnt/with\\040blank cifs rw 0 0\n"
    )
    assert file_system(Path(path), mounts) == expected


def test_without_a_list_of_mounts_nothing_is_said(tmp_path: Path) -> None:
    """A system without /proc does not tell, which is no failure."""
    assert file_system(tmp_path, tmp_path / "none") is None


def test_faults_of_one_kind_have_an_end() -> None:
    """A broken store can have millions; a person reads twenty."""
    assert laws.SHOWN == 20
