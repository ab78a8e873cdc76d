"""``make bench``: run the measurements and print them beside their limits. ``ARGS=live`` runs one of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import console, intake, live, search
from bench.report import Figure, show

CASES = {"console": console.run, "live": live.run, "intake": intake.run, "search": search.run}


def main(names: list[str]) -> int:
    """Run the cases named, by default all; exit status 1 when a limit is not kept."""
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"There is no measurement {unknown[0]!r}; there are {', '.join(CASES)}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names or CASES:
        with tempfile.TemporaryDirectory(prefix="tierdesk-bench-") as folder:
            figures += CASES[name](Path(folder))
    print(show(figures))
    return 0 if all(figure.ratio <= 1 for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
