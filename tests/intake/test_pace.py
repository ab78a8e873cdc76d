"""When so much mail comes in that filing steps aside."""

from __future__ import annotations

from dataclasses import dataclass, field

from intake.pace import BUSY, Pace


@dataclass
class Mails:
    """Mails that come one after another, on a clock of their own."""

    now: float = 100.0
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(lambda: self.now)

    def come(self, count: int, every: float, takes: float) -> list[bool]:
        """Let ``count`` mails come, each of which ``takes`` so long to be stored; say after each if it is a storm."""
        told = []
        for _ in range(count):
            self.pace.begin()
            self.now += takes
            self.pace.end()
            told.append(self.pace.is_storm())
            self.now += every - takes
        return told


def test_a_storm_is_many_mails_in_half_a_second() -> None:
    """The 151st mail makes one; half a second after the last it is over."""
    mails = Mails()
    assert mails.come(151, every=0.001, takes=0.0) == [False] * 150 + [True]
    mails.now += 0.6
    assert not mails.pace.is_storm()


def test_two_hundred_a_second_for_ever_are_none() -> None:
    """What can be filed as it comes makes nobody wait."""
    assert not any(Mails().come(2_000, every=0.005, takes=0.002))


def test_one_peer_that_must_wait_for_us_is_one() -> None:
    """A single connection that sends as fast as it may is held up by filing: most of the time it waits."""
    assert Mails().come(100, every=0.007, takes=0.0065)[-1]
    assert not Mails().come(100, every=0.007, takes=0.003)[-1]


def test_a_slow_disk_alone_is_none() -> None:
    """A few mails that each take long do not stop filing."""
    assert not any(Mails().come(50, every=0.1, takes=0.099))


def test_a_mail_in_hand_counts_while_it_waits() -> None:
    """The commit that just does not end is part of the time."""
    mails = Mails()
    mails.come(40, every=0.007, takes=0.003)
    mails.pace.begin()
    mails.now += 0.15
    mails.pace.begin()
    mails.pace.end()
    assert not mails.pace.is_storm()
    mails.now += 0.25
    assert (mails.pace._busy_part(mails.now) > BUSY, mails.pace.is_storm()) == (True, False)


def test_busy_is_less_than_a_storm() -> None:
    """What nobody waits for is put off from 11 mails a second on, and goes on when they are over."""
    mails = Mails()
    mails.come(5, every=0.0, takes=0.0)
    assert (mails.pace.is_busy(), mails.pace.is_storm()) == (False, False)
    mails.come(1, every=0.0, takes=0.0)
    assert (mails.pace.is_busy(), mails.pace.is_storm()) == (True, False)
    mails.now += 0.6
    assert not mails.pace.is_busy()


def test_a_crowd_is_the_beginning_of_a_storm() -> None:
    """Four mails that are being made durable at one moment are enough; when one is done they are not."""
    pace = Mails().pace
    for _ in range(4):
        assert not pace.is_storm()
        pace.begin()
    assert pace.is_storm()
    pace.end()
    assert not pace.is_storm()
