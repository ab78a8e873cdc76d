"""Where a ticket may go from where it stands."""

from __future__ import annotations

import pytest

from procedure.statuses import SLEEPING, after_customer_word, after_wake, choices, may_set
from procedure.terms import Status

N, O, P, H, S, C = Status  # noqa: E741  (new, open, pending, on hold, solved, closed)

TABLE = {
    N: ({O, P, H, S}, N),
    O: ({P, H, S}, O),
    P: ({O, P, H, S}, O),
    H: ({O, P, H, S}, O),
    S: ({O, C}, O),
    C: ({O}, O),
}


@pytest.mark.parametrize("current", Status)
def test_the_transitions_are_the_table(current: Status) -> None:
    """What a person may set and what a customer's word does, for every status."""
    by_hand, after_word = TABLE[current]
    assert {wanted for wanted in Status if may_set(current, wanted)} == by_hand
    assert after_customer_word(current) is after_word


@pytest.mark.parametrize("current", Status)
def test_choices_are_what_may_be_set_in_the_order_of_the_procedure(current: Status) -> None:
    """A menu offers exactly what is allowed."""
    assert choices(current) == tuple(status for status in Status if status in TABLE[current][0])


def test_nothing_becomes_new_again() -> None:
    """New means that nobody has looked yet; that cannot be undone by hand."""
    assert [current for current in Status if may_set(current, Status.NEW)] == []


def test_a_wake_up_ends_what_is_solved_and_opens_the_rest() -> None:
    """A solved ticket closes when its moment comes; the others come back to us."""
    assert {status: after_wake(status) for status in SLEEPING} == {P: O, H: O, S: C}
