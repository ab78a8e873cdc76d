"""What happens at the desk while its history is written: each thing is done by the desk's own use case, in its day.

The clock is in our hand. Nothing here is live: mails go straight into the ledger and answers straight into a list,
since three weeks must pass in a few seconds.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from app.demo.cast import Cast, Customer, Mood, Request
from app.demo.machines import write_away, write_bounce
from app.demo.mailer import DemoMail, write_reply, write_request
from app.demo.office import ADDRESSES, Staff
from app.demo.words import Words
from desk import filing, ledger, opening, outgoing, queues, replies, tickets, timers
from desk.actors import COURIER, FILER, LISTENER, TIMERS, Actor
from desk.context import Desk
from desk.errors import AlreadyTaken
from intake.parsing.mail import parse
from outbox.compose import compose
from procedure.mail import Address, Envelope, OutgoingMail, Sent
from procedure.terms import REF_PATTERN, Level, OutboxKind, Status

Story = Iterator[timedelta]
"""Does something, and yields how long it is until it goes on."""

_UNTIL_SENT = timedelta(seconds=7)
"""The undo time of an answer and a moment more."""


class SetClock:
    """A clock that shows what it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the moment set."""
        return self.at


class Past:
    """The desk on the days before now."""

    def __init__(self, desk: Desk, clock: SetClock, staff: Staff, cast: Cast, rng: Random) -> None:
        self.desk, self.clock, self.staff, self.cast, self.rng = desk, clock, staff, cast, rng
        self.words = Words(rng)
        self._letters: dict[int, OutgoingMail] = {}
        self._days: list[tuple[datetime, int, Story]] = []
        self._order = itertools.count()

    # The course of time

    def plan(self, at: datetime, story: Story) -> None:
        """Let ``story`` begin at ``at``."""
        heapq.heappush(self._days, (at, next(self._order), story))

    def run_until(self, end: datetime, on_step: Callable[[datetime], None] = lambda _: None) -> None:
        """Let everything happen in its order; what would come after ``end`` has not happened yet."""
        while self._days and self._days[0][0] <= end:
            self.clock.at, _, story = heapq.heappop(self._days)
            on_step(self.clock.at)
            wait = next(story, None)
            if wait is not None:
                self.plan(self.clock.at + wait, story)
        self.clock.at = end

    # Customers

    def ask(self, customer: Customer, request: Request, *, is_sent_twice: bool = False) -> int:
        """Let a mail come in and be filed; returns its ticket."""
        to = ADDRESSES[1 if request.topic == "billing" else 0]
        mail = write_request(customer, request, to, self.clock.now(), self.rng)
        ticket_id = self._receive(mail)
        if is_sent_twice:
            self._record(mail)
        assert ticket_id is not None
        return ticket_id

    def come_back(self, customer: Customer, ticket_id: int, mood: Mood) -> None:
        """Let the customer answer the last letter."""
        texts = [said.text for said in self.cast.follow_ups[customer.language] if said.mood is mood]
        letter = compose(self._letters[ticket_id]).content
        self._receive(write_reply(customer, letter, self.rng.choice(texts), self.clock.now(), self.rng))

    def bounce(self, ticket_id: int) -> None:
        """Let the last letter come back undelivered."""
        self._receive(write_bounce(self._letters[ticket_id], self.clock.now()))

    def say_away(self, customer: Customer, ticket_id: int) -> None:
        """Let the customer's machine answer the last letter."""
        self._receive(write_away(customer, self._letters[ticket_id], self.clock.now()))

    def _receive(self, mail: DemoMail) -> int | None:
        filed = filing.file(FILER, self.desk, self._record(mail), parse(mail.content))
        self._post()
        return filed.ticket_id

    def _record(self, mail: DemoMail) -> int:
        peer = f"192.0.2.{self.rng.randrange(1, 255)}"
        envelope = Envelope(self.clock.now(), peer, mail.mail_from, (mail.rcpt_to,), mail.content)
        return ledger.record(LISTENER, self.desk, [envelope])[0]

    # Staff

    def someone(self, ticket_id: int) -> Actor:
        """Return somebody who works the level of a ticket."""
        anybody = next(iter(self.staff.by_login.values()))
        return self.rng.choice(self.staff.shifts[queues.rows(anybody, self.desk, [ticket_id])[ticket_id].level])

    def call(self, agent: Actor, customer: Customer, request: Request) -> int:
        """Let an agent write down a call; returns its ticket."""
        requester = Address(customer.name, customer.address)
        return opening.open_ticket(agent, self.desk, request.subject, request.text.strip(), requester)

    def answer(self, agent: Actor, ticket_id: int, text: str, then: Status) -> None:
        """Let an agent answer."""
        replies.send(agent, self.desk, ticket_id, text, then=then)
        self._post()

    def note(self, agent: Actor, ticket_id: int, text: str) -> None:
        """Let an agent write a note."""
        replies.note(agent, self.desk, ticket_id, text)

    def take(self, agent: Actor, ticket_id: int) -> None:
        """Let an agent take a ticket, unless a colleague has it: who writes twice may join one that is taken."""
        with suppress(AlreadyTaken):
            tickets.claim(agent, self.desk, ticket_id)

    def hand_up(self, agent: Actor, ticket_id: int, text: str) -> bool:
        """Let an agent hand a ticket to the next level; False when there is none."""
        level = queues.rows(agent, self.desk, [ticket_id])[ticket_id].level
        if level is Level.THIRD:
            return False
        tickets.set_level(agent, self.desk, ticket_id, Level(level + 1), text)
        return True

    def hold(self, agent: Actor, ticket_id: int, until: datetime) -> None:
        """Let an agent put a ticket aside until a moment."""
        tickets.set_status(agent, self.desk, ticket_id, Status.ON_HOLD, until)

    def tag(self, agent: Actor, ticket_id: int, *tags: str) -> None:
        """Let an agent mark a ticket."""
        tickets.set_tags(agent, self.desk, ticket_id, tags)

    # The service

    def wake(self) -> None:
        """Let every ticket return whose moment has come."""
        while timers.run_due(TIMERS, self.desk) == timers.BATCH:
            pass

    def _post(self) -> None:
        self.plan(self.clock.now() + _UNTIL_SENT, self._send_due())

    def _send_due(self) -> Story:
        for mail in outgoing.claim(COURIER, self.desk):
            outgoing.record_outcome(COURIER, self.desk, mail.outbox_id, Sent(f"250 2.0.0 queued as {mail.outbox_id}"))
            ticket_id = _ticket_of(mail)
            if mail.kind is OutboxKind.ANSWER and ticket_id is not None:
                self._letters[ticket_id] = mail
        yield from ()


def _ticket_of(mail: OutgoingMail) -> int | None:
    """Return the ticket of one of our own letters: its subject says it, and nobody has touched it yet."""
    found = REF_PATTERN.search(mail.subject)
    return int(found[1]) if found else None
