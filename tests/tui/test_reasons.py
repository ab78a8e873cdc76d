from __future__ import annotations

from desk import reading, tickets
from desk.context import Desk
from tests.fakes.desks import Group
from tests.fakes.mails import arrive, letter
from tui.reasons import why


def test_why(desk: Desk, actors: Group) -> None:
    """One sentence says the difficulty, the words that decided, their rule, and that the sender is known."""
    arrive(desk, letter(subject="hello", text="my quota"))
    number = arrive(desk, letter(subject="again", text="my quota")).ticket
    sentence = why(reading.show(actors.maria, desk, number))
    assert sentence == (
        'difficulty 1, because "quota" (rule mailbox-quota) and a known contact (1 earlier ticket, 1 of them open)'
    )


def test_why_without_a_rule(desk: Desk, actors: Group) -> None:
    """Where no rule knows, that is the reason."""
    number = arrive(desk, letter(subject="hello", text="zebra")).ticket
    assert why(reading.show(actors.maria, desk, number)) == "difficulty 2, because no rule knows its difficulty, so 2"


def test_why_after_a_correction(desk: Desk, actors: Group) -> None:
    """Who corrected an estimate is named beside what the rules had said."""
    number = arrive(desk, letter(subject="hello", text="my quota")).ticket
    tickets.set_difficulty(actors.kostas, desk, number, 4)
    sentence = why(reading.show(actors.maria, desk, number))
    assert sentence == 'difficulty 4, set by kostas; the rules said 1, because "quota" (rule mailbox-quota)'
