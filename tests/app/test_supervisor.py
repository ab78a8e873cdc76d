"""Tasks that crash are started again, with a pause that grows; an end that was asked for is an end."""

from __future__ import annotations

import asyncio

import pytest

from app import supervisor
from app.supervisor import supervise


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses that were made, none of which lasts."""
    made: list[float] = []

    async def note(stop: asyncio.Event, seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(supervisor, "pause_unless", note)
    return made


async def test_a_crash_is_followed_by_a_new_start(pauses: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """Each crash is logged with its task, and waits longer than the one before."""
    runs: list[int] = []

    async def work(stop: asyncio.Event) -> None:
        runs.append(1)
        if len(runs) == 8:
            stop.set()
            return
        raise ValueError("bug")

    await supervise("filer", work, asyncio.Event())
    assert (len(runs), pauses) == (8, [0.2, 1.0, 5.0, 15.0, 60.0, 60.0, 60.0])
    assert "action=crashed task=filer" in caplog.text


async def test_an_end_nobody_asked_for_is_a_crash(pauses: list[float]) -> None:
    """A worker that just returns is started again."""
    runs: list[int] = []

    async def work(stop: asyncio.Event) -> None:
        runs.append(1)
        if len(runs) == 2:
            stop.set()

    await supervise("timers", work, asyncio.Event())
    assert (len(runs), pauses) == (2, [0.2])


async def test_calm_forgets_the_crashes(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """One crash a day is answered at once, every day."""
    times = iter(range(0, 10_000, 100))
    monkeypatch.setattr(supervisor, "monotonic", lambda: float(next(times)))
    runs: list[int] = []

    async def work(stop: asyncio.Event) -> None:
        runs.append(1)
        if len(runs) == 4:
            stop.set()
        raise OSError("away")

    await supervise("courier", work, asyncio.Event())
    assert pauses == [0.2, 0.2, 0.2]


async def test_a_pause_ends_with_the_service() -> None:
    """Nobody waits for a pause at the end."""
    stop = asyncio.Event()
    stop.set()
    await asyncio.wait_for(supervisor.pause_unless(stop, 3600), 5)
