"""The filing worker: claims accepted mails, has each parsed in the child, and files it or records that it failed.

Every mail that is claimed is filed or failed exactly once. Should both be impossible (the store is
away) its lease ends by itself and it is claimed again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from typing import Protocol

from desk.errors import Unavailable
from intake.parser import Parsed, Result
from procedure.mail import Envelope, ParsedMail

_log = logging.getLogger("tierdesk.intake")


TOGETHER = 8
"""Mails that share a transaction at most: each of them would bear the failure of any."""


class Claimed(Protocol):
    """What the filer needs of ``desk.filing.ClaimedMail``."""

    @property
    def ledger_id(self) -> int:
        """The row in the ledger."""

    @property
    def envelope(self) -> Envelope:
        """The mail as it came."""


class Parser(Protocol):
    """Reads one mail; ``ParserProcess`` in the service."""

    def parse(self, raw: bytes) -> Result:
        """Return what is in the mail, or why that cannot be said."""

    def close(self) -> None:
        """Let go of what parsing needs."""


@dataclass(frozen=True)
class _Read:
    """A mail that has been parsed and waits to be filed; ``started`` is on the monotonic clock, in seconds."""

    ledger_id: int
    mail: ParsedMail
    started: float


class Filer:
    """Files what the listener accepted. All callables block and are called in threads.

    ``claim`` returns mails under a lease (none when nothing is due), ``file_all`` gives parsed mails fates and returns
    those of the first ones that it took (at least one, all of these or none), ``fail`` counts a failure. Mails that are
    read quickly are filed together, since each transaction costs an fsync; none waits for a slow neighbour. While
    ``is_storm`` it files a mail or a few every ``aside_seconds``, so that peers get their 250 first and yet nothing
    stands still. ``ring`` wakes the worker; without it, it looks every ``poll_seconds``.
    """

    def __init__(
        self,
        claim: Callable[[], Sequence[Claimed]],
        file_all: Callable[[Sequence[tuple[int, ParsedMail]]], Sized],
        fail: Callable[[int, str], object],
        parser: Parser,
        *,
        poll_seconds: float = 5.0,
        patience_seconds: float = 0.05,
        is_storm: Callable[[], bool] = lambda: False,
        aside_seconds: float = 0.5,
    ) -> None:
        self._claim = claim
        self._file_all = file_all
        self._fail = fail
        self._parser = parser
        self._poll_seconds = poll_seconds
        self._patience_seconds = patience_seconds
        self._is_storm = is_storm
        self._aside_seconds = aside_seconds
        self._filing: asyncio.Task[None] | None = None
        self._is_ending: Callable[[], bool] = lambda: False
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Say that there may be mail to file. Call it in the event loop."""
        self._bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """File until ``stop`` is set; the mail in hand is finished first."""
        self._is_ending = stop.is_set
        try:
            while not stop.is_set():
                self._bell.clear()
                await self._step_aside()
                if not await self._turn(stop):
                    await self._finish()
                    await self._wait(stop)
        finally:
            await self._finish()
            await asyncio.to_thread(self._parser.close)

    async def _step_aside(self) -> None:
        until = time.monotonic() + self._aside_seconds
        while self._is_storm() and time.monotonic() < until and not self._is_ending():
            await asyncio.sleep(self._aside_seconds / 50)

    async def _turn(self, stop: asyncio.Event) -> bool:
        """Claim and file once. Return whether to look again at once."""
        try:
            claimed = await asyncio.to_thread(self._claim)
        except Exception as error:
            _trouble("claim", 0, error)
            return False
        read: list[_Read] = []
        for mail in claimed:
            if stop.is_set():
                break
            read = await self._read_one(mail, read)
            if len(read) == TOGETHER:
                await self._hand_over(read)
                read = []
        await self._hand_over(read)
        return bool(claimed) and not stop.is_set()

    async def _hand_over(self, read: list[_Read]) -> None:
        """Have mails filed while the next ones are read: the child has a processor of its own."""
        if read:
            await self._finish()
            self._filing = asyncio.create_task(self._file(read), name="filing")

    async def _finish(self) -> None:
        filing, self._filing = self._filing, None
        if filing is not None:
            await filing

    async def _read_one(self, mail: Claimed, read: list[_Read]) -> list[_Read]:
        """Parse a mail and return what waits to be filed now; what waited before is filed while a slow mail is read."""
        started = time.monotonic()
        reading = asyncio.create_task(asyncio.to_thread(self._parser.parse, mail.envelope.raw))
        if read and not (await asyncio.wait({reading}, timeout=self._patience_seconds))[0]:
            await self._hand_over(read)
            read = []
        try:
            result = await reading
            if isinstance(result, Parsed):
                return [*read, _Read(mail.ledger_id, result.mail, started)]
            await asyncio.to_thread(self._fail, mail.ledger_id, f"could not be parsed: {result.reason}")
            _log.warning("action=not_parsed mail=%d reason=%r", mail.ledger_id, result.reason)
        except Exception as error:
            await self._could_not_file(mail.ledger_id, error)
        return read

    async def _file(self, read: list[_Read]) -> None:
        """File mails together; if that fails each is tried alone, so that only the one at fault bears it."""
        while read:
            await self._step_aside()
            try:
                filed = await asyncio.to_thread(self._file_all, [(one.ledger_id, one.mail) for one in read])
            except Exception as error:
                if len(read) == 1 or isinstance(error, Unavailable):
                    await self._could_not_file(read[0].ledger_id, error)
                    return
                for one in read:
                    await self._file([one])
                return
            for one in read[: len(filed)]:
                _log.info("action=filed mail=%d ms=%d", one.ledger_id, (time.monotonic() - one.started) * 1000)
            read = read[len(filed) :]

    async def _could_not_file(self, ledger_id: int, error: Exception) -> None:
        """Count the failure against the mail, unless the store is away: that is not the mail's fault."""
        _trouble("file", ledger_id, error)
        if isinstance(error, Unavailable):
            return
        try:
            await asyncio.to_thread(self._fail, ledger_id, f"could not be filed: {type(error).__name__}")
        except Exception as second:
            _trouble("fail", ledger_id, second)

    async def _wait(self, stop: asyncio.Event) -> None:
        """Wait for the bell, for ``stop``, or for the poll timer."""
        waiting = [asyncio.create_task(event.wait()) for event in (self._bell, stop)]
        try:
            await asyncio.wait(waiting, timeout=self._poll_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()


def _trouble(step: str, ledger_id: int, error: Exception) -> None:
    is_known = isinstance(error, Unavailable)
    _log.error("action=filing_trouble step=%s mail=%d error=%s", step, ledger_id, type(error).__name__,
               exc_info=None if is_known else error)  # fmt: skip
