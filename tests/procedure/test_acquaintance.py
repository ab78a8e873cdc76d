from __future__ import annotations

from dataclasses import replace

import pytest

from desk.policies import shipped_text
from procedure.acquaintance import Earlier, with_history
from procedure.mail import RuleHit
from procedure.policy import parse
from procedure.routing import Routing
from procedure.terms import Level, Priority

POLICY = replace(parse(shipped_text()), history=5)
UNDECIDED = Routing(Level.FIRST, 2, Priority.NORMAL, (), (RuleHit("default", "no rule knows"),))
DECIDED = Routing(Level.FIRST, 1, Priority.NORMAL, (), (RuleHit("quota", '"quota"'),))


def past(levels: str, still_open: int = 0) -> list[Earlier]:
    return [Earlier(Level(int(level)), number < still_open) for number, level in enumerate(levels)]


@pytest.mark.parametrize(
    ("routed", "levels", "level", "difficulty", "first_rule"),
    [
        (UNDECIDED, "222", 2, 3, "history"),
        (UNDECIDED, "33312", 3, 5, "history"),
        (UNDECIDED, "22", 1, 2, "default"),
        (UNDECIDED, "111", 1, 2, "default"),
        (UNDECIDED, "22112", 2, 3, "history"),
        (UNDECIDED, "1122222222", 2, 3, "history"),
        (UNDECIDED, "1112222222", 1, 2, "default"),
        (DECIDED, "33333", 1, 1, "quota"),
    ],
)
def test_history_is_a_weak_sign(routed: Routing, levels: str, level: int, difficulty: int, first_rule: str) -> None:
    """The past decides only where no rule knows, and only when most of three tickets or more were for one level."""
    found = with_history(routed, past(levels), POLICY)
    assert (found.level, found.difficulty, found.rules[0].rule) == (Level(level), difficulty, first_rule)


@pytest.mark.parametrize(
    ("levels", "still_open", "because"),
    [
        ("1", 0, "1 earlier ticket"),
        ("12", 1, "2 earlier tickets, 1 of them open"),
        ("1212121", 0, "5 or more earlier tickets"),
    ],
)
def test_a_known_contact_is_told(levels: str, still_open: int, because: str) -> None:
    """Earlier tickets are said beside the rules, and decide nothing."""
    found = with_history(DECIDED, past(levels, still_open), POLICY)
    assert found.rules == (*DECIDED.rules, RuleHit("known-contact", because))


def test_a_stranger() -> None:
    """Without earlier tickets, or where the policy looks at none, nothing is added."""
    assert with_history(UNDECIDED, [], POLICY) == UNDECIDED
    assert with_history(UNDECIDED, past("222"), replace(POLICY, history=0)) == UNDECIDED


def test_the_past_is_counted() -> None:
    """What decided says how many of how many tickets."""
    assert with_history(UNDECIDED, past("2212"), POLICY).rules[0] == RuleHit(
        "history", "3 of the last 4 tickets were for the 2nd level"
    )


def test_half_is_not_most() -> None:
    """Three of six tickets are no habit."""
    assert with_history(UNDECIDED, past("222113"), replace(POLICY, history=6)).rules[0].rule == "default"
