"""The customers of a running demo: they write to the desk by SMTP and answer what the desk sends them."""

from __future__ import annotations

import heapq
import itertools
import logging
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parseaddr
from queue import Empty, SimpleQueue
from random import Random

from app.demo.cast import Cast, Customer, Mood
from app.demo.mailer import DemoMail, is_acknowledgement, send, write_reply, write_request
from app.demo.office import ADDRESSES
from app.demo.smarthost import Caught
from app.endpoints import Endpoint

log = logging.getLogger("tierdesk.demo")

FIRST_AFTER = 2.5
BETWEEN = (6.0, 15.0)
ANSWERED_AFTER = (8.0, 20.0)
"""Seconds at speed 1: until the first mail, from one to the next, until a letter is answered."""

MOST_REQUESTS = 200
"""New requests in one demo: one that is left running over night must not fill the disk."""

MOST_ANSWERS = 3
"""Answers of one customer in one ticket; whoever has said thanks says no more."""

Writing = Callable[[datetime], DemoMail]


class Customers:
    """Write and answer in a thread of their own; ``speed`` 2 is twice as fast."""

    def __init__(self, cast: Cast, rng: Random, speed: float = 1.0) -> None:
        self.sent = self.came_back = self.letters = 0
        """Mails sent to the desk, those of them that answer a letter, and letters of the staff that arrived."""
        self._cast, self._rng, self._speed = cast, rng, speed
        self._asked = cast.stream(rng)
        self._news: SimpleQueue[Caught | None] = SimpleQueue()
        self._planned: list[tuple[float, int, Writing]] = []
        self._order = itertools.count()
        self._said: Counter[str] = Counter()

    def hear(self, caught: Caught) -> None:
        """Take a mail that left the desk; from any thread."""
        self._news.put(caught)

    @contextmanager
    def writing_to(self, desk: Endpoint) -> Iterator[None]:
        """Write to the listener at ``desk`` while the block runs."""
        thread = threading.Thread(target=self._run, args=(desk,), name="demo-customers", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._news.put(None)
            thread.join()

    def _run(self, desk: Endpoint) -> None:
        self._plan(FIRST_AFTER, self._ask)
        while True:
            try:
                news = self._news.get(timeout=self._pause())
            except Empty:
                self._write(desk)
                continue
            if news is None:
                return
            try:
                self._read(news)
            except Exception:
                log.exception("action=demo_letter_not_understood")

    def _pause(self) -> float | None:
        return max(0.001, self._planned[0][0] - time.monotonic()) if self._planned else None

    def _plan(self, seconds: float, writing: Writing) -> None:
        due = time.monotonic() + seconds / self._speed
        heapq.heappush(self._planned, (due, next(self._order), writing))

    def _write(self, desk: Endpoint) -> None:
        if not self._planned or self._planned[0][0] > time.monotonic():
            return
        _, _, writing = heapq.heappop(self._planned)
        mail = writing(datetime.now(UTC))
        try:
            send(mail, desk.host, desk.port)
        except (OSError, smtplib.SMTPException):
            log.exception("action=demo_mail_not_taken")
        else:
            self.sent += 1

    def _ask(self, at: datetime) -> DemoMail:
        customer, request = next(self._asked)
        if self.sent - self.came_back < MOST_REQUESTS:
            self._plan(self._rng.uniform(*BETWEEN), self._ask)
        return write_request(customer, request, ADDRESSES[1 if request.topic == "billing" else 0], at, self._rng)

    def _read(self, caught: Caught) -> None:
        """Plan an answer to a letter of the staff; machines are not answered, nor is everything."""
        if is_acknowledgement(caught.content):
            return
        self.letters += 1
        customer = self._cast.by_address(caught.rcpt_to[0])
        ticket = parseaddr(str(message_from_bytes(caught.content, policy=policy.SMTP)["Reply-To"]))[1]
        if customer is None or self._said[ticket] >= MOST_ANSWERS:
            return
        self._plan(self._rng.uniform(*ANSWERED_AFTER), self._answer(customer, caught.content, ticket))

    def _answer(self, customer: Customer, letter: bytes, ticket: str) -> Writing:
        said = self._cast.follow_up(customer, self._rng)
        self._said[ticket] = MOST_ANSWERS if said.mood is Mood.THANKS else self._said[ticket] + 1

        def write(at: datetime) -> DemoMail:
            self.came_back += 1
            return write_reply(customer, letter, said.text, at, self._rng)

        return write
