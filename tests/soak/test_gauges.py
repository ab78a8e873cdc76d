"""What the soak looks at can say that something grows."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.soak.gauges import GROWTH, Sample, grown, quarters, resident_kb, sample

FLAT = [Sample(float(at), 80_000.0, 24_000.0, 15.0, 8.0, 4_000.0, 0.0, 40.0) for at in range(400)]


def test_what_stays_is_flat() -> None:
    """Warming up is no growth, nor is a moment of more."""
    warming = [replace(one, service_kb=one.at * 800) if one.at < 100 else one for one in FLAT]
    warming[350] = replace(warming[350], wal_kb=90_000.0, descriptors=99.0)
    assert grown(warming) == {}


@pytest.mark.parametrize("name", GROWTH)
def test_what_grows_is_named(name: str) -> None:
    """Each gauge that goes up by half of itself and some more is named with its medians."""
    leaking = [replace(one, **{name: getattr(one, name) * (1 + one.at / 300) + one.at * 60}) for one in FLAT]
    assert grown(leaking) == {name: quarters(leaking, name)}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc here")
def test_a_process_is_measured(tmp_path: Path) -> None:
    """Memory, descriptors and threads of a living process are more than nothing; a dead one has none."""
    store = tmp_path / "desk.db"
    store.with_name("desk.db-wal").write_bytes(bytes(4096))
    (tmp_path / "desk.db.mail").mkdir()
    (tmp_path / "desk.db.mail" / ".a.part").write_bytes(b"")
    found = sample(os.getpid(), store, 1.0, 2.0)
    assert min(found.service_kb, found.descriptors, found.threads) > 0
    assert (found.wal_kb, found.unfiled_parts, found.lag_ms, resident_kb(2**22 + 1)) == (4.0, 1.0, 2.0, 0.0)
