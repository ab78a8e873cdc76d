"""The filer: every claimed mail is filed or failed once, and nothing keeps it from the next one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from desk.errors import Unavailable
from intake.filer import Filer
from intake.parser import Failed, Parsed, Result
from intake.parsing.mail import parse
from procedure.mail import Envelope, ParsedMail
from tests.intake.house import NOW


@dataclass(frozen=True)
class Mail:
    ledger_id: int
    envelope: Envelope


@dataclass
class Desk:
    """A ledger of waiting mails, and what became of each."""

    waiting: list[Mail] = field(default_factory=list)
    done: list[tuple[str, int, str]] = field(default_factory=list)
    claims: int = 0
    claim_error: Exception | None = None
    file_error: Exception | None = None
    bad_mail: int = 0
    batches: list[list[int]] = field(default_factory=list)
    slow: threading.Event = field(default_factory=threading.Event)
    closed: bool = False
    patience: int = 100
    """Mails that are filed before an arriving one wants the store."""

    def add(self, ledger_id: int, raw: bytes) -> None:
        self.waiting.append(Mail(ledger_id, Envelope(NOW, "127.0.0.1", "a@b.example", ("c@d.example",), raw)))

    def claim(self) -> list[Mail]:
        self.claims += 1
        if self.claim_error:
            error, self.claim_error = self.claim_error, None
            raise error
        claimed, self.waiting = self.waiting[:2], self.waiting[2:]
        return claimed

    def file_all(self, mails: Sequence[tuple[int, ParsedMail]]) -> list[int]:
        mails = mails[: self.patience]
        self.batches.append([ledger_id for ledger_id, _ in mails])
        if self.bad_mail in self.batches[-1]:
            raise KeyError("bad mail")
        if self.file_error:
            error, self.file_error = self.file_error, None
            raise error
        self.done += [("filed", ledger_id, mail.subject) for ledger_id, mail in mails]
        return self.batches[-1]

    def fail(self, ledger_id: int, reason: str) -> None:
        self.done.append(("failed", ledger_id, reason))

    def parse(self, raw: bytes) -> Result:
        if b"slow" in raw:
            assert self.slow.wait(10)
        return Failed("it is a bomb") if b"bomb" in raw else Parsed(parse(raw))

    def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def running(
    desk: Desk,
    poll_seconds: float = 60.0,
    is_storm: Callable[[], bool] = lambda: False,
    aside_seconds: float = 1.0,
) -> AsyncIterator[Filer]:
    filer = Filer(
        desk.claim, desk.file_all, desk.fail, desk,
        poll_seconds=poll_seconds, is_storm=is_storm, aside_seconds=aside_seconds,
    )  # fmt: skip
    stop = asyncio.Event()
    task = asyncio.create_task(filer.run(stop))
    yield filer
    stop.set()
    await asyncio.wait_for(task, 10)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.001)


async def test_a_backlog_is_filed_without_waiting() -> None:
    """While there is mail the filer looks again at once; a bomb among them is failed with its reason."""
    desk = Desk()
    for number in range(1, 6):
        desk.add(number, b"Subject: %d\n\nbomb" % number if number == 3 else b"Subject: %d\n\n" % number)
    async with running(desk):
        await until(lambda: len(desk.done) == 5)
    assert desk.done == [
        ("filed", 1, "1"), ("filed", 2, "2"), ("failed", 3, "could not be parsed: it is a bomb"), ("filed", 4, "4"),
        ("filed", 5, "5"),
    ]  # fmt: skip
    assert desk.closed


async def test_quick_mails_are_filed_together() -> None:
    """What was claimed together and read quickly shares a transaction."""
    desk = Desk()
    for number in range(1, 5):
        desk.add(number, b"Subject: %d\n\n" % number)
    async with running(desk):
        await until(lambda: len(desk.done) == 4)
    assert desk.batches == [[1, 2], [3, 4]]


async def test_a_slow_mail_keeps_no_neighbour_waiting() -> None:
    """What is read already is filed while a slow mail is still being read."""
    desk = Desk()
    desk.add(1, b"Subject: 1\n\n")
    desk.add(2, b"Subject: 2\n\nslow")
    async with running(desk):
        await until(lambda: len(desk.done) == 1)
        desk.slow.set()
        await until(lambda: len(desk.done) == 2)
    assert desk.batches == [[1], [2]]


async def test_the_bell_wakes_it() -> None:
    """Mail that comes while the filer waits is filed when the bell rings, long before the poll."""
    desk = Desk()
    async with running(desk) as filer:
        await until(lambda: desk.claims == 1)
        desk.add(1, b"Subject: x\n\n")
        filer.ring()
        await until(lambda: len(desk.done) == 1)


async def test_without_a_bell_it_polls() -> None:
    """Mail of another process is found by the poll."""
    desk = Desk()
    async with running(desk, poll_seconds=0.01):
        await until(lambda: desk.claims >= 2)
        desk.add(1, b"Subject: x\n\n")
        await until(lambda: len(desk.done) == 1)


async def test_a_store_that_is_away_blames_no_mail() -> None:
    """Unavailable counts against nobody: the leases end and the mails come again; the worker goes on."""
    desk = Desk(file_error=Unavailable())
    for number in range(1, 4):
        desk.add(number, b"Subject: %d\n\n" % number)
    async with running(desk):
        await until(lambda: len(desk.done) == 1)
    assert desk.done == [("filed", 3, "3")]


async def test_a_bug_in_filing_is_a_failure_of_that_mail() -> None:
    """The mail's failure is counted, so that it is poison in the end; the next one is filed."""
    desk = Desk(bad_mail=1)
    for number in range(1, 4):
        desk.add(number, b"Subject: %d\n\n" % number)
    async with running(desk):
        await until(lambda: len(desk.done) == 3)
    assert desk.done == [("failed", 1, "could not be filed: KeyError"), ("filed", 2, "2"), ("filed", 3, "3")]


async def test_a_claim_that_fails_is_tried_again() -> None:
    """The worker outlives a store that is away."""
    desk = Desk(claim_error=Unavailable())
    desk.add(1, b"Subject: 1\n\n")
    async with running(desk, poll_seconds=0.01):
        await until(lambda: desk.done == [("filed", 1, "1")])


async def test_filing_steps_aside_in_a_storm() -> None:
    """While mail storms in nothing is claimed; when it is over the backlog is filed."""
    desk, storm = Desk(), [True]
    desk.add(1, b"Subject: 1\n\n")
    looks: list[int] = []

    def is_storm() -> bool:
        looks.append(desk.claims)
        return storm[0]

    async with running(desk, is_storm=is_storm, aside_seconds=0.02):
        await until(lambda: len(looks) >= 1)
        assert looks == [0] * len(looks)
        storm[0] = False
        await until(lambda: len(desk.done) == 1)


async def test_a_storm_without_end_does_not_stop_filing() -> None:
    """After its pause one batch is filed, storm or not."""
    desk = Desk()
    for number in range(1, 4):
        desk.add(number, b"Subject: %d\n\n" % number)
    async with running(desk, is_storm=lambda: True, aside_seconds=0.01):
        await until(lambda: len(desk.done) == 3)
    assert desk.batches == [[1, 2], [3]]


async def test_what_was_left_for_an_arriving_mail_is_filed_next() -> None:
    """A transaction that ended early leaves nothing out and files nothing twice."""
    desk = Desk(patience=1)
    for number in range(1, 5):
        desk.add(number, b"Subject: %d\n\n" % number)
    async with running(desk):
        await until(lambda: len(desk.done) == 4)
    assert desk.batches == [[1], [2], [3], [4]]
