"""``kill -9`` of the service under load, again and again: nothing acknowledged is lost or doubled, and work goes on."""

from __future__ import annotations

import random
import signal
import threading
from contextlib import ExitStack
from itertools import islice

import pytest

from desk import listing, people, replies
from desk.context import Desk
from procedure.terms import Status
from tests.crash import accounts
from tests.crash.load import Senders
from tests.e2e.office import COMMAND, Office
from tests.fakes.smarthost import FakeSmarthost

ROUNDS = 5
SOAK_ROUNDS = 100
ANSWERS = 4
LARGE_EVERY = 16
REST_EVERY = 8
"""Deaths after which a life is long enough to file what is there: a mail whose filer disappears ten times is poison."""
WORK_SECONDS = 300.0


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nothing_is_lost_or_doubled(office: Office, smarthost: FakeSmarthost) -> None:
    """After each of some kills and at the end the ledger is balanced and every law holds; each answer leaves."""
    storm(office, smarthost, ROUNDS)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_nothing_is_lost_or_doubled_for_long(office: Office, smarthost: FakeSmarthost) -> None:
    """The same, a hundred times."""
    storm(office, smarthost, SOAK_ROUNDS)


def storm(office: Office, smarthost: FakeSmarthost, rounds: int, seed: int = 20261122) -> None:
    """Kill the service so many times under load, then let it finish, and check after each kill and at the end."""
    dice = random.Random(seed)
    with office.look() as desk, ExitStack() as last_life:
        with Senders(large_every=LARGE_EVERY) as senders:
            for number in range(1, rounds + 1):
                live_and_die(office, desk, senders, dice)
                check_the_ledger(desk, senders)
                if number % REST_EVERY == 0:
                    finish_the_work(office)
            accounts.end_leases(desk)
            senders.aim(last_life.enter_context(office.serving()).port)
        office.wait_until(has_no_work, WORK_SECONDS)
        last_life.close()
        check_the_ledger(desk, senders)
        check_the_work(office, desk, senders, smarthost)
    print(f"rounds={rounds} acknowledged={len(senders.acknowledged)} sent_again={senders.sent_again}")


def has_no_work(desk: Desk) -> bool:
    """Tell whether every mail has its fate and every one of ours has left."""
    return accounts.pending(desk) == 0 and accounts.unsent(desk) == 0


def finish_the_work(office: Office) -> None:
    """Let a service live until it has nothing to do, and end it in order."""
    with office.serving():
        office.wait_until(has_no_work, WORK_SECONDS)


def live_and_die(
    office: Office, desk: Desk, senders: Senders, dice: random.Random, command: tuple[str, ...] = COMMAND
) -> None:
    """Start the service, let mails and answers come, and kill it 20 to 600 ms after the first mail of this life."""
    service = office.start(command)
    try:
        senders.aim(service.port)
        senders.wait_for(len(senders.acknowledged) + 1)
        answer_some(desk)
        threading.Event().wait(dice.uniform(0.02, 0.6))  # not for something to happen: the moment of the kill
    finally:
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
        senders.aim(None)


def answer_some(desk: Desk) -> None:
    """Answer a few new tickets, so that there are answers on their way when the end comes."""
    agent = people.owner(desk, None)
    fresh = (view for view in listing.every(agent, desk, None) if view.status is Status.NEW)
    for view in islice(fresh, ANSWERS):
        replies.send(agent, desk, view.id, f"Answer to {view.ref}.")


def check_the_ledger(desk: Desk, senders: Senders) -> None:
    """Nothing acknowledged is lost, nothing is there twice, no law is broken, no peer was told 5xx."""
    found = accounts.count(desk, senders.known)
    assert (found.lost(set(senders.acknowledged)), found.doubled()) == (set(), set())
    assert (accounts.broken_laws(desk), senders.refused) == ([], [])


def check_the_work(office: Office, desk: Desk, senders: Senders, smarthost: FakeSmarthost) -> None:
    """Each acknowledged mail is one message; each mail of the outbox left, always as the same mail."""
    assert accounts.count(desk).unfiled(set(senders.acknowledged)) == set()
    left = accounts.sent_ids(smarthost.received)
    assert accounts.outgoing_ids(desk) - left.keys() == set()
    assert {name: len(contents) for name, contents in left.items() if len(contents) > 1} == {}
    balance = office.json("ledger", "balance").row
    assert (balance["balanced"], balance["pending"], balance["fates"]["poison"]) == (True, 0, 0)
