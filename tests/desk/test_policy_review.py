"""What people made of tickets teaches what the rules are worth, and what others would have done."""

from __future__ import annotations

import pytest

from desk import past_tickets, policies, policy_review, replies, tickets, undo
from desk.context import Desk
from desk.errors import Invalid
from procedure.mail import ParsedAttachment
from procedure.policy import parse
from procedure.terms import Level, Status
from tests.fakes.desks import Group
from tests.fakes.mails import arrive, letter

HEAD = policies.shipped_text()[: policies.shipped_text().index("[[rules]]")]
RULES = (
    HEAD
    + """
[[rules]]
id = "quota"
words = ["quota"]
difficulty = 1

[[rules]]
id = "log"
attachments = ["*.log"]
difficulty = 3
"""
)
CHANGED = RULES.replace('words = ["quota"]\ndifficulty = 1', 'words = ["quota", "pods"]\ndifficulty = 3')


@pytest.fixture
def ruled(desk: Desk, actors: Group) -> Desk:
    """Return a desk with two rules."""
    policies.load(actors.owner, desk, RULES)
    return desk


def test_people_judge(ruled: Desk, actors: Group) -> None:
    """A ticket counts once somebody worked on it; a hand-up and a corrected difficulty say the rule was wrong."""
    good, wrong, corrected, _untouched = (arrive(ruled, letter(text="my quota")).ticket for _ in range(4))
    tickets.set_status(actors.maria, ruled, good, Status.SOLVED)
    tickets.set_level(actors.maria, ruled, wrong, Level.SECOND, "needs more")
    tickets.set_difficulty(actors.maria, ruled, corrected, 5)
    found = policy_review.review(actors.maria, ruled, 30)
    record = found.records["quota"]
    assert (found.judged, found.misrouted) == (3, 2)
    assert (record.said, record.decided, record.right) == (3, 3, 1)


def test_what_was_taken_back_does_not_count(ruled: Desk, actors: Group) -> None:
    """A hand-up that was undone says nothing against the rule."""
    number = arrive(ruled, letter(text="my quota")).ticket
    tickets.set_level(actors.maria, ruled, number, Level.SECOND, "a slip")
    undo.undo(actors.maria, ruled)
    tickets.set_status(actors.maria, ruled, number, Status.SOLVED)
    assert policy_review.review(actors.maria, ruled, 30).misrouted == 0


def test_words_of_misrouted_tickets(ruled: Desk, actors: Group) -> None:
    """Words that no rule knows are told for tickets that people sent elsewhere."""
    wrong = arrive(ruled, letter(subject="Pods", text="quota of the KUBERNETES pods")).ticket
    good = arrive(ruled, letter(subject="hello", text="good morning")).ticket
    tickets.set_level(actors.maria, ruled, wrong, Level.SECOND, "needs more")
    tickets.set_status(actors.maria, ruled, good, Status.SOLVED)
    assert policy_review.review(actors.maria, ruled, 30).unknown_words(9) == [("kubernetes", 1), ("pods", 1)]


def test_a_trial_says_what_would_change(ruled: Desk, actors: Group) -> None:
    """The last tickets are routed by both policies, as they came in: words, files and all."""
    moved = arrive(ruled, letter(subject="hello", text="pods")).ticket
    tickets.set_level(actors.maria, ruled, moved, Level.SECOND, "needs more")
    file = ParsedAttachment("error.log", "text/plain", b"x")
    arrive(ruled, letter(subject="hello", text="see file", attachments=(file,)))
    parts: list[float] = []
    found = policy_review.trial(actors.supervisor, ruled, CHANGED, 10, parts.append)
    assert found.tickets == 2
    assert dict(found.counted) == {
        (Level.FIRST, Level.SECOND, Level.SECOND): 1,
        (Level.SECOND, Level.SECOND, None): 1,
    }
    assert [one.ticket_id for one in found.changed] == [moved]
    assert parts == [0.5, 1.0]
    assert policies.show(actors.owner, ruled)[1] == RULES


def test_a_trial_of_a_bad_policy(ruled: Desk, actors: Group) -> None:
    """Every fault of the file is said, as when it is loaded."""
    with pytest.raises(Invalid, match="colour is not known"):
        policy_review.trial(actors.owner, ruled, RULES + 'colour = "red"\n', 10, lambda part: None)


@pytest.mark.parametrize("last", [1, 2, 3, 5, 9])
def test_pages(ruled: Desk, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    """Tickets come newest first, each once, as many as wanted, whatever the size of a page."""
    monkeypatch.setattr(past_tickets, "PAGE", 2)
    numbers = [arrive(ruled, letter(text=f"my quota {count}")).ticket for count in range(5)]
    found = [ticket.ticket_id for ticket in past_tickets.newest_first(ruled, parse(RULES), last=last)]
    assert found == list(reversed(numbers))[:last]


def test_an_empty_desk(desk: Desk, actors: Group) -> None:
    """Without a ticket there is nothing to say."""
    assert policy_review.review(actors.maria, desk, 30).judged == 0
    assert policy_review.trial(actors.maria, desk, RULES, 10, lambda part: None).tickets == 0


def test_an_answer_judges_too(ruled: Desk, actors: Group) -> None:
    """Who answers a ticket where it is agrees with its level."""
    number = arrive(ruled, letter(text="my quota")).ticket
    replies.send(actors.maria, ruled, number, "Done.", then=Status.PENDING)
    assert policy_review.review(actors.maria, ruled, 30).records["quota"].right == 1
