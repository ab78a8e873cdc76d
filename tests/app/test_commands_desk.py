"""``tierdesk staff``, ``policy``, ``migrate`` and ``init``: setting a desk up."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from desk.policies import shipped_text
from store import schema
from tests.app.conftest import Run

ALL_ROLES = {"level1", "level2", "level3", "moderator", "supervisor", "owner"}


def test_staff_is_added_and_listed(run: Run) -> None:
    """``staff list --json`` prints one object a line."""
    added = run("staff", "add", "maria", "--name", "Μαρία", "--email", "m@example.com", "--role", "level2")
    expected = {"login": "maria", "name": "Μαρία", "email": "m@example.com", "roles": ["level2"], "blocked": False}
    assert (added.status, added.err, run("staff", "list", "--json").row) == (0, "", expected)
    assert "Μαρία" in run("staff", "list").out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["add", "Maria!"], 1, "cannot be a login"),
        (["add", "owner"], 1, "cannot be a login"),
        (["add", "kostas"], 1, "There is a kostas among the staff already"),
        (["add", "maria", "--role", "king"], 2, "'king' is not one of 'level1'"),
        (["list", "--as", "ghost"], 1, "nobody called 'ghost'"),
        (["add", "eleni", "--as", "kostas"], 1, "kostas may not add and change staff"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_staff_that_cannot_be(arguments: list[str], status: int, words: str, run: Run) -> None:
    """A login that is none, is taken or has no right to add others is refused."""
    run("staff", "add", "kostas")
    ran = run("staff", *arguments)
    assert (ran.status, ran.out, words in ran.err) == (status, "", True)


def test_the_policy_goes_round(run: Run, place: Path) -> None:
    """What ``policy show`` prints can be checked and loaded; versions are numbered."""
    shown = run("policy", "show")
    assert (shown.out, "version 0 (the shipped one)" in shown.err) == (shipped_text(), True)
    file = place / "mine.toml"
    file.write_text(shown.out.replace("undo_seconds = 5", "undo_seconds = 9"))
    assert run("policy", "check", str(file)).status == 0
    assert run("policy", "load", str(file)).out == "policy version 1 is in force\n"
    assert "undo_seconds = 9" in run("policy", "show").out


def test_the_policy_is_reviewed_and_tried(run: Run, place: Path) -> None:
    """``policy review`` judges rules by what people did, ``policy try`` shows a change before it is loaded."""
    ticket = run("ticket", "new", "--subject", "zebra", "--name", "Nikos", "--text", "my zebra").out.strip()
    run("ticket", "level", ticket, "2", "--note", "needs more")
    file = place / "mine.toml"
    file.write_text(shipped_text() + '\n[[rules]]\nid = "zebra"\nwords = ["zebra"]\ndifficulty = 4\n')
    reviewed, tried = run("policy", "review", "--json").row, run("policy", "try", str(file), "--json").row
    default = {"rule": "default", "said": 1, "decided": 1, "right": 0, "missed": 0}
    assert reviewed == {
        "judged": 1, "misrouted": 1, "rules": [default], "unknown_words": [{"word": "zebra", "tickets": 1}],
    }  # fmt: skip
    assert tried == {
        "tickets": 1,
        "levels": [{"now": 1, "file": 2, "people": 2, "tickets": 1}],
        "changed": [{"ref": ticket, "now": 1, "file": 2, "people": 2}],
    }
    assert "right with the file: 1 of 1 (100.0 %)" in run("policy", "try", str(file)).out
    assert "words of misrouted tickets" in run("policy", "review").out
    assert "version 0" in run("policy", "show").err


@pytest.mark.parametrize("command", ["check", "load", "try"])
def test_each_fault_of_a_policy_is_a_line(command: str, run: Run, place: Path) -> None:
    """All faults at once, one a line, and the policy in force stays."""
    file = place / "bad.toml"
    file.write_text(shipped_text().replace("undo_seconds = 5", 'undo_seconds = "x"\ncolour = 1'))
    ran = run("policy", command, str(file))
    lines = ran.err.splitlines()
    assert (ran.status, ran.out, len(lines)) == (1, "", 2)
    assert all(line.startswith("tierdesk: ") for line in lines)
    assert run("policy", "show").out == shipped_text()


def test_a_policy_that_is_not_text(run: Run, place: Path) -> None:
    """Bytes that are not UTF-8 are one sentence; a file that is missing is wrong usage."""
    file = place / "bad.toml"
    file.write_bytes(b"name = '\xff'")
    assert run("policy", "check", str(file)).status == 1
    assert run("policy", "check", str(place / "none.toml")).status == 2


def test_migrate_says_what_it_did(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From nothing to this version, and then nothing to do."""
    monkeypatch.setenv("TIERDESK_STORE__URL", f"sqlite:///{place / 'new.db'}")
    first, second = run("migrate"), run("migrate")
    assert first.out == f"The store was empty and is at version {schema.HEAD} now.\n"
    assert second.out == f"The store is already at version {schema.HEAD}.\n"


def test_an_older_store_is_copied_before_it_is_migrated(
    run: Run, place: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is a store of the old version that only its owner reads, and any command does this by itself."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '0000'")

    def to_head(connection: object) -> None:
        connection.exec_driver_sql(  # type: ignore[attr-defined]  # the step to a version that does not exist yet
            f"UPDATE alembic_version SET version_num = '{schema.HEAD}'"
        )

    monkeypatch.setattr(schema, "_upgrade", to_head)
    assert run("ticket", "list").status == 0
    (copy,) = path.parent.glob(f"{path.name}.*.backup")
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert run("migrate").out == f"The store is already at version {schema.HEAD}.\n"


@pytest.fixture
def bare(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home without settings, store or variables."""
    for name in ("TIERDESK_STORE__URL", "TIERDESK_DESK__ADDRESSES", "TIERDESK_SMTP__LISTEN"):
        monkeypatch.delenv(name, raising=False)
    return place / "home"


def test_init_sets_a_desk_up(run: Run, bare: Path) -> None:
    """Given everything it asks nothing: settings for their owner alone, a store, a member of staff with every role."""
    ran = run(
        "init", "--address", "help@example.org", "--login", "maria", "--name", "Maria", "--email", "m@example.org"
    )
    file = bare / "tierdesk" / "tierdesk.toml"
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == f"Settings: {file}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert 'addresses = ["help@example.org"]' in file.read_text() and '#listen = "127.0.0.1:8025"' in file.read_text()
    assert set(run("staff", "list", "--json").row["roles"]) == ALL_ROLES
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_init_does_not_replace_settings(run: Run, bare: Path) -> None:
    """A file that exists stays, unless --force says otherwise; staff is then left as it is."""
    run("init", "--address", "help@example.org", "--login", "maria")
    file = bare / "tierdesk" / "tierdesk.toml"
    before = file.read_bytes()
    again = run("init", "--address", "other@example.org", "--login", "eve")
    assert (again.status, again.out, file.read_bytes()) == (1, "", before)
    assert again.err == f"tierdesk: {file} exists already; --force replaces it.\n"
    forced = run("init", "--address", "other@example.org", "--login", "eve", "--force")
    assert (forced.status, "nobody was added" in forced.out) == (0, True)
    assert run("staff", "list", "--json").row["login"] == "maria"


def test_init_asks_nothing_without_a_terminal(run: Run, bare: Path) -> None:
    """Without a terminal and without an address: wrong usage, and nothing is made."""
    ran = run("init")
    assert (ran.status, "--address" in ran.err, list(bare.rglob("*.*"))) == (2, True, [])


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--address", "nonsense"], 78), (["--login", "Big Boss"], 1), (["--store", "sqlite:////proc/none/x.db"], 1)],
    ids=["address", "login", "store"],
)
def test_init_that_fails_writes_no_settings(arguments: list[str], status: int, run: Run, bare: Path) -> None:
    """The settings file takes its place only when store and staff are there."""
    ran = run("init", "--address", "help@example.org", "--login", "maria", *arguments)
    assert (ran.status, ran.out, list((bare / "tierdesk").glob("*.toml*"))) == (status, "", [])
    assert ran.err.count("\n") == 1


def test_init_writes_where_config_says(run: Run, bare: Path, place: Path) -> None:
    """--config names the file to write; a relative store lies beside it."""
    file = place / "etc" / "my.toml"
    ran = run("--config", str(file), "init", "--address", "a@example.org", "--login", "maria",
              "--store", "sqlite:///desk.db")  # fmt: skip
    assert (ran.status, file.exists(), (place / "etc" / "desk.db").exists()) == (0, True, True)
    assert run("--config", str(file), "staff", "list", "--json").row["login"] == "maria"
