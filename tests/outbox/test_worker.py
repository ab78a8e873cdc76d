"""The courier takes what is due, sends several at once and records every end."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from outbox.deliver import deliver
from outbox.smarthost import Smarthost, Tls
from outbox.worker import Courier
from procedure.mail import Deferred, Outcome, OutgoingMail, Rejected, Sent
from tests.fakes.smarthost import FakeSmarthost

DEADLINE = 10.0
OK = Sent("250 ok")


@dataclass
class Outbox:
    """An outbox in memory that notes every call in order."""

    due: list[OutgoingMail] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def claim(self, limit: int) -> Sequence[OutgoingMail]:
        with self.changed:
            taken, self.due = self.due[:limit], self.due[limit:]
            self._note(f"claim {limit}")
            return taken

    def record(self, outbox_id: int, outcome: Outcome) -> None:
        with self.changed:
            self.outcomes[outbox_id] = outcome
            self._note(f"record {outbox_id}")

    def put(self, *mails: OutgoingMail) -> None:
        with self.changed:
            self.due.extend(mails)

    def _note(self, call: str) -> None:
        self.calls.append(call)
        self.changed.notify_all()

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; fails the test after the deadline."""

        def wait() -> bool:
            with self.changed:
                return self.changed.wait_for(condition, DEADLINE)

        assert await asyncio.to_thread(wait), self.calls


@asynccontextmanager
async def running(courier: Courier) -> AsyncIterator[None]:
    """Run a courier in the background and stop it in the orderly way."""
    stop = asyncio.Event()
    task = asyncio.create_task(courier.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, DEADLINE)


def numbered(mail: OutgoingMail, count: int) -> list[OutgoingMail]:
    """Return mails with the ids 1 to ``count``."""
    return [replace(mail, outbox_id=number) for number in range(1, count + 1)]


async def test_claim_deliver_record(mail: OutgoingMail) -> None:
    """A due mail is claimed, delivered and recorded, in this order, once."""
    outbox = Outbox([mail])

    def carry(given: OutgoingMail) -> Outcome:
        outbox.calls.append(f"deliver {given.outbox_id}")
        return OK

    async with running(Courier(outbox.claim, carry, outbox.record, poll=60)):
        await outbox.wait_for(lambda: bool(outbox.outcomes))
    assert [call for call in outbox.calls if call != "claim 4"] == ["deliver 77", "record 77"]
    assert (outbox.calls[0], outbox.outcomes) == ("claim 4", {77: OK})


async def test_every_outcome_is_recorded_as_it_is(mail: OutgoingMail) -> None:
    """What the delivery says is what is kept; more mails than lanes are all sent."""
    outbox = Outbox(numbered(mail, 11))
    said: list[Outcome] = [OK, Deferred("451 later"), Rejected("550 no")]
    async with running(Courier(outbox.claim, lambda m: said[m.outbox_id % 3], outbox.record, poll=60)):
        await outbox.wait_for(lambda: len(outbox.outcomes) == 11)
    assert outbox.outcomes == {number: said[number % 3] for number in range(1, 12)}


async def test_fault_in_the_delivery_is_temporary(mail: OutgoingMail, caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a delivery is logged with its mail, and the mail is tried again later."""
    outbox = Outbox([mail])

    def fail(_mail: OutgoingMail) -> Outcome:
        raise RuntimeError("secret detail")

    async with running(Courier(outbox.claim, fail, outbox.record, poll=60)):
        await outbox.wait_for(lambda: bool(outbox.outcomes))
    assert outbox.outcomes == {77: Deferred("a fault in the delivery itself: RuntimeError")}
    assert "action=deliver_failed outbox=77" in caplog.text


async def test_a_stalled_mail_holds_up_nobody_else(mail: OutgoingMail) -> None:
    """While three lanes are stuck the fourth sends all the rest, and never more than four are under way."""
    outbox, release, most = Outbox(numbered(mail, 20)), threading.Event(), [0, 0]

    def carry(given: OutgoingMail) -> Outcome:
        with outbox.changed:
            most[0] += 1
            most[1] = max(most)
        if given.outbox_id <= 3:
            release.wait(DEADLINE)
        with outbox.changed:
            most[0] -= 1
        return OK

    async with running(Courier(outbox.claim, carry, outbox.record, poll=60)):
        await outbox.wait_for(lambda: len(outbox.outcomes) == 17)
        assert set(outbox.outcomes) == set(range(4, 21))
        release.set()
        await outbox.wait_for(lambda: len(outbox.outcomes) == 20)
    assert most[1] == 4


async def test_bell_wakes_the_courier(mail: OutgoingMail) -> None:
    """A bell rung in another thread is enough; nobody waits for the next look."""
    outbox = Outbox()
    courier = Courier(outbox.claim, lambda _: OK, outbox.record, poll=3600)
    async with running(courier):
        await outbox.wait_for(lambda: len(outbox.calls) == 1)
        outbox.put(mail)
        await asyncio.to_thread(courier.ring)
        await outbox.wait_for(lambda: bool(outbox.outcomes))


async def test_poll_finds_what_another_process_queued(mail: OutgoingMail) -> None:
    """Without a bell the outbox is looked at again and again."""
    outbox = Outbox()
    async with running(Courier(outbox.claim, lambda _: OK, outbox.record, poll=0.01)):
        await outbox.wait_for(lambda: len(outbox.calls) >= 2)
        outbox.put(mail)
        await outbox.wait_for(lambda: bool(outbox.outcomes))


def test_bell_before_and_after_the_courier_runs() -> None:
    """A bell that rings too early or too late harms nobody."""
    outbox = Outbox()
    courier = Courier(outbox.claim, lambda _: OK, outbox.record)
    courier.ring()

    async def run() -> None:
        async with running(courier):
            await outbox.wait_for(lambda: len(outbox.calls) == 1)

    asyncio.run(run())
    courier.ring()
    assert outbox.calls == ["claim 4"]


async def test_store_away_while_claiming(mail: OutgoingMail, caplog: pytest.LogCaptureFixture) -> None:
    """A claim that fails is logged and tried again at the next look."""
    outbox, failures = Outbox([mail]), [OSError("store is away")]

    def claim(limit: int) -> Sequence[OutgoingMail]:
        if failures:
            raise failures.pop()
        return outbox.claim(limit)

    async with running(Courier(claim, lambda _: OK, outbox.record, poll=0.01)):
        await outbox.wait_for(lambda: bool(outbox.outcomes))
    assert "action=claim_failed" in caplog.text


async def test_store_away_while_recording(mail: OutgoingMail) -> None:
    """A record that fails is tried again, because a mail whose 250 is not kept goes out twice."""
    outbox, sent, failures = Outbox([mail]), list[int](), [OSError("busy"), OSError("busy")]

    def record(outbox_id: int, outcome: Outcome) -> None:
        if failures:
            raise failures.pop()
        outbox.record(outbox_id, outcome)

    def carry(given: OutgoingMail) -> Outcome:
        sent.append(given.outbox_id)
        return OK

    async with running(Courier(outbox.claim, carry, record, poll=60, record_pauses=(0.0, 0.0))):
        await outbox.wait_for(lambda: bool(outbox.outcomes))
    assert (outbox.outcomes, sent) == ({77: OK}, [77])


async def test_record_that_never_works_leaves_the_lease_to_decide(mail: OutgoingMail) -> None:
    """A courier that cannot record goes on with other mails."""
    outbox = Outbox(numbered(mail, 2))

    def record(outbox_id: int, outcome: Outcome) -> None:
        if outbox_id == 1:
            raise OSError("this row is broken")
        outbox.record(outbox_id, outcome)

    async with running(Courier(outbox.claim, lambda _: OK, record, lanes=1, poll=60, record_pauses=())):
        await outbox.wait_for(lambda: 2 in outbox.outcomes)
    assert set(outbox.outcomes) == {2}


async def test_stop_lets_a_mail_under_way_come_to_its_end(mail: OutgoingMail) -> None:
    """Told to stop, the courier claims no more and records what is under way."""
    outbox, started, release = Outbox(numbered(mail, 2)), threading.Event(), threading.Event()

    def carry(_mail: OutgoingMail) -> Outcome:
        started.set()
        release.wait(DEADLINE)
        return OK

    stop = asyncio.Event()
    task = asyncio.create_task(Courier(outbox.claim, carry, outbox.record, lanes=1, poll=60).run(stop))
    assert await asyncio.to_thread(started.wait, DEADLINE)
    stop.set()
    release.set()
    await asyncio.wait_for(task, DEADLINE)
    assert (set(outbox.outcomes), len(outbox.due)) == ({1}, 1)


async def test_log_line(mail: OutgoingMail, caplog: pytest.LogCaptureFixture) -> None:
    """One line says what became of an attempt, with no text of the mail."""
    outbox = Outbox([replace(mail, attempts=2)])
    with caplog.at_level(logging.INFO):
        async with running(Courier(outbox.claim, lambda _: Rejected("550 no"), outbox.record, poll=60)):
            await outbox.wait_for(lambda: bool(outbox.outcomes))
    line = caplog.messages[-1]
    assert line.startswith("action=rejected outbox=77 attempt=2 ms=")
    assert line.endswith(" reply='550 no'")


async def test_real_delivery(mail: OutgoingMail) -> None:
    """Bound to the real delivery, a greylisted mail is deferred and the same mail is taken next time."""
    outbox = Outbox([mail])
    with FakeSmarthost({"rcpt": ["450 4.2.0 greylisted", "250 2.1.5 ok"]}) as fake:
        host = Smarthost("127.0.0.1", fake.port, Tls.NEVER)
        courier = Courier(outbox.claim, lambda given: deliver(given, host), outbox.record, poll=60)
        async with running(courier):
            await outbox.wait_for(lambda: bool(outbox.outcomes))
            assert outbox.outcomes.pop(77) == Deferred("RCPT TO: 450 4.2.0 greylisted")
            outbox.put(mail)
            courier.ring()
            await outbox.wait_for(lambda: bool(outbox.outcomes))
    assert (outbox.outcomes, len(fake.received)) == ({77: Sent("250 2.0.0 queued as 4F2")}, 1)
