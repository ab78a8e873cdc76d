"""Tasks that are started again when they crash, with a pause that grows and is forgotten after a calm while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

log = logging.getLogger("tierdesk.service")

PAUSES = (0.2, 1.0, 5.0, 15.0, 60.0)
CALM_SECONDS = 60.0

Work = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then finishes what it has in hand and returns."""


async def supervise(name: str, work: Work, stop: asyncio.Event) -> None:
    """Run ``work`` until ``stop`` is set, again after each crash and each end that nobody asked for."""
    crashes = 0
    while not stop.is_set():
        started = monotonic()
        try:
            await work(stop)
        except Exception:
            log.exception("action=crashed task=%s", name)
        if stop.is_set():
            return
        crashes = 1 if monotonic() - started > CALM_SECONDS else crashes + 1
        pause = PAUSES[min(crashes, len(PAUSES)) - 1]
        log.warning("action=restarting task=%s pause=%g", name, pause)
        await pause_unless(stop, pause)


async def pause_unless(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until ``stop`` is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
