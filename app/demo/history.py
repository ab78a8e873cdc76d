"""Three weeks of believable history for a throwaway store, told through the desk's own use cases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import event

from app.demo import stories
from app.demo.cast import Cast, Customer, Request
from app.demo.office import engage, find_staff
from app.demo.past import Past, SetClock
from app.demo.stories import ENDED, Case, Teller
from desk.context import Desk, MailIdentity, open_desk

DAYS = 21
TICKETS = 125
"""Tickets of the past weeks, those of today not counted: more would be waited for at every start."""

_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 12, 11, 10, 9, 9, 9, 8, 7, 6, 5, 4, 3, 2, 2)
"""How many requests an hour of the day brings (UTC), in proportion."""

_EASY = frozenset({"mailbox", "quota", "ftp", "dns", "billing"})
_HARD = frozenset({"500", "database", "ssl", "migration", "slow", "hacked", "cron"})
_DOWN = frozenset({"down"})

# Today: how old (minutes), how it stands, what it is about.
_TODAY: tuple[tuple[float, Teller, frozenset[str]], ...] = (
    (2.5, stories.fresh, _EASY), (6, stories.fresh, _HARD), (9, stories.fresh, _EASY), (14, stories.fresh, _DOWN),
    (18, stories.fresh, _EASY), (22, stories.taken, _EASY), (26, stories.fresh, _HARD), (31, stories.fresh, _EASY),
    (34, stories.taken, _HARD), (37, stories.handed_up, _HARD), (41, stories.fresh, _EASY), (46, stories.fresh, _EASY),
    (52, stories.handed_up, _EASY), (58, stories.fresh, _HARD), (66, stories.taken, _EASY), (71, stories.back, _EASY),
    (78, stories.handed_up, _HARD), (83, stories.fresh, _EASY), (90, stories.back, _HARD), (97, stories.back, _EASY),
    (104, stories.fresh, _HARD), (118, stories.handed_up, _EASY), (133, stories.back, _EASY),
    (150, stories.fresh, _HARD), (165, stories.back, _HARD), (190, stories.pending, _DOWN),
    (55, stories.pending, _EASY), (120, stories.pending, _HARD), (170, stories.pending, _EASY),
    (240, stories.pending, _EASY), (290, stories.pending, _HARD), (330, stories.pending, _EASY),
    (380, stories.held, _HARD), (520, stories.held, _EASY), (700, stories.held, _HARD), (860, stories.held, _DOWN),
    (930, stories.pending, _HARD), (1010, stories.pending, _EASY), (1200, stories.held, _HARD),
    (1300, stories.pending, _EASY), (1900, stories.pending, _HARD), (2600, stories.pending, _EASY),
)  # fmt: skip


def write_history(
    url: str,
    mail: MailIdentity,
    cast: Cast,
    rng: Random,
    now: datetime,
    on_progress: Callable[[float], None],
    tickets: int = TICKETS,
) -> None:
    """Make the store at ``url`` and let the three weeks before ``now`` happen in it.

    ``on_progress`` is told the part that is done, from 0 to 1; ``tickets`` come besides those of today.
    Raises Unavailable.
    """
    clock = SetClock(now - timedelta(days=DAYS + 1))
    with closing(open_desk(url, mail, clock)) as desk:
        _do_not_wait_for_the_disk(desk)
        engage(desk)
        past = Past(desk, clock, find_staff(desk), cast, rng)
        starts = _plan(past, now, tickets)
        done = 0

        def step(at: datetime) -> None:
            nonlocal done
            while done < len(starts) and starts[done] <= at:
                done += 1
            on_progress(done / len(starts))

        past.run_until(now, step)
        past.wake()


def _do_not_wait_for_the_disk(desk: Desk) -> None:
    """Drop law 1 for this history: nobody was promised anything, and what a power cut loses was made up."""
    engine = desk.database.engine
    engine.dispose()

    @event.listens_for(engine, "connect")
    def _connect(dbapi: sqlite3.Connection, _record: Any) -> None:
        dbapi.execute("PRAGMA synchronous=OFF")


def _plan(past: Past, now: datetime, tickets: int) -> list[datetime]:
    """Plan every story and return when each begins, in order."""
    asked = past.cast.stream(past.rng)
    tellers, weights = [teller for teller, _ in ENDED], [weight for _, weight in ENDED]
    starts = []
    for at in _arrivals(past.rng, now, tickets):
        teller = past.rng.choices(tellers, weights)[0]
        past.plan(at, teller(Case(past, *next(asked))))
        starts.append(at)
    for age, teller, topics in _TODAY:
        at = now - timedelta(minutes=age * past.rng.uniform(0.96, 1.04))
        past.plan(at, teller(Case(past, *_about(topics, asked))))
        starts.append(at)
    return sorted(starts)


def _about(topics: frozenset[str], asked: Iterator[tuple[Customer, Request]]) -> tuple[Customer, Request]:
    """Return the next request about one of these topics."""
    return next(pair for pair in asked if pair[1].topic in topics)


def _arrivals(rng: Random, now: datetime, tickets: int) -> list[datetime]:
    """Return when the requests of the past weeks came: by day more than by night, at weekends fewer."""
    found: list[datetime] = []
    while len(found) < tickets:
        at = now - timedelta(days=rng.uniform(0.3, DAYS))
        busy = _BY_HOUR[at.hour] * (0.4 if at.weekday() >= 5 else 1.0)
        if rng.uniform(0, max(_BY_HOUR)) < busy:
            found.append(at)
    return found
