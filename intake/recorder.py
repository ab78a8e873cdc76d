"""Group commit: the mails of concurrent connections share one durable transaction.

While one transaction is being written, the mails that arrive gather; the next transaction takes them all. Nobody
lingers for company: with one connection every mail is its own transaction. The recorder's own task does the writing,
so a connection that goes away in the middle of it neither loses its mail nor stores it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from desk.errors import Unavailable
from intake.pace import Pace
from procedure.mail import Envelope

_log = logging.getLogger("tierdesk.intake")

Record = Callable[[Sequence[Any]], list[int]]
"""Makes mails durable in one transaction and returns their ledger ids in order. Called in a thread."""

Keep = Callable[[Envelope], Any]
"""Writes a large mail to where it will lie and returns what ``Record`` takes in its place. Called in a thread."""


class _Waiting(NamedTuple):
    mail: Any
    octets: int
    stored: asyncio.Future[int]


class Recorder:
    """Turns one ``record`` call a batch into one ledger id a mail.

    Mails of ``large`` octets and more are handed to ``keep`` at once, each in a thread of its own, so that none waits
    for the disk of another; what it returns is recorded. ``pace`` is told of each mail.
    """

    def __init__(
        self,
        record: Record,
        *,
        keep: Keep = lambda envelope: envelope,
        large: int = 32_768,
        pace: Pace | None = None,
        max_batch: int = 128,
        max_batch_bytes: int = 32 << 20,
    ) -> None:
        self._record = record
        self._keep = keep
        self._large = large
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._pace = pace or Pace()
        self._max_batch = max_batch
        self._max_batch_bytes = max_batch_bytes
        self._waiting: deque[_Waiting] = deque()
        self._keeping: set[asyncio.Task[int]] = set()
        self._writer: asyncio.Task[None] | None = None

    async def record(self, envelope: Envelope) -> int:
        """Return the ledger id of ``envelope`` once it is durable. Raises what ``record`` raises for it.

        Cancelling the caller changes nothing: a mail that was handed over is stored, once.
        """
        self._pace.begin()
        try:
            if len(envelope.raw) < self._large:
                return await self._hand_over(envelope, len(envelope.raw))
            keeping = asyncio.create_task(self._keep_large(envelope))
            self._keeping.add(keeping)
            keeping.add_done_callback(self._keeping.discard)
            return await asyncio.shield(keeping)
        finally:
            self._pace.end()

    async def _keep_large(self, envelope: Envelope) -> int:
        return await self._hand_over(await asyncio.to_thread(self._keep, envelope), len(envelope.raw))

    def _hand_over(self, mail: Any, octets: int) -> asyncio.Future[int]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(mail, octets, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="intake-recorder")
        return future

    async def drain(self) -> None:
        """Return when everything that was handed over is stored or refused."""
        while self._keeping or self._writer is not None:
            await asyncio.wait({*self._keeping, *([self._writer] if self._writer else [])})

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self._write_batch(self._next_batch())
        finally:
            self._writer = None

    def _next_batch(self) -> list[_Waiting]:
        batch = [self._waiting.popleft()]
        size = batch[0].octets
        while self._waiting and len(batch) < self._max_batch:
            size += self._waiting[0].octets
            if size > self._max_batch_bytes:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _write_batch(self, batch: list[_Waiting]) -> None:
        try:
            ids = await self._in_thread([one.mail for one in batch])
        except Exception as error:
            if len(batch) == 1:
                _refuse(batch[0].stored, error)
            else:
                _log.warning("action=batch_failed mails=%d error=%s", len(batch), type(error).__name__)
                await self._write_singly(batch)
            return
        for one, ledger_id in zip(batch, ids, strict=True):
            if not one.stored.done():
                one.stored.set_result(ledger_id)

    async def _write_singly(self, batch: list[_Waiting]) -> None:
        """Store each mail of a failed batch on its own, so that a bad one cannot refuse its neighbours.

        Two mails in a row that find the store away speak for the rest: each could wait for a lock for seconds.
        """
        away: list[Exception] = []
        for one in batch:
            if len(away) == 2:
                _refuse(one.stored, away[-1])
                continue
            await self._write_batch([one])
            error = None if one.stored.cancelled() else one.stored.exception()
            away = [*away, error] if isinstance(error, Unavailable) else []

    async def _in_thread(self, mails: list[Any]) -> list[int]:
        # Not the loop's threads: what waits there for a parser or a smarthost must not hold up a 250.
        ids = await asyncio.get_running_loop().run_in_executor(self._thread, self._record, mails)
        if len(ids) != len(mails):
            raise RuntimeError(f"{len(mails)} mails recorded, {len(ids)} ids returned")
        return ids


def _refuse(future: asyncio.Future[int], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
    else:
        _log.error("action=not_recorded peer=gone error=%s", type(error).__name__)
