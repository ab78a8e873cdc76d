"""When mail comes in so fast that filing steps aside."""

from __future__ import annotations

from intake.pace import Pace


def test_a_storm_is_many_mails_in_half_a_second() -> None:
    """A burst of 151 mails is one, whether together or one by one; it is over half a second after the last."""
    now = [100.0]
    pace = Pace(lambda: now[0])
    told = []
    for _ in range(151):
        pace.count(1)
        told.append(pace.is_storm())
        now[0] += 0.001
    assert told == [False] * 150 + [True]
    now[0] += 0.4
    assert not pace.is_storm()


def test_two_hundred_a_second_for_ever_are_none() -> None:
    """What can be filed as it comes makes nobody wait."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    for _ in range(2_000):
        now[0] += 0.005
        pace.count(1)
        assert not pace.is_storm()


def test_busy_is_less_than_a_storm() -> None:
    """What nobody waits for is put off from 11 mails a second on, and goes on when they are over."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.count(5)
    assert (pace.is_busy(), pace.is_storm()) == (False, False)
    pace.count(1)
    assert (pace.is_busy(), pace.is_storm()) == (True, False)
    now[0] += 0.6
    assert not pace.is_busy()
