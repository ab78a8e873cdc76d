"""How a measurement is told: the figure, its limit, and the ratio of the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Figure:
    """One line of the report. ``ratio`` below 1 keeps the limit."""

    name: str
    value: float
    unit: str
    limit: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """Return the value as a part of its limit."""
        return self.value / self.limit


def of_runs(name: str, runs: Sequence[float], unit: str, limit: float) -> Figure:
    """Return the median of several runs."""
    spread = f"median of {len(runs)}, {min(runs):.3g} to {max(runs):.3g}"
    return Figure(name, median(runs), unit, limit, spread)


def percentile(runs: Sequence[float], which: int) -> float:
    """Return a percentile from 1 to 99."""
    return quantiles(runs, n=100, method="inclusive")[which - 1]


def show(figures: Sequence[Figure]) -> str:
    """Return the report as text."""
    wide = max(len(figure.name) for figure in figures)
    lines = [f"{'':{wide}}      value       limit  ratio"]
    for f in figures:
        mark = "ok  " if f.ratio <= 1 else "OVER"
        lines.append(f"{f.name:{wide}} {f.value:10.3f} {f.limit:8.3f} {f.unit:3} {f.ratio:5.2f} {mark} {f.note}")
    return "\n".join(lines)
