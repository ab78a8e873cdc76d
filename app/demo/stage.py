"""A whole running demo: store with history, next hop, service, customers; it ends in the opposite order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from app import logs
from app.demo.cast import load_cast
from app.demo.customers import Customers
from app.demo.history import TICKETS, write_history
from app.demo.office import IDENTITY, YOU, settings_for
from app.demo.smarthost import CatchingSmarthost
from app.endpoints import parse_endpoint
from app.service import run_in_thread
from desk import ledger, people
from desk.actors import Actor
from desk.context import Desk, open_desk
from desk.views import Balance

STORE = "tierdesk.db"
LOG = "demo.log"


@dataclass
class Stage:
    """What the person at the console needs. ``balance`` is known once the demo is over."""

    desk: Desk
    you: Actor
    customers: Customers
    balance: Balance | None = None

    def said(self) -> str:
        """Return in a line or two what happened."""
        customers = self.customers
        line = (
            f"{_count(customers.sent, 'mail')} came in, {customers.came_back} of them in reply to an answer; "
            f"{_count(customers.letters, 'answer')} went out."
        )
        if self.balance is None:
            return line
        equals, verdict = ("=", "nothing was lost") if self.balance.is_balanced else ("≠", "it does not add up")
        return f"{line}\nThe ledger: in {self.balance.accepted} {equals} {self.balance.settled}, {verdict}."


def prepare(directory: Path, seed: int, on_progress: Callable[[float], None], tickets: int = TICKETS) -> None:
    """Make a store with history in ``directory``. Raises Unavailable.

    ``on_progress`` is told how much of it is written, from 0 to 1; ``tickets`` come besides those of today.
    """
    with _logged(directory / LOG):
        write_history(_url(directory), IDENTITY, load_cast(), Random(seed), datetime.now(UTC), on_progress, tickets)


@contextmanager
def running(directory: Path, seed: int, speed: float) -> Iterator[Stage]:
    """Run service and customers on the prepared store while the block runs; their log goes to a file beside it.

    Raises AppError, DeskError, OSError when they do not start.
    """
    customers = Customers(load_cast(), Random(f"live {seed}"), speed)
    with (
        _logged(directory / LOG),
        CatchingSmarthost(customers.hear) as smarthost,
        closing(open_desk(_url(directory), IDENTITY)) as desk,
    ):
        stage = Stage(desk, people.member(desk, YOU), customers)
        with (
            run_in_thread(desk, settings_for(_url(directory), smarthost.port)) as addresses,
            customers.writing_to(parse_endpoint(addresses[0])),
        ):
            yield stage
        stage.balance = ledger.balance(stage.you, desk)


def _url(directory: Path) -> str:
    return f"sqlite:///{directory / STORE}"


@contextmanager
def _logged(file: Path) -> Iterator[None]:
    """Keep the log from the terminal, which is the console's."""
    root = logging.getLogger()
    level = root.level
    handler = logs.configure("info", file)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
