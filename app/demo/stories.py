"""How a ticket may go: each story is one ticket from the first word to where it stands, told in waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from app.demo.cast import Customer, Mood, Request
from app.demo.past import Past, Story
from desk.actors import Actor
from procedure.terms import Status

_A_WEEK = timedelta(days=7, minutes=1)
_THREE_DAYS = timedelta(days=3, minutes=1)


@dataclass
class Case:
    """A customer with a request, and how long things take: ``pace`` 1 is the pace of a usual day."""

    past: Past
    customer: Customer
    request: Request
    pace: float = 1.0
    ticket_id: int = 0

    def ask(self, *, is_sent_twice: bool = False) -> Actor:
        """Let the request come in; returns who will work on it."""
        self.ticket_id = self.past.ask(self.customer, self.request, is_sent_twice=is_sent_twice)
        return self.past.someone(self.ticket_id)

    def wait(self, least: float, most: float) -> timedelta:
        """Return a time between ``least`` and ``most`` minutes, short ones more often."""
        return timedelta(minutes=self.past.rng.triangular(least, most, least + (most - least) / 4) * self.pace)

    def settle(self, agent: Actor, then: Status = Status.SOLVED) -> None:
        """Answer what was asked."""
        self.past.answer(agent, self.ticket_id, self.past.words.answer(self.customer, self.request.topic), then)

    def say(self, agent: Actor, kind: str, then: Status = Status.SOLVED) -> None:
        """Write a letter of one kind."""
        self.past.answer(agent, self.ticket_id, self.past.words.say(self.customer, kind), then)

    def reply(self, mood: Mood) -> None:
        """Let the customer write back."""
        self.past.come_back(self.customer, self.ticket_id, mood)

    def close(self) -> Story:
        """Let the solved ticket rest until it closes by itself."""
        yield _A_WEEK
        self.past.wake()


# Stories that end


def quick(case: Case) -> Story:
    """Asked, answered, solved."""
    agent = case.ask()
    yield case.wait(4, 70)
    case.settle(agent)
    yield from case.close()


def twice(case: Case) -> Story:
    """The customer's server did not hear our 250 and sent the mail again."""
    agent = case.ask(is_sent_twice=True)
    yield case.wait(4, 70)
    case.settle(agent)
    yield from case.close()


def asked_back(case: Case) -> Story:
    """We had to ask for more."""
    agent = case.ask()
    yield case.wait(5, 60)
    case.say(agent, "questions", Status.PENDING)
    yield case.wait(10, 300)
    case.reply(Mood.MORE)
    yield case.wait(5, 60)
    case.settle(agent)
    yield from case.close()


def thanked(case: Case) -> Story:
    """The customer says that it works."""
    agent = case.ask()
    yield case.wait(4, 60)
    case.settle(agent, Status.PENDING)
    yield case.wait(8, 200)
    case.reply(Mood.THANKS)
    yield case.wait(3, 40)
    case.say(agent, "welcomes")
    yield from case.close()


def climbed(case: Case) -> Story:
    """The first answer did not help and the next level found it."""
    agent = case.ask()
    yield case.wait(5, 60)
    case.settle(agent, Status.PENDING)
    yield case.wait(10, 120)
    case.reply(Mood.STILL)
    yield case.wait(4, 30)
    case.past.note(agent, case.ticket_id, case.past.words.note())
    if case.past.hand_up(agent, case.ticket_id, case.past.words.handover()):
        agent = case.past.someone(case.ticket_id)
    yield case.wait(15, 180)
    case.settle(agent)
    yield from case.close()


def silent(case: Case) -> Story:
    """The customer never answered our question."""
    agent = case.ask()
    yield case.wait(5, 60)
    case.say(agent, "questions", Status.PENDING)
    yield _THREE_DAYS
    case.past.wake()
    yield case.wait(10, 60)
    case.say(agent, "farewells")
    yield from case.close()


def bounced(case: Case) -> Story:
    """Our answer came back, the customer's mailbox being full; a call helped."""
    agent = case.ask()
    yield case.wait(5, 60)
    case.settle(agent)
    yield timedelta(seconds=50)
    case.past.bounce(case.ticket_id)
    yield case.wait(5, 90)
    case.past.note(agent, case.ticket_id, "Called: the mailbox over there was full, there is room again.")
    case.past.tag(agent, case.ticket_id, "bounced", "called")
    case.settle(agent)
    yield from case.close()


def away(case: Case) -> Story:
    """The customer's machine says that nobody is there."""
    agent = case.ask()
    yield case.wait(5, 60)
    case.settle(agent)
    yield timedelta(seconds=20)
    case.past.say_away(case.customer, case.ticket_id)
    yield from case.close()


def called(case: Case) -> Story:
    """The request came by telephone and the answer goes out in writing."""
    agent = case.past.rng.choice(tuple(case.past.staff.by_login.values())[:4])
    case.ticket_id = case.past.call(agent, case.customer, case.request)
    case.past.take(agent, case.ticket_id)
    yield case.wait(3, 30)
    case.settle(agent)
    yield from case.close()


# Stories of today, which go on at the console


def fresh(case: Case) -> Story:
    """Nobody has looked yet."""
    case.ask()
    yield from ()


def taken(case: Case) -> Story:
    """A colleague has it in hand."""
    agent = case.ask()
    yield case.wait(2, 6)
    case.past.take(agent, case.ticket_id)
    case.past.note(agent, case.ticket_id, case.past.words.note())


def handed_up(case: Case) -> Story:
    """The level below could not help; nobody has taken it yet."""
    agent = case.ask()
    yield case.wait(6, 20)
    case.past.hand_up(agent, case.ticket_id, case.past.words.handover())


def back(case: Case) -> Story:
    """Answered, and the customer has written again."""
    agent = case.ask()
    yield case.wait(8, 30)
    case.settle(agent, Status.PENDING)
    yield case.wait(10, 40)
    case.reply(case.past.rng.choice([Mood.STILL, Mood.MORE]))


def pending(case: Case) -> Story:
    """The customer's turn."""
    agent = case.ask()
    yield case.wait(5, 40)
    case.say(agent, "questions", Status.PENDING)


def held(case: Case) -> Story:
    """Our turn, but not before a part has come."""
    agent = case.ask()
    yield case.wait(10, 40)
    case.say(agent, "delays", Status.OPEN)
    case.past.note(agent, case.ticket_id, "Part ordered, comes tomorrow before noon.")
    case.past.hold(agent, case.ticket_id, case.past.clock.now() + timedelta(hours=case.past.rng.randrange(14, 40)))


Teller = Callable[[Case], Iterator[timedelta]]

ENDED: tuple[tuple[Teller, float], ...] = (
    (quick, 46), (called, 15), (thanked, 10), (asked_back, 9), (climbed, 6), (silent, 4), (bounced, 2), (away, 4),
    (twice, 2),
)  # fmt: skip
"""Stories of the past weeks and how often each is told."""
