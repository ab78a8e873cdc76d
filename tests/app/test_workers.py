"""What the service's workers do by themselves."""

from __future__ import annotations

import asyncio

import pytest

from app import workers
from desk import packing
from desk.context import Desk
from intake.pace import Pace


@pytest.mark.parametrize(("mails", "expected"), [(0, 1), (100, 0)])
async def test_packing_waits_for_quiet(desk: Desk, monkeypatch: pytest.MonkeyPatch, mails: int, expected: int) -> None:
    """A step is made while few mails come in, and none in a rush."""
    loop, stop, steps = asyncio.get_running_loop(), asyncio.Event(), []
    pace = Pace(lambda: 0.0)
    for _ in range(mails):
        pace.begin()
        pace.end()

    def pack_some(*args: object) -> int:
        steps.append(args)
        loop.call_soon_threadsafe(stop.set)
        return 1

    monkeypatch.setattr(packing, "pack_some", pack_some)
    if mails:
        loop.call_later(0.05, stop.set)
    await asyncio.wait_for(workers.run_packing(desk, pace, stop), 10)
    assert len(steps) == expected
