"""Two desks whose mail goes to each other: whatever the other one is, it ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from desk import filing, ledger, opening, outgoing, replies
from desk.actors import COURIER, FILER, LISTENER
from desk.context import Desk, MailIdentity, open_desk
from intake.parsing.mail import parse
from outbox.compose import compose
from procedure.mail import Address, Envelope, ParsedMail, Sent
from store.tables import Ledger, Outbox
from tests.fakes.desks import SUPPORT, FakeChance, FakeClock, Group
from tests.fakes.looks import every
from tests.fakes.mails import letter, wrap

OTHER = "help@other.example"
ENOUGH = 60
"""More mails than this between two desks are a loop."""


@dataclass(frozen=True)
class Post:
    """A mail under way, as the wire and as the parser have it."""

    envelope: Envelope
    mail: ParsedMail


Meddling = Callable[[Post, int], list[Post]]
"""What the world does to a mail on its way: the mails that arrive in its place."""


@pytest.fixture
def other(sqlite_template: Path, fast_directory: Path, clock: FakeClock) -> Iterator[Desk]:
    """Return a second desk with a store, a key and an address of its own."""
    path = fast_directory / "other.db"
    shutil.copyfile(sqlite_template, path)
    found = open_desk(f"sqlite:///{path}", MailIdentity((OTHER,), "Other Support"), clock, FakeChance())
    yield found
    found.close()
    for left in fast_directory.glob("other.db*"):
        left.unlink()


def deliver(desk: Desk, post: Post) -> None:
    """Let a mail arrive and be filed, if it is for this desk."""
    if not any(ledger.accepts(LISTENER, desk, address) for address in post.envelope.rcpt_to):
        return
    [number] = ledger.record(LISTENER, desk, [post.envelope])
    filing.claim(FILER, desk)
    filing.file(FILER, desk, number, post.mail)


def collect(desk: Desk) -> list[Post]:
    """Take all that is due out of a desk's outbox, as bytes that were composed and read again."""
    posts = []
    for mail in outgoing.claim(COURIER, desk, 100):
        composed = compose(mail)
        outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 ok"))
        envelope = Envelope(
            desk.clock.now(), "192.0.2.7", composed.mail_from or "", (composed.rcpt_to or "",), composed.content
        )
        posts.append(Post(envelope, parse(composed.content)))
    return posts


def exchange(one: Desk, two: Desk, clock: FakeClock, meddle: Meddling, minutes: float, rounds: int = 200) -> int:
    """Carry mail to and fro until nothing moves, and return how many mails moved."""
    moved = 0
    for _ in range(rounds):
        clock.advance(minutes=minutes)
        posts = [*((two, post) for post in collect(one)), *((one, post) for post in collect(two))]
        if not posts:
            return moved
        for to, post in posts:
            for arriving in meddle(post, moved):
                moved += 1
                deliver(to, arriving)
        if moved > ENOUGH:
            return moved
    return moved


def as_it_is(post: Post, _: int) -> list[Post]:
    return [post]


def deaf(post: Post, number: int, sender: str = "", to: str = "") -> Post:
    """Return a mail from which everything is gone by which a robot or a conversation is known."""
    sender = sender or post.mail.sender.address
    subject = f"Ticket {number} received" if number % 2 else f"Your message no. {chr(97 + number % 26)}{number}"
    mail = letter(sender, subject, f"We have your message {number}.")
    return Post(wrap(mail, post.envelope.received_at, sender, (to or SUPPORT,)), mail)


def stripped(post: Post, number: int) -> list[Post]:
    """Rewrite each mail between two desks so that neither knows the other for a machine."""
    is_ours = post.mail.sender.address == SUPPORT
    return [deaf(post, number, SUPPORT if is_ours else OTHER, OTHER if is_ours else SUPPORT)]


def twofold(post: Post, number: int) -> list[Post]:
    """Rewrite and double each mail."""
    return [*stripped(post, number), *stripped(post, number + 1000)]


@pytest.mark.parametrize("minutes", [1, 25, 300])
@pytest.mark.parametrize("meddle", [as_it_is, stripped, twofold])
def test_two_desks_fall_silent(desk: Desk, other: Desk, clock: FakeClock, meddle: Meddling, minutes: float) -> None:
    """A mail that says it is from the other desk starts it; it ends, though each mail looks like a person's."""
    mail = letter(OTHER, "Where is our order?")
    deliver(desk, Post(wrap(mail, clock.now(), OTHER), mail))
    moved = exchange(desk, other, clock, meddle, minutes)
    assert 1 <= moved <= ENOUGH
    assert collect(desk) == collect(other) == []
    assert all(row.fate for row in every(desk, Ledger))


def test_an_answer_to_the_other_desk_ends(desk: Desk, other: Desk, actors: Group, clock: FakeClock) -> None:
    """An answer of ours opens a ticket there and is not acknowledged: its envelope sender is a token."""
    number = opening.open_ticket(actors.maria, desk, "Order", "They asked by phone.", Address("", OTHER))
    replies.send(actors.maria, desk, number, "Here it is.")
    assert exchange(desk, other, clock, as_it_is, 5) == 1
    assert (len(every(other, Ledger)), len(every(other, Outbox))) == (1, 0)


@pytest.mark.parametrize("minutes", [1, 13, 130, 1500])
@pytest.mark.parametrize("times", [1, 3])
def test_a_machine_that_ignores_everything(desk: Desk, clock: FakeClock, minutes: float, times: int) -> None:
    """Whatever it answers, at once or a day later, once or three times: what we send to it ends."""
    sender = "robot@other.example"
    mail = letter(sender)
    deliver(desk, Post(wrap(mail, clock.now(), sender), mail))
    sent = 0
    for _ in range(60):
        clock.advance(minutes=minutes)
        for post in collect(desk):
            sent += 1
            for copy in range(times):
                deliver(desk, deaf(post, sent * 100 + copy, sender))
    assert 1 <= sent <= 10
    assert len(every(desk, Ledger)) == 1 + sent * times


def test_a_mail_of_ours_that_is_sent_back(desk: Desk, clock: FakeClock) -> None:
    """A forwarding rule that sends our acknowledgement back to us, with another Message-ID, makes nothing new."""
    mail = letter()
    deliver(desk, Post(wrap(mail), mail))
    [post] = collect(desk)
    back = replace(post.mail, message_id="<rewritten@other.example>", headers={
        name: value for name, value in post.mail.headers.items() if name.startswith("x-tierdesk")
    })  # fmt: skip
    deliver(desk, Post(replace(post.envelope, mail_from=mail.sender.address, rcpt_to=(SUPPORT,)), back))
    assert every(desk, Ledger)[-1].rules[0]["rule"] == "own-message"
    assert collect(desk) == []
