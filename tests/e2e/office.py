"""A desk as it runs in a house: the service as a process, commands as processes, and an eye on the store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.endpoints import Endpoint, parse_endpoint
from desk import feeds, ledger
from desk.actors import TIMERS
from desk.context import Desk, open_desk
from procedure.terms import Fate
from tests.fakes.desks import IDENTITY, SUPPORT, owner_of

ROOT = Path(__file__).parents[2]
DEADLINE = 30.0
COMMAND = (sys.executable, "-m", "app.main")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the JSON documents that were printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        """Return the only one."""
        (only,) = self.rows
        return only


@dataclass
class Service:
    """A running ``tierdesk serve``; its log is in a file, so that no pipe can fill."""

    process: subprocess.Popen[str]
    endpoint: Endpoint
    log: Path

    @property
    def port(self) -> int:
        return self.endpoint.port

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)


@dataclass
class Office:
    """One store with its settings; ``environ`` is all that its processes know."""

    url: str
    home: Path
    smarthost: int | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """Return an environment in which nothing of this machine's user is found."""
        settings = {
            "TIERDESK_STORE__URL": self.url,
            "TIERDESK_SMTP__LISTEN": "127.0.0.1:0",
            "TIERDESK_DESK__ADDRESSES": ",".join(IDENTITY.addresses),
        }
        if self.smarthost is not None:
            settings["TIERDESK_OUTBOX__SMARTHOST"] = f"127.0.0.1:{self.smarthost}"
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        return {
            **kept, "HOME": str(self.home), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT),
            **settings, **self.more,
        }  # fmt: skip

    def run(self, *arguments: str, stdin: str = "") -> Ran:
        """Run a command to its end."""
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=self.home, env=self.environ, input=stdin,
            capture_output=True, text=True, check=False, timeout=DEADLINE,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str, stdin: str = "") -> Ran:
        """Run a command that must work, for its JSON."""
        ran = self.run(*arguments, "--json", stdin=stdin)
        assert (ran.status, ran.err) == (0, ""), ran.err
        return ran

    @contextmanager
    def serving(self, command: tuple[str, ...] = COMMAND) -> Iterator[Service]:
        """Run the service while the block runs; SIGTERM ends it, unless the block has."""
        service = self.start(command)
        try:
            yield service
            if service.process.poll() is None:
                status = service.end()
                assert status == 0, service.log.read_text("utf-8")[-3000:]
        finally:
            if service.process.poll() is None:
                service.process.kill()
                service.process.wait(DEADLINE)

    def start(self, command: tuple[str, ...] = COMMAND) -> Service:
        """Start the service and return once it says that it listens."""
        log = self.home / f"serve-{time.monotonic_ns()}.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [*command, "serve"], cwd=self.home, env=self.environ, text=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        assert process.stdout is not None
        with process.stdout as out:
            line = out.readline()
        if not line.startswith("listening smtp "):
            process.kill()
            process.wait(DEADLINE)
            raise AssertionError(f"the service does not start: {line!r} {log.read_text('utf-8')[-3000:]}")
        return Service(process, parse_endpoint(line.split()[2]), log)

    @contextmanager
    def look(self) -> Iterator[Desk]:
        """Open the store beside the processes, to see what they did."""
        desk = open_desk(self.url, IDENTITY)
        try:
            yield desk
        finally:
            desk.close()

    def wait_until(self, is_so: Callable[[Desk], bool], seconds: float = DEADLINE) -> None:
        """Return once something is true of the store; looks after each change of it."""
        until = time.monotonic() + seconds
        with self.look() as desk, closing(feeds.follow(TIMERS, desk)) as feed:
            while not is_so(desk):
                left = until - time.monotonic()
                assert left > 0, "not in time"
                feed.wait(min(left, 0.5))

    def wait_for_fates(self, mails: int, seconds: float = DEADLINE) -> None:
        """Return once so many mails are in the ledger and each has its fate."""
        self.wait_until(lambda desk: _settled(desk) >= mails, seconds)

    def ticket_of(self, subject: str, seconds: float = DEADLINE) -> str:
        """Return the reference of the only open ticket with a word in its subject, once it is there."""
        found: list[str] = []

        def is_there(desk: Desk) -> bool:
            from desk import listing

            found[:] = [view.ref for view in listing.every(owner_of(), desk, None, text=subject)]
            return bool(found)

        self.wait_until(is_there, seconds)
        (ref,) = found
        return ref

    def show(self, ref: str) -> dict[str, Any]:
        """Return ``ticket show REF --json``."""
        return self.json("ticket", "show", ref).row

    def wait_for_messages(self, ref: str, messages: int, kind: str = "customer") -> dict[str, Any]:
        """Return ``ticket show`` once the ticket has so many messages of a kind."""
        from desk import reading

        number = int(ref.removeprefix("TD-"))

        def are_there(desk: Desk) -> bool:
            view = reading.show(owner_of(), desk, number)
            return sum(message.kind == kind for message in view.messages) >= messages

        self.wait_until(are_there)
        return self.show(ref)


def _settled(desk: Desk) -> int:
    sums = ledger.balance(owner_of(), desk)
    return sum(sums.fates[fate] for fate in Fate if fate is not Fate.PENDING)


__all__ = ["DEADLINE", "ROOT", "SUPPORT", "Office", "Ran", "Service"]
