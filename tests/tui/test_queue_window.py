"""Which lines of a queue are in view, whatever the queue does."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.queue_window import QueueWindow

IDS = st.lists(st.integers(1, 40), unique=True, max_size=25)
STEP = st.one_of(
    st.tuples(st.just("replace"), IDS),
    st.tuples(st.just("step"), st.integers(-12, 12)),
    st.tuples(st.just("scroll"), st.integers(-12, 12)),
)


def opened(ids: list[int], height: int = 8) -> QueueWindow:
    """Return a window on ``ids``."""
    window = QueueWindow()
    window.resize(height)
    window.begin(ids)
    return window


@given(IDS.filter(bool), st.lists(STEP, max_size=25), st.integers(1, 12))
def test_a_change_never_moves_the_line_under_the_cursor(
    ids: list[int], steps: list[tuple[str, object]], height: int
) -> None:
    """After any new order the selected ticket is the same, on the same screen row; only a person moves it."""
    window = opened(ids, height)
    for what, value in steps:
        selected, row = window.selected_id, None
        if selected is not None:
            row = window.row_of(selected)
        if what == "replace":
            assert isinstance(value, list)
            had_any = bool(window.ids)
            window.replace(value)
            if had_any:
                assert window.selected_id == selected
                assert selected is None or row is None or window.row_of(selected) == row
                assert set(window.ids) - {window.gone_id} == set(value) - {window.gone_id}
                assert (window.gone_id is not None) == (selected not in value)
        else:
            getattr(window, what)(value)
        assert [window.position(i) for i in window.ids] == list(range(len(window.ids)))
        assert window.selected_id in window.ids or not window.ids
        assert window.new_above == 0 or window.top > 0


@given(IDS.filter(lambda ids: len(ids) > 12), st.integers(-30, 30), IDS)
def test_what_is_read_stays_when_the_cursor_is_elsewhere(ids: list[int], rows: int, arrived: list[int]) -> None:
    """With the cursor out of view the first visible ticket that is still there keeps its row."""
    window = opened(ids, 5)
    window.scroll(rows)
    if window.row_of(ids[0]) is not None:
        return
    window_ids = [window.id_at(row) for row in range(5)]
    window.replace(arrived)
    first = next((i for i in window_ids if i in arrived), None)
    assert first is None or window.row_of(first) == window_ids.index(first)


@given(IDS.filter(bool), IDS.filter(bool), st.sampled_from([-1, 1]))
def test_the_next_step_brings_the_list_back_into_its_bounds(ids: list[int], other: list[int], rows: int) -> None:
    """Blank lines and the marked line last until the cursor moves."""
    window = opened(ids)
    window.step(len(ids) // 2)
    window.replace(other)
    if rows > 0:
        window.to_first()
    else:
        window.select(other[0])
    assert 0 <= window.top <= max(0, len(other) - window.height)
    assert window.ids == other or window.selected_id == window.gone_id


def test_arrivals_above_are_counted_once_and_forgotten_when_seen() -> None:
    """Only what came above the view and was not seen counts; what leaves again does not."""
    window = opened(list(range(100, 150)))
    window.step(20)
    window.replace([1, 2, *range(100, 150), 3])
    assert window.new_above == 2
    window.replace([2, *range(100, 150), 3])
    assert window.new_above == 1
    window.scroll(-100)
    assert window.new_above == 0


def test_fifty_thousand_tickets_are_quick() -> None:
    """A new order of fifty thousand tickets takes less than a blink."""
    ids = list(range(50_000))
    window = opened(ids, 40)
    window.step(25_000)
    began = time.process_time()
    window.replace([-1, *ids])
    assert time.process_time() - began < 0.2
    assert window.row_of(25_000) is not None
