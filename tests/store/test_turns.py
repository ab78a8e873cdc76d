"""Whose turn it is to write."""

from __future__ import annotations

import threading
from collections.abc import Callable

from store.turns import Turns


def begin(turns: Turns, name: str, log: list[str], *, urgent: bool) -> threading.Thread:
    """Have a thread wait for its turn, and return when it does wait."""

    def work() -> None:
        with turns.take(urgent=urgent):
            log.append(name)

    waiting = threading.Event()
    condition = turns._changed
    wait = condition.wait

    def told(timeout: float | None = None) -> bool:
        waiting.set()
        return wait(timeout)

    condition.wait = told  # type: ignore[method-assign]
    thread = threading.Thread(target=work)
    thread.start()
    assert waiting.wait(10)
    return thread


def run(order: Callable[[Turns, list[str]], list[threading.Thread]]) -> list[str]:
    turns, log = Turns(), ["first"]
    with turns.take():
        threads = order(turns, log)
    for thread in threads:
        thread.join(10)
    return log


def test_who_is_urgent_goes_first() -> None:
    """A mail peer that waits for its 250 waits for the writer at work, not for those who wait too."""
    log = run(
        lambda turns, log: [
            begin(turns, "filer", log, urgent=False),
            begin(turns, "timers", log, urgent=False),
            begin(turns, "listener", log, urgent=True),
        ]
    )
    assert (log[:2], sorted(log[2:])) == (["first", "listener"], ["filer", "timers"])


def test_one_at_a_time_and_none_left_behind() -> None:
    """Whatever fails inside, the turn is given on."""
    turns = Turns()
    try:
        with turns.take(urgent=True):
            raise ValueError
    except ValueError:
        pass
    with turns.take():
        pass
    with turns.take(urgent=True):
        pass


def test_who_is_urgent_goes_before_a_newcomer() -> None:
    """The writer that just ended does not begin again while somebody urgent waits, awake or not."""
    turns = Turns()
    log: list[str] = []
    for _ in range(20):
        with turns.take():
            assert not turns.is_wanted
            thread = begin(turns, "listener", log, urgent=True)
            assert turns.is_wanted
        with turns.take():
            log.append("filer")
        thread.join(10)
    assert log == ["listener", "filer"] * 20
