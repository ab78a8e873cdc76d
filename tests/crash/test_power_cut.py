"""The power goes, again and again, under load: only what was synced comes back, and nothing acknowledged is missing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from itertools import islice

import pytest

from desk.context import Desk
from procedure.terms import MessageKind, Status
from store.tables import Message
from tests.crash import accounts
from tests.crash.disk import Disk
from tests.crash.load import Senders
from tests.crash.test_kill_service import REST_EVERY, WORK_SECONDS, check_the_ledger, finish_the_work, has_no_work
from tests.e2e.office import COMMAND, Office
from tests.fakes.looks import every

CUTS = 3
SOAK_CUTS = 20
MOST_CUTS = 5
LARGE_EVERY = 5


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost(office: Office, disk: Disk) -> None:
    """After each of some cuts what got a 250 is in the ledger once and every law holds; at the end all is filed."""
    storm(office, disk, CUTS)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_for_long(office: Office, disk: Disk) -> None:
    """The same, twenty times, and no answer is lost that its agent was told of."""
    storm(office, disk, SOAK_CUTS, with_answers=True)


def storm(office: Office, disk: Disk, cuts: int, with_answers: bool = False, seed: int = 20261122) -> None:
    """Cut the power so many times under load, check after each, then let the service finish its work."""
    dice = random.Random(seed)
    answers: list[str] = []
    with Senders(large_every=LARGE_EVERY) as senders:
        for number in range(1, cuts + 1):
            answer = f"Answer {number}." if with_answers else ""
            if live_until_the_cut(office, disk, senders, dice, answer=answer):
                answers.append(answer)
            check(office, senders, answers)
            if number % REST_EVERY == 0:
                finish_the_work(office)
        with office.serving() as last_life:
            senders.aim(last_life.port)
            senders.__exit__(None, None, None)
            office.wait_until(has_no_work, WORK_SECONDS)
    check(office, senders, answers)
    with office.look() as desk:
        assert accounts.count(desk).unfiled(set(senders.acknowledged)) == set()
    print(f"cuts={cuts} acknowledged={len(senders.acknowledged)} again={senders.sent_again} answers={len(answers)}")


def live_until_the_cut(
    office: Office,
    disk: Disk,
    senders: Senders,
    dice: random.Random,
    command: tuple[str, ...] = COMMAND,
    answer: str = "",
) -> bool:
    """Let mails come, perhaps an answer too, and cut the power; tell whether the answer was said to be kept."""
    disk.begin()
    office.more = disk.environ
    service = office.start(command)
    try:
        senders.aim(service.port)
        senders.wait_for(len(senders.acknowledged) + 1)
        threading.Event().wait(dice.uniform(0.02, 0.6))  # not for something to happen: the moment of the cut
        is_answered = bool(answer) and answer_one(office, answer)
    finally:
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
        senders.aim(None)
        office.more = {}
    disk.cut(dice)
    return is_answered


def answer_one(office: Office, text: str) -> bool:
    """Answer a new ticket by a command, whose process is on the same disk; tell whether it said that it did."""
    fresh = (row for row in office.run("ticket", "list", "--json").rows if row["status"] == Status.NEW)
    try:
        return any(office.run("ticket", "reply", row["ref"], "--text", text).status == 0 for row in islice(fresh, 1))
    except subprocess.TimeoutExpired:  # the disk is slow with all that is kept of it: nobody was told anything
        return False


def check(office: Office, senders: Senders, answers: list[str]) -> None:
    """Nothing that was acknowledged is lost or there twice; the bytes of each mail are read again."""
    senders.known.clear()
    with office.look() as desk:
        check_the_ledger(desk, senders)
        assert set(answers) - answers_of(desk) == set()


def answers_of(desk: Desk) -> set[str]:
    """Return the first lines of all answers."""
    return {message.text.split("\n")[0] for message in every(desk, Message) if message.kind is MessageKind.STAFF}


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", ["synchronous-normal", "files-not-synced", "folders-not-synced"])
def test_a_missing_sync_is_noticed(mutant: str, office: Office, disk: Disk) -> None:
    """The same cuts lose mail when one of the syncs is left out: the tests above can fail."""
    command, dice, lost = (sys.executable, "-m", "tests.crash.mutants", mutant), random.Random(1), set[str]()
    with Senders(large_every=2) as senders:
        for _ in range(MOST_CUTS):
            live_until_the_cut(office, disk, senders, dice, command)
            with office.look() as desk:
                lost = accounts.count(desk).lost(set(senders.acknowledged))
            if lost:
                break
        with office.serving() as sound:
            senders.aim(sound.port)
            senders.__exit__(None, None, None)
    print(f"{mutant}: lost={len(lost)} acknowledged={len(senders.acknowledged)}")
    assert lost != set()
