"""What is measured of a running service, and whether it grows."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True)
class Sample:
    """The service at one moment of the monotonic clock; memory in KB, files in KB, the lag in milliseconds."""

    at: float
    service_kb: float
    parser_kb: float
    descriptors: float
    threads: float
    wal_kb: float
    unfiled_parts: float
    """Files of large mails that are being written; one that stays belongs to nobody."""
    lag_ms: float


GROWTH = {
    "service_kb": (1.10, 8_192.0),
    "parser_kb": (1.10, 16_384.0),
    "descriptors": (1.0, 8.0),
    "threads": (1.0, 4.0),
    "wal_kb": (1.25, 4_096.0),
    "unfiled_parts": (1.0, 2.0),
    "lag_ms": (1.5, 100.0),
}
"""How much larger the last quarter's median may be than the second's: a factor, and so much more."""


def resident_kb(process: int) -> float:
    """Return the memory of a process, 0 when it is gone."""
    with suppress(OSError):
        return float(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_KB
    return 0.0


def children(process: int) -> list[int]:
    """Return the children of a process."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in path.read_text().split()]
    return found


def sample(process: int, store: Path, at: float, lag_ms: float) -> Sample:
    """Measure a service and what lies beside its store."""
    wal, folder = store.with_name(store.name + "-wal"), store.with_name(store.name + ".mail")
    return Sample(
        at,
        resident_kb(process),
        sum(resident_kb(child) for child in children(process)),
        len(list(Path(f"/proc/{process}/fd").iterdir())),
        len(list(Path(f"/proc/{process}/task").iterdir())),
        wal.stat().st_size / 1024 if wal.exists() else 0.0,
        sum(1 for _ in folder.rglob(".*")) if folder.exists() else 0.0,
        lag_ms,
    )


def quarters(samples: Sequence[Sample], name: str) -> list[float]:
    """Return the median of each quarter of the time."""
    size = max(1, len(samples) // 4)
    values = [float(getattr(one, name)) for one in samples]
    return [statistics.median(values[number * size : (number + 1) * size] or values[-1:]) for number in range(4)]


def grown(samples: Sequence[Sample]) -> dict[str, list[float]]:
    """Return what was larger at the end than after the warming up, with the medians of its quarters."""
    found = {}
    for name, (factor, more) in GROWTH.items():
        _, second, _, last = medians = quarters(samples, name)
        if last > second * factor + more:
            found[name] = medians
    return found


def table(samples: Sequence[Sample]) -> str:
    """Return the medians of the quarters and the greatest value of each gauge, a line each."""
    lines = [f"{'':14} {'1st':>10} {'2nd':>10} {'3rd':>10} {'4th':>10} {'most':>10}"]
    for name in (one.name for one in fields(Sample) if one.name != "at"):
        most = max(float(getattr(one, name)) for one in samples)
        lines.append(f"{name:14} " + " ".join(f"{value:10.1f}" for value in (*quarters(samples, name), most)))
    return "\n".join(lines)
