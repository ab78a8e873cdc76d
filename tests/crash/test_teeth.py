"""The crash tests against services with a fault: a test that cannot fail is no proof."""

from __future__ import annotations

import random
import sys

import pytest

from tests.crash import accounts
from tests.crash.load import Senders
from tests.crash.test_kill_service import live_and_die
from tests.e2e.office import Office

MOST_ROUNDS = 15


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", ["ack-before-commit", "digest-not-unique"])
def test_faults_are_noticed(mutant: str, office: Office) -> None:
    """A 250 before the commit shows as lost mail, a digest that is not unique as doubled mail."""
    command = (sys.executable, "-m", "tests.crash.mutants", mutant)
    dice, lost, doubled = random.Random(1), 0, 0
    with office.look() as desk, Senders() as senders:
        for _ in range(MOST_ROUNDS):
            live_and_die(office, desk, senders, dice, command)
            found = accounts.count(desk, senders.known)
            lost, doubled = len(found.lost(set(senders.acknowledged))), len(found.doubled())
            if lost or doubled:
                break
        accounts.end_leases(desk)
        with office.serving() as sound:
            senders.aim(sound.port)
            senders.__exit__(None, None, None)
    print(f"{mutant}: lost={lost} doubled={doubled} acknowledged={len(senders.acknowledged)}")
    assert (lost > 0, doubled > 0) == (mutant == "ack-before-commit", mutant == "digest-not-unique")
