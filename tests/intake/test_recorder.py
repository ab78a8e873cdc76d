"""Group commit: who shares a transaction, and who is refused when one fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from desk.errors import Unavailable
from intake.pace import Pace
from intake.recorder import Recorder
from procedure.mail import Envelope
from tests.intake.house import NOW, House


def envelope(raw: bytes = b"x") -> Envelope:
    return Envelope(NOW, "127.0.0.1", "a@b.example", ("help@shop.example",), raw)


async def begin(recorder: Recorder, house: House, *mails: Envelope) -> list[asyncio.Task[int]]:
    """Hand over one mail whose commit is held back, then the others."""
    house.gate.clear()
    first = asyncio.create_task(recorder.record(envelope(b"first")))
    await asyncio.to_thread(house.began.wait, 10)
    rest = [asyncio.create_task(recorder.record(mail)) for mail in mails]
    await asyncio.sleep(0)
    house.gate.set()
    return [first, *rest]


async def test_mails_that_wait_share_the_next_transaction(house: House) -> None:
    """Nine mails that arrive during a commit are one commit, ids in order."""
    tasks = await begin(Recorder(house.record), house, *(envelope(b"%d" % number) for number in range(9)))
    assert await asyncio.gather(*tasks) == list(range(1, 11))
    assert house.batches == [1, 9]


async def test_a_batch_has_its_limits(house: House) -> None:
    """Neither many mails nor large ones make a transaction without end."""
    recorder = Recorder(house.record, max_batch=3, max_batch_bytes=10)
    tasks = await begin(recorder, house, *(envelope(b"1"),) * 4, envelope(b"123456"), envelope(b"123456"))
    await asyncio.gather(*tasks)
    assert house.batches == [1, 3, 2, 1]


async def test_one_bad_mail_refuses_itself_alone(house: House) -> None:
    """Each mail of a batch that failed is tried on its own."""
    tasks = await begin(Recorder(house.record), house, envelope(b"a"), envelope(b"X-Bad: yes"), envelope(b"b"))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in results] == [int, int, Unavailable, int]
    assert [mail.raw for mail in house.stored] == [b"first", b"a", b"b"]


async def test_a_store_that_is_away_is_not_asked_for_each_mail() -> None:
    """Two mails in a row that find the store away speak for the rest of the batch."""
    calls: list[int] = []

    def record(envelopes: Sequence[Envelope]) -> list[int]:
        calls.append(len(envelopes))
        raise Unavailable

    recorder = Recorder(record)
    tasks = [asyncio.create_task(recorder.record(envelope())) for _ in range(20)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in results} == {Unavailable}
    assert calls == [20, 1, 1]


async def test_a_cancelled_connection_is_stored_once(house: House) -> None:
    """Cancelling the waiter, in its commit or in the queue, loses nothing and stores nothing twice."""
    recorder = Recorder(house.record)
    tasks = await begin(recorder, house, envelope(b"queued"))
    for task in tasks:
        task.cancel()
    await recorder.drain()
    assert [mail.raw for mail in house.stored] == [b"first", b"queued"]


async def test_too_few_ids_are_no_ids() -> None:
    """A ledger that does not name each mail has not taken it."""
    with pytest.raises(RuntimeError, match="1 mails recorded, 0 ids"):
        await Recorder(lambda envelopes: []).record(envelope())


async def test_the_pace_hears_of_each_mail(house: House) -> None:
    """What is stored and what is refused both count, from the last octet to the answer."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    recorder = Recorder(house.record, pace=pace)
    await recorder.record(envelope())
    with pytest.raises(Unavailable):
        await recorder.record(envelope(b"X-Bad: yes"))
    assert (len(pace._stored), pace._in_hand) == (2, 0)


async def test_a_large_mail_is_stored_whether_its_peer_stays_or_not() -> None:
    """A peer that goes away while its mail's file is written changes nothing; ``drain`` waits for it."""
    began, go_on = threading.Event(), threading.Event()
    stored: list[object] = []

    def keep(mail: Envelope) -> str:
        began.set()
        assert go_on.wait(10)
        return f"kept {len(mail.raw)}"

    def record(mails: Sequence[object]) -> list[int]:
        stored.extend(mails)
        return [7] * len(mails)

    recorder = Recorder(record, keep=keep, large=5)
    task = asyncio.create_task(recorder.record(envelope(b"large")))
    await asyncio.to_thread(began.wait, 10)
    task.cancel()
    draining = asyncio.create_task(recorder.drain())
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait_for(draining, 10)
    assert (stored, task.cancelled()) == (["kept 5"], True)


async def test_a_large_mail_that_cannot_be_kept_is_refused() -> None:
    """Its peer hears of it, and nothing is recorded."""

    def full(mail: Envelope) -> object:
        raise Unavailable("No space left on device")

    with pytest.raises(Unavailable, match="No space"):
        await Recorder(lambda mails: [1], keep=full, large=1).record(envelope())
