"""A day of mixed load in half an hour: memory, descriptors, write-ahead log and lag stay where they are.

``SOAK_SECONDS`` says how long, 1800 by default. The medians of the second and the last quarter are compared.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from desk import ledger
from desk.context import Desk
from procedure.terms import Fate
from tests.crash import accounts
from tests.e2e.office import Office
from tests.fakes.desks import owner_of
from tests.fakes.smarthost import FakeSmarthost
from tests.soak import people
from tests.soak.gauges import Sample, grown, sample, table
from tests.soak.traffic import Traffic

SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
MOST_LAG = 5.0
"""Seconds from a 250 to its ticket for 99 of 100 ordinary mails, with hostile ones among them."""


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc here")
@pytest.mark.timeout(SOAK_SECONDS + 300)
def test_a_day_of_mixed_load_leaves_nothing_behind(office: Office, smarthost: FakeSmarthost) -> None:
    """Nothing grows; every mail has its fate; nothing of ours was a 5xx or a trouble in the log."""
    lags: list[tuple[float, float]] = []
    with office.look() as desk, office.serving() as service:
        traffic = Traffic(service.port, smarthost)
        with at_work(desk, traffic, lags):
            samples = watch(service.process.pid, Path(office.url.removeprefix("sqlite:///")), lags, SOAK_SECONDS)
        accounts.make_due(desk)
        office.wait_until(lambda desk: accounts.pending(desk) == 0, 120)
        faults, fates = accounts.broken_laws(desk), ledger.balance(owner_of(), desk).fates
    seconds = sorted(lag for _, lag in lags)
    late = seconds[len(seconds) * 99 // 100]
    print(f"{SOAK_SECONDS:.0f} s, {len(traffic.accepted)} mails accepted, {len(smarthost.received)} sent")
    print(f"lag p50 {statistics.median(seconds) * 1000:.0f} ms, p99 {late * 1000:.0f} ms, most {seconds[-1]:.1f} s")
    print(table(samples), {fate.value: mails for fate, mails in fates.items() if mails}, dict(traffic.codes), sep="\n")
    refused = {key: mails for key, mails in traffic.codes.items() if key[1] >= 500 and key[0] != "stranger"}
    assert (grown(samples), faults, refused) == ({}, [], {})
    assert "action=trouble" not in service.log.read_text("utf-8")
    assert late < MOST_LAG and fates[Fate.NEW_TICKET] > 0


@contextmanager
def at_work(desk: Desk, traffic: Traffic, lags: list[tuple[float, float]]) -> Iterator[None]:
    """Let mail come, consoles follow and an agent answer while the block runs; raises what one of them raised."""
    stop, failed = threading.Event(), list[BaseException]()

    def guarded(part: Callable[[threading.Event], None]) -> None:
        try:
            part(stop)
        except BaseException as error:
            failed.append(error)
            stop.set()

    parts: list[Callable[[threading.Event], None]] = [
        traffic.run,
        partial(people.watch_fates, desk, traffic, lags),
        partial(people.work, desk),
        partial(people.follow, desk),
        partial(people.follow, desk),
    ]
    threads = [threading.Thread(target=guarded, args=[part]) for part in parts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []


def watch(process: int, store: Path, lags: list[tuple[float, float]], seconds: float) -> list[Sample]:
    """Measure every few seconds; the lag is the median of the mails since the last time."""
    samples, began, seen = list[Sample](), time.monotonic(), 0
    pause = threading.Event()
    while (at := time.monotonic() - began) < seconds:
        fresh = [lag for _, lag in lags[seen:]]
        seen += len(fresh)
        lag = statistics.median(fresh) * 1000 if fresh else samples[-1].lag_ms if samples else 0.0
        samples.append(sample(process, store, at, lag))
        pause.wait(min(5.0, seconds / 60))
    return samples
