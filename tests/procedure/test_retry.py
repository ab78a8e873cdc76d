from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.retry import GIVE_UP_AFTER, SCHEDULE, WARN_AFTER, next_attempt


@pytest.mark.parametrize(
    ("attempts", "delay"),
    [(0, timedelta(seconds=30)), (1, timedelta(seconds=30)), (2, timedelta(minutes=2)), (4, timedelta(minutes=10)),
     (9, timedelta(hours=4)), (10, timedelta(hours=4)), (10**9, timedelta(hours=4))],
)  # fmt: skip
def test_schedule(attempts: int, delay: timedelta) -> None:
    """Attempts are close together at first and every four hours at last."""
    assert next_attempt(attempts, 0.5) == delay


@given(attempts=st.integers(1, 100), jitter=st.floats(allow_nan=False))
def test_jitter_is_at_most_a_tenth(attempts: int, jitter: float) -> None:
    """Jitter moves an attempt by a tenth of its delay at most, whatever number it is."""
    middle = SCHEDULE[min(attempts, len(SCHEDULE)) - 1]
    assert middle * 0.9 <= next_attempt(attempts, jitter) <= middle * 1.1


def test_jitter_spreads() -> None:
    """Mails that failed together do not return together."""
    assert next_attempt(3, 0.0) < next_attempt(3, 0.5) < next_attempt(3, 1.0)


def test_many_attempts_before_the_warning_and_more_before_the_end() -> None:
    """A warning comes after several attempts, and dozens are made before a mail is dead."""
    age, made = timedelta(0), 0
    ages = []
    while age < GIVE_UP_AFTER:
        made += 1
        age += next_attempt(made, 0.5)
        ages.append(age)
    assert sum(1 for moment in ages if moment < WARN_AFTER) == 7
    assert made == 37
