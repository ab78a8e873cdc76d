"""The courier: takes due mails from the outbox, has them delivered, records what became of each.

Claim with a lease, deliver in a thread, record. A courier that dies in between loses nothing: the lease ends and the
mail goes out again with the same Message-ID. Nothing here knows the store or the smarthost; ``app`` binds the three
calls.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar, TypeVarTuple, Unpack

from procedure.mail import Deferred, Outcome, OutgoingMail

Args = TypeVarTuple("Args")
R = TypeVar("R")

log = logging.getLogger(__name__)

LANES = 4
"""Mails on their way at once: a stalled one must not hold up the others, and a smarthost must not be flooded."""

POLL = 5.0
"""Seconds between looks at the outbox without a bell: what another process queued, or what has become due."""

RECORD_PAUSES = (0.2, 1.0, 5.0)
"""Seconds before each new try to record an outcome; a mail whose 250 is not recorded goes out twice."""


class Courier:
    """Delivers due mails, at most ``lanes`` at once.

    ``claim(limit)`` leases due mails, ``deliver(mail)`` makes one attempt, ``record(outbox_id, outcome)`` keeps the
    result; all three are called in threads of the courier. The lease must be longer than an attempt can take.
    """

    def __init__(
        self,
        claim: Callable[[int], Sequence[OutgoingMail]],
        deliver: Callable[[OutgoingMail], Outcome],
        record: Callable[[int, Outcome], object],
        *,
        lanes: int = LANES,
        poll: float = POLL,
        record_pauses: Sequence[float] = RECORD_PAUSES,
    ) -> None:
        self._claim, self._deliver, self._record = claim, deliver, record
        self._lanes, self._poll, self._pauses = lanes, poll, tuple(record_pauses)
        self._threads = ThreadPoolExecutor(lanes + 1, thread_name_prefix="courier")
        self._under_way: set[asyncio.Task[None]] = set()
        self._bell = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Wake the courier because there may be something to send; may be called from any thread."""
        with suppress(RuntimeError):  # The loop is closed: nobody is left to wake.
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then let what is under way come to its end. May be run once."""
        self._loop = asyncio.get_running_loop()
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._bell.clear()
                if not await self.step():
                    await self._wait(stopping)
            await self.finish()
        finally:
            stopping.cancel()
            for task in self._under_way:
                task.cancel()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def step(self) -> bool:
        """Claim as many mails as there are free lanes and send them off; return whether to look again at once."""
        free = self._lanes - len(self._under_way)
        if free <= 0:
            return False
        try:
            mails = await self._in_thread(self._claim, free)
        except Exception:
            log.exception("action=claim_failed")
            return False
        for mail in mails:
            task = asyncio.create_task(self._carry(mail))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(mails) == free

    async def finish(self) -> None:
        """Wait until nothing is under way any more."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _wait(self, stopping: asyncio.Task[bool]) -> None:
        """Wait for a bell, a free lane, the next look or the end."""
        bell = asyncio.create_task(self._bell.wait())
        try:
            awaited = {bell, stopping, *self._under_way}
            await asyncio.wait(awaited, timeout=self._poll, return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()

    async def _carry(self, mail: OutgoingMail) -> None:
        started = time.monotonic()
        try:
            outcome = await self._in_thread(self._deliver, mail)
        except Exception as error:
            log.exception("action=deliver_failed outbox=%d", mail.outbox_id)
            outcome = Deferred(f"a fault in the delivery itself: {type(error).__name__}")
        await self._keep(mail.outbox_id, outcome)
        _log_outcome(mail, outcome, time.monotonic() - started)

    async def _keep(self, outbox_id: int, outcome: Outcome) -> None:
        """Record an outcome, with patience; after that the end of the lease decides."""
        for pause in (*self._pauses, None):
            try:
                await self._in_thread(self._record, outbox_id, outcome)
                return
            except Exception:
                log.exception("action=record_failed outbox=%d outcome=%s", outbox_id, type(outcome).__name__.lower())
            if pause is not None:
                await asyncio.sleep(pause)

    async def _in_thread(self, call: Callable[[Unpack[Args]], R], *args: *Args) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)


def _log_outcome(mail: OutgoingMail, outcome: Outcome, seconds: float) -> None:
    log.info(
        "action=%s outbox=%d attempt=%d ms=%d reply=%r",
        type(outcome).__name__.lower(),
        mail.outbox_id,
        mail.attempts,
        round(seconds * 1000),
        outcome.reply,
    )
