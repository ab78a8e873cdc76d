"""When the same again and again is a flood."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from procedure.destination import Known, Request
from procedure.flood import find_flood
from procedure.policy_values import Flood
from tests.procedure.mails import NOW, a_mail

LIMITS = Flood(timedelta(minutes=10), same=3, sender=5, strangers=9)


def requests(*minutes: float, subject: str = "Backup 7 failed") -> tuple[Request, ...]:
    """Return requests so many minutes old, newest first; the oldest has the smallest number."""
    ages = sorted(minutes)
    return tuple(Request(100 - n, subject, NOW - timedelta(minutes=age)) for n, age in enumerate(ages))


def found(known: Known, subject: str = "Backup 9 failed", limits: Flood = LIMITS) -> int | None:
    flood = find_flood(a_mail(subject=subject), known, limits, NOW)
    return flood.ticket_id if flood else None


@pytest.mark.parametrize(
    ("known", "subject", "expected"),
    [
        (Known(requests=requests(1, 2)), "Backup 9 failed", None),
        (Known(requests=requests(1, 2, 3)), "Backup 9 failed", 98),
        (Known(requests=requests(1, 2, 3)), "Re: BACKUP 9 failed", 98),
        (Known(requests=requests(1, 2, 3)), "Disk full", None),
        (Known(requests=requests(1, 2, 10)), "Backup 9 failed", None),
        (Known(requests=requests(1, 2, 9.9)), "Backup 9 failed", 98),
        (Known(requests=requests(1, 2, 3, 4, 5)), "Disk full", 96),
        # it goes on as long as it comes, and stays one item
        (Known(requests=requests(20, 21, 22), held={98: 3}), "Backup 9 failed", 98),
        (Known(requests=requests(20, 21, 22), held={98: 2}), "Backup 9 failed", None),
        (Known(requests=requests(1, 20, 21, 22), held={97: 2}), "Backup 9 failed", 97),
        (Known(requests=requests(1, 2), held={100: 1}), "Backup 9 failed", 100),
        (Known(), "x", None),
    ],
)
def test_floods(known: Known, subject: str, expected: int | None) -> None:
    """What came within the window counts, tickets and waiting mails alike, at the first ticket of the flood."""
    assert found(known, subject) == expected


def test_no_limits() -> None:
    """Nought switches a limit off."""
    known = Known(requests=requests(*range(9)), is_crowded=True)
    assert find_flood(a_mail(), known, Flood(LIMITS.window, 0, 0, 0), NOW) is None
    assert find_flood(a_mail(), replace(known, requests=()), Flood(LIMITS.window, 0, 0, 0), NOW) is None


def test_a_crowd_of_strangers() -> None:
    """When too much comes in at once, those who never wrote before wait, and nobody else."""
    assert find_flood(a_mail(), Known(is_crowded=True), LIMITS, NOW)
    assert find_flood(a_mail(), Known(requests=requests(100), is_crowded=True), LIMITS, NOW) is None


def test_the_number_is_said() -> None:
    """The reason holds the count."""
    flood = find_flood(a_mail(subject="Backup"), Known(requests=requests(1, 2, 3, subject="backup")), LIMITS, NOW)
    assert flood is not None
    assert flood.reason == "A flood: number 4 with this subject within 10 minutes, counted at TD-98."
