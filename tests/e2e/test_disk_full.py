"""No space left, while serving and at the start: peers are asked to come again, and nothing is broken."""

from __future__ import annotations

import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.accounts import broken_laws
from tests.e2e.clients import Letter, by_smtplib
from tests.e2e.office import Office

SIZE = 6 << 20
FILLED_TO = 64 << 10


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 6 MB; skip, with the reason, where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tierdesk-test", place],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def cramped(office: Office, small_disk: Path) -> Office:
    """Return an office whose store is on the small disk, with the check of free space off: the disk itself refuses."""
    store = Path(office.url.removeprefix("sqlite:///"))
    shutil.copyfile(store, small_disk / "desk.db")
    office.url = f"sqlite:///{small_disk / 'desk.db'}"
    office.more = {"TIERDESK_SMTP__FREE_SPACE_FLOOR_BYTES": "0"}
    return office


def fill(disk: Path, leave: int) -> Path:
    """Take the space away but so many bytes."""
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    ballast.write_bytes(bytes(max(0, free - leave)))
    return ballast


def replies_to(port: int, mails: int, size: int) -> list[int]:
    """Send mails of so many bytes and return the codes that end them, whatever they are."""
    codes = []
    for number in range(mails):
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
            smtp.ehlo()
            refused = next(
                (code for code, _ in (smtp.mail("a@example.gr"), smtp.rcpt("support@example.com")) if code > 299), 0
            )
            text = (
                f"From: a@example.gr\r\nSubject: Full {number}\r\n\r\n"
                + "x" * 70
                + f"\r\n{'y' * 70}\r\n" * (size // 72)
            )
            codes.append(refused or smtp.data(text)[0])
    return codes


def test_a_disk_that_fills_up_while_serving(cramped: Office, small_disk: Path) -> None:
    """Every mail gets 250 or 4xx; what got 250 is there; with space again mail flows, without a restart."""
    with cramped.serving() as service:
        by_smtplib(service.port, Letter("Before", "There is room."))
        cramped.wait_for_fates(1)
        ballast = fill(small_disk, FILLED_TO)
        codes = replies_to(service.port, 6, 60_000)
        assert {code // 100 for code in codes} <= {2, 4} and codes[-1] // 100 == 4, codes
        listed = cramped.run("ticket", "list")
        ballast.unlink()
        by_smtplib(service.port, Letter("After", "There is room again."))
        cramped.wait_for_fates(2 + codes.count(250))
    with cramped.look() as desk:
        assert broken_laws(desk) == []
    assert cramped.json("ledger", "balance").row["accepted"] == 2 + codes.count(250)
    assert listed.status == 0 or len(listed.err.splitlines()) == 1, listed.err


def test_below_the_floor_nothing_is_taken(cramped: Office) -> None:
    """With less free space than the floor the peer hears 452 before it sends the mail, and reading goes on."""
    cramped.more = {"TIERDESK_SMTP__FREE_SPACE_FLOOR_BYTES": str(SIZE)}
    with cramped.serving() as service:
        assert replies_to(service.port, 1, 100) == [452]
        assert cramped.run("ticket", "list").status == 0


@pytest.mark.parametrize("command", [("serve",), ("ticket", "new", "--subject", "x", "--name", "N", "--text", "y")])
def test_a_full_disk_at_the_start(command: tuple[str, ...], cramped: Office, small_disk: Path) -> None:
    """One clear sentence, status 1, no traceback, and the store is whole afterwards."""
    (small_disk / "desk.db").unlink()
    ballast = fill(small_disk, 0)
    ran = cramped.run(*command)
    complaints = [line for line in ran.err.splitlines() if not line.startswith("at=")]
    ballast.unlink()
    assert (ran.status, ran.out, len(complaints)) == (1, "", 1), ran.err
    assert complaints[0].startswith("tierdesk: The store") and "full" in complaints[0]
    assert cramped.run("ticket", "list").status == 0
