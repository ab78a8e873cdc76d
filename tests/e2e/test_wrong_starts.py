"""Started the wrong way, as a person meets it; more of these are in tests/app/test_wrong_starts.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.office import Office, Ran


def complaints(ran: Ran) -> list[str]:
    """Return what a command complained of; the log of a service is not a complaint."""
    return [line for line in ran.err.splitlines() if not line.startswith("at=")]


def everything(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize("command", [("serve",), ("ticket", "list"), ("doctor",)], ids=" ".join)
def test_a_directory_as_the_store(command: tuple[str, ...], office: Office) -> None:
    """One line that names it, no traceback, and the directory stays as it is."""
    place = office.home / "folder"
    (place / "inner").mkdir(parents=True)
    office.url = f"sqlite:///{place}"
    before = everything(place)
    ran = office.run(*command)
    told = ran.out if command == ("doctor",) else "\n".join(complaints(ran))
    assert (ran.status, str(place) in told, "Traceback" in ran.err) == (1, True, False), ran
    assert command == ("doctor",) or len(complaints(ran)) == 1
    assert everything(place) == before


def test_every_wrong_setting_is_told_at_once(office: Office) -> None:
    """Status 78, a line for each with its file and key or its variable, and nothing is made."""
    config = office.home / "tierdesk.toml"
    config.write_text('[smtp]\nlisten = "nowhere"\n[desk]\nadresses = ["a@example.com"]\n[outbox]\ntls = "maybe"\n')
    store = office.home / "new.db"
    office.url = f"sqlite:///{store}"
    office.more = {"TIERDESK_SMTP__LISTEN": "127.0.0.1:99999", "TIERDESK_SMTP__SPEED": "9"}
    ran = office.run("--config", str(config), "serve")
    found = complaints(ran)
    assert (ran.status, ran.out, store.exists()) == (78, "", False)
    wanted = ("TIERDESK_SMTP__LISTEN must", "TIERDESK_SMTP__SPEED", "adresses", "outbox.tls")
    assert [sum(word in line for line in found) for word in wanted] == [1, 1, 1, 1], found
    assert all(line.startswith("tierdesk: ") for line in found) and len(found) == len(wanted)


@pytest.mark.parametrize(
    ("text", "word"),
    [("[smtp\n", "line 1"), ("\ufeff\x00", "tierdesk.toml"), (None, "tierdesk.toml")],
    ids=["broken", "binary", "missing"],
)
def test_a_file_that_is_no_settings_file(text: str | None, word: str, office: Office) -> None:
    """Status 78 and one line that names the file."""
    config = office.home / "tierdesk.toml"
    if text is not None:
        config.write_text(text)
    ran = office.run("--config", str(config), "ticket", "list")
    assert (ran.status, ran.out, len(complaints(ran))) == (78, "", 1), ran.err
    assert str(config) in ran.err and word in ran.err


def test_a_server_that_is_not_there(office: Office) -> None:
    """Status 1 and one line, without the password."""
    office.url = "postgresql+psycopg://desk:hunter2@127.0.0.1:1/desk"
    ran = office.run("ticket", "list")
    assert (ran.status, ran.out, len(complaints(ran))) == (1, "", 1), ran.err
    assert "hunter2" not in ran.err
