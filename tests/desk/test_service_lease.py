"""Who runs the service of an embedded store: one at a time, for a term."""

from __future__ import annotations

import pytest

from desk import service_lease
from desk.actors import FILER, TIMERS
from desk.context import Desk
from desk.errors import Refused
from tests.fakes.desks import FakeClock

TERM = service_lease.TERM.total_seconds()


def test_the_first_has_it_and_the_second_is_told(any_desk: Desk) -> None:
    """A lease is one holder's; whoever comes second learns whose."""
    found = [service_lease.take(TIMERS, any_desk, name) for name in ("a", "b", "a")]
    assert (found, service_lease.holder(TIMERS, any_desk)) == ([None, "a", None], "a")


def test_a_silent_holder_is_replaced_after_the_term(any_desk: Desk, clock: FakeClock) -> None:
    """Who does not renew has lost it, and cannot renew it any more."""
    service_lease.take(TIMERS, any_desk, "a")
    clock.advance(seconds=TERM - 1)
    assert service_lease.take(TIMERS, any_desk, "b") == "a"
    clock.advance(seconds=1)
    assert service_lease.holder(TIMERS, any_desk) is None
    assert service_lease.take(TIMERS, any_desk, "b") is None
    assert not service_lease.renew(TIMERS, any_desk, "a")


def test_renewing_keeps_it(any_desk: Desk, clock: FakeClock) -> None:
    """Each renewal is a whole term."""
    service_lease.take(TIMERS, any_desk, "a")
    for _ in range(3):
        clock.advance(seconds=TERM - 1)
        assert service_lease.renew(TIMERS, any_desk, "a")
    assert service_lease.take(TIMERS, any_desk, "b") == "a"


def test_a_holder_known_to_be_gone_is_replaced_at_once(any_desk: Desk) -> None:
    """``is_gone`` is asked about the holder by name."""
    service_lease.take(TIMERS, any_desk, "a")
    assert service_lease.take(TIMERS, any_desk, "b", lambda name: name == "a") is None
    assert service_lease.holder(TIMERS, any_desk) == "b"


def test_only_the_holder_gives_it_back(any_desk: Desk) -> None:
    """Who is late to end does not take the lease from who came after."""
    service_lease.take(TIMERS, any_desk, "b")
    service_lease.release(TIMERS, any_desk, "a")
    assert service_lease.holder(TIMERS, any_desk) == "b"
    service_lease.release(TIMERS, any_desk, "b")
    assert service_lease.holder(TIMERS, any_desk) is None


def test_renewing_what_was_given_back(any_desk: Desk) -> None:
    """A lease that nobody holds is not renewed but taken."""
    assert not service_lease.renew(TIMERS, any_desk, "a")


def test_it_is_renewed_well_within_its_term() -> None:
    """One slow commit does not cost a holder the lease."""
    assert service_lease.RENEW_SECONDS * 3 < TERM


def test_a_worker_does_not_hold_it(any_desk: Desk) -> None:
    """Only the part of the service that keeps time may."""
    with pytest.raises(Refused):
        service_lease.take(FILER, any_desk, "a")
