"""Those who sit at the desk meanwhile: consoles that follow every change, and one agent who answers."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from datetime import timedelta

from desk import feeds, ledger, listing, people, queues, replies, tickets
from desk.actors import TIMERS, Actor
from desk.context import Desk
from desk.errors import DeskError
from desk.views import TicketView
from procedure.terms import Fate, Level, Status
from tests.fakes.desks import owner_of
from tests.soak.traffic import WAITED_FOR, Traffic

ROWS = 50


def follow(desk: Desk, stop: threading.Event) -> None:
    """Do what a console does: on each change ask for the counts and for the lines in view."""
    me = people.owner(desk, None)
    with closing(feeds.follow(TIMERS, desk)) as feed:
        while not stop.is_set():
            if feeds.wait(feed, 1.0):
                queues.counts(me, desk)
                ledger.sums(me, desk)
                queues.rows(me, desk, queues.ids(me, desk, Level.FIRST, limit=ROWS))


def watch_fates(desk: Desk, traffic: Traffic, lags: list[tuple[float, float]], stop: threading.Event) -> None:
    """Note for each ordinary mail how long it took from its 250 to its fate, as (moment of its 250, seconds)."""
    seen, open_since = 0, dict[int, float]()
    with closing(feeds.follow(TIMERS, desk)) as feed:
        while not stop.is_set():
            feeds.wait(feed, 0.5)
            fresh = traffic.accepted[seen:]
            seen += len(fresh)
            open_since |= {mail.ledger_id: mail.at for mail in fresh if mail.kind in WAITED_FOR}
            for row in ledger.some(owner_of(), desk, list(open_since)[:500]).values():
                if row.fate is not Fate.PENDING:
                    began = open_since.pop(row.id)
                    lags.append((began, max(0.0, time.monotonic() - began)))


def work(desk: Desk, stop: threading.Event, pause: float = 1.0, at_once: int = 4) -> None:
    """Answer what is new and put every other one to sleep for seconds, so that timers have work; solve the rest."""
    me = people.owner(desk, None)
    while not stop.wait(pause):
        for level in Level:
            for view in listing.summaries(me, desk, queues.ids(me, desk, level, limit=at_once)).values():
                with suppress(DeskError):  # the customer was quicker, or there is nobody to answer
                    attend(desk, me, view)


def attend(desk: Desk, me: Actor, view: TicketView) -> None:
    """Do what is next with a ticket."""
    if view.status is Status.NEW:
        replies.send(me, desk, view.id, f"Answer to {view.ref}: it works again.")
    if view.status is Status.NEW and view.id % 2:
        tickets.set_status(me, desk, view.id, Status.ON_HOLD, desk.clock.now() + timedelta(seconds=20))
    elif view.status in (Status.NEW, Status.OPEN):
        tickets.set_status(me, desk, view.id, Status.SOLVED)
