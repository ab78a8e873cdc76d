"""The console against its budgets: first paint, bytes on the line, idle time, memory, long queues."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.filling import fill
from bench.report import Figure, of_runs
from bench.terminal import Terminal

RUNS = 7
PAGE_DOWN = b"\x1b[6~"
FIRST_ROW = b"TD-"


def command(*words: str) -> list[str]:
    """Return the command line of our own program, beside the interpreter that runs this."""
    return [str(Path(sys.executable).parent / "tierdesk"), *words]


def environment(url: str) -> dict[str, str]:
    """Return an environment in which the program uses the store at ``url`` and listens nowhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TIERDESK_")}
    ours = {"STORE__URL": url, "SMTP__LISTEN": "", "DESK__ADDRESSES": "s@example.org"}
    return {**kept, **{f"TIERDESK_{key}": value for key, value in ours.items()}}


@contextmanager
def service(url: str) -> Iterator[None]:
    """Run the service of a store in a process of its own, as on a desk with several people."""
    with subprocess.Popen(command("serve"), env=environment(url), stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            next(line for line in running.stderr if "action=started" in line)
            yield
        finally:
            running.terminate()
            running.wait(30)


@contextmanager
def console(url: str) -> Iterator[Terminal]:
    """Run the console, beside a service, until its first rows are shown and it is quiet."""
    with service(url), Terminal(command(), environment(url)) as terminal:
        terminal.wait_for(FIRST_ROW)
        terminal.drain(1.5)
        yield terminal


def first_paint(url: str) -> list[Figure]:
    """Measure from the start of the process to the frame, and to the first row."""
    frames, rows = [], []
    for _ in range(RUNS):
        with Terminal(command(), environment(url)) as terminal:
            frames.append(terminal.wait_for(b"1st level") - terminal.started)
            rows.append(terminal.wait_for(FIRST_ROW) - terminal.started)
            terminal.drain(0.5)
    return [of_runs("first paint", frames, "s", 0.8), of_runs("first rows", rows, "s", 2.0)]


def bytes_on_the_line(url: str) -> list[Figure]:
    """Count what one changed row and one page cost on the wire at 140x45."""
    from desk import people, queues, tickets
    from desk.context import MailIdentity, open_desk
    from procedure.terms import Level

    changed, pages = [], []
    desk = open_desk(url, MailIdentity(("s@example.org",), "Support"))
    owner = people.owner(desk, None)
    with console(url) as terminal:
        for turn in range(RUNS):
            ticket_id = queues.ids(owner, desk, Level.FIRST)[5]
            tickets.assign(owner, desk, ticket_id, "owner" if turn % 2 else None)
            changed.append(float(terminal.drain(1.0)))
        for _ in range(RUNS):
            terminal.send(PAGE_DOWN)
            pages.append(float(terminal.drain(0.7)))
    desk.close()
    return [of_runs("one changed row", changed, "B", 1536), of_runs("page down", pages, "B", 25_000)]


def idle(url: str, seconds: float = 10.0) -> list[Figure]:
    """Measure processor time and memory of a console that nobody touches."""
    with console(url) as terminal:
        before, start = terminal.cpu_seconds(), time.perf_counter()
        painted = terminal.drain(seconds)
        share = (terminal.cpu_seconds() - before) / (time.perf_counter() - start) * 100
        return [
            Figure("idle processor", share, "%", 1.0, f"over {seconds:.0f} s, {painted} bytes painted"),
            _memory(terminal),
        ]


def _memory(terminal: Terminal) -> Figure:
    added, resident = terminal.memory_mb()
    return Figure("memory", added, "MB", 80.0, f"added by a console beside a service; resident {resident:.1f} MB")


def long_queue(folder: Path) -> list[Figure]:
    """Compare how long a queue of 50,000 takes to open with one of 500, side by side."""
    small, large = fill(folder / "small.db", {1: 20, 2: 500}), fill(folder / "large.db", {1: 20, 2: 50_000})
    took: dict[str, list[float]] = {small: [], large: []}
    for _ in range(RUNS):
        for url in (small, large):
            with console(url) as terminal:
                mark, start = len(terminal.output), time.perf_counter()
                terminal.send(b"2")
                took[url].append(terminal.wait_for(FIRST_ROW, start=mark) - start)
                terminal.drain(0.5)
    base = of_runs("", took[small], "s", 1)
    found = of_runs("queue of 50,000 opens", took[large], "s", base.value * 1.25)
    return [Figure(found.name, found.value, "s", found.limit, f"{found.note}; 500 open in {base.value:.3f} s")]


def run(folder: Path) -> list[Figure]:
    """Run all of them."""
    url = fill(folder / "console.db", {1: 500, 2: 200, 3: 50})
    return [*first_paint(url), *bytes_on_the_line(url), *idle(url), *long_queue(folder)]
