"""The Nth write to the store fails: whoever was refused hears 4xx, and what got a 250 is there once."""

from __future__ import annotations

import errno
import signal
import smtplib
from dataclasses import dataclass, field
from pathlib import Path
from smtplib import SMTPException

import pytest

from tests.crash import accounts
from tests.crash.disk import Disk, disk_under
from tests.crash.load import LARGE
from tests.e2e.conftest import new_office
from tests.e2e.office import DEADLINE, Office
from tests.fakes.desks import SUPPORT
from tests.fakes.smarthost import FakeSmarthost

SIZES = (0, 0, LARGE, 0, LARGE, 0)
"""Octets of padding of the mails that are sent, one after the other."""
START, SERVING = "from the start", "while serving"
Point = tuple[str, int, str, int]
POINTS: tuple[Point, ...] = (
    (START, 2, "always", errno.ENOSPC),
    (START, 30, "once", errno.EIO),
    (SERVING, 1, "always", errno.ENOSPC),
    (SERVING, 3, "once", errno.EIO),
    (SERVING, 8, "once", errno.ENOSPC),
    (SERVING, 17, "always", errno.EIO),
)
MOST = 60


@dataclass
class Outcome:
    """What became of the mails while the disk failed: codes by token, the last word of each."""

    codes: dict[str, int] = field(default_factory=dict)
    is_started: bool = True

    @property
    def acknowledged(self) -> set[str]:
        return {token for token, code in self.codes.items() if code == 250}


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_write_fails(point: Point, office: Office, disk: Disk) -> None:
    """Every mail gets 250 or 4xx, nothing with a 250 is lost or doubled, and with a sound disk all is filed."""
    serve_on_a_failing_disk(point, office, disk)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
@pytest.mark.parametrize("how", ["once", "always"])
@pytest.mark.parametrize("since", [START, SERVING])
def test_each_write_fails(
    since: str, how: str, error: int, hasty_template: Path, tmp_path: Path, smarthost: FakeSmarthost, disk_library: Path
) -> None:
    """The same for each of the first sixty operations, on a store of its own."""
    broken = {}
    for number in range(1, MOST + 1):
        home = tmp_path / str(number)
        home.mkdir()
        office = new_office(hasty_template, home)
        office.smarthost = smarthost.port
        try:
            serve_on_a_failing_disk((since, number, how, error), office, disk_under(office, disk_library))
        except (AssertionError, OSError, SMTPException) as failure:
            broken[number] = str(failure)
    assert broken == {}


def serve_on_a_failing_disk(point: Point, office: Office, disk: Disk) -> None:
    """Serve on a disk that fails, end it, look at the store, serve on a sound disk, and look again."""
    since, number, how, error = point
    after = office.home / "serving"
    office.more = disk.failing(number, how, error, after if since == SERVING else None)
    outcome = serve_and_send(office, after)
    office.more = {}
    assert {code // 100 for code in outcome.codes.values()} <= {2, 4}, outcome.codes
    check(office, outcome)
    with office.serving() as service:
        for token, size in mails():
            if outcome.codes.get(token) != 250:
                assert send(service.port, token, size) == 250
        office.wait_until(lambda desk: accounts.pending(desk) == 0 and accounts.unsent(desk) == 0)
    everything = Outcome({token: 250 for token, _ in mails()})
    check(office, everything)
    with office.look() as desk:
        assert accounts.count(desk).unfiled(everything.acknowledged) == set()
    refused = sum(code != 250 for code in outcome.codes.values())
    failed = [line.replace(str(disk.store.parent), "") for line in disk.what_failed()[:1]]
    print(f"{since} {number} {how} {errno.errorcode[error]} {failed} is_started={outcome.is_started} refused={refused}")


def serve_and_send(office: Office, after: Path) -> Outcome:
    """Send the mails to a service whose disk fails; a start that is refused must say so in one sentence."""
    outcome = Outcome()
    try:
        service = office.start()
    except AssertionError as refusal:
        assert "Traceback" not in str(refusal), refusal
        return Outcome(is_started=False)
    after.touch()
    try:
        for token, size in mails():
            outcome.codes[token] = send(service.port, token, size)
        assert service.process.poll() is None, service.log.read_text("utf-8")[-3000:]
    finally:
        service.end(signal.SIGKILL)
    return outcome


def mails() -> list[tuple[str, int]]:
    """Return the tokens of the mails and their padding."""
    return [(f"token0x{number}z", size) for number, size in enumerate(SIZES)]


def send(port: int, token: str, size: int) -> int:
    """Send one mail and return the code that ends it, of whatever command."""
    head = f"From: c{token}@example.gr\r\nSubject: {token}\r\nMessage-ID: <{token}@example.gr>\r\n\r\n{token}\r\n"
    with smtplib.SMTP("127.0.0.1", port, local_hostname="load.example.gr", timeout=DEADLINE) as smtp:
        smtp.ehlo()
        for code, _ in (smtp.mail("c@example.gr"), smtp.rcpt(SUPPORT)):
            if code > 299:
                return code
        try:
            return smtp.data(head + f"{'words ' * 12}\r\n" * (size // 74))[0]
        except smtplib.SMTPDataError as refused:
            return refused.smtp_code


def check(office: Office, outcome: Outcome) -> None:
    """The store is sound: nothing acknowledged is lost, nothing is doubled, every law holds."""
    with office.look() as desk:
        found = accounts.count(desk)
        assert (found.lost(outcome.acknowledged), found.doubled()) == (set(), set())
        assert accounts.broken_laws(desk) == []
