"""Rows from events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procedure.history import TICKET_FIELDS, rebuild
from store.tables import Ticket

CHANGES = st.dictionaries(st.sampled_from(TICKET_FIELDS), st.integers() | st.none() | st.text(), max_size=5)


@given(st.lists(CHANGES))
def test_the_last_word_on_a_field_counts(changes: list[dict[str, object]]) -> None:
    """Each event's ``set`` overwrites what came before it and leaves the rest."""
    expected: dict[str, object] = {}
    for change in changes:
        expected |= change
    assert rebuild({"set": change, "was": {}} for change in changes) == expected


def test_events_without_a_change_change_nothing() -> None:
    """A line of history that set no field, or is of another shape, is passed over."""
    assert rebuild([{"set": {"level": 1}}, {}, {"set": None}, {"ledger": 7}]) == {"level": 1}


def test_every_field_that_matters_is_recorded() -> None:
    """The columns of a ticket that events do not carry are its number, how often it changed, and what routed it."""
    assert set(Ticket.model_fields) - set(TICKET_FIELDS) == {"id", "changed_at", "rules", "version"}
