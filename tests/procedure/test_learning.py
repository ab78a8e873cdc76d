from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from desk.policies import shipped_text
from procedure import learning
from procedure.learning import Judged, KnownWords, Review, level_of_people, rows_of, share_right, telling_words
from procedure.policy import Policy, parse
from procedure.terms import Level

FIRST, SECOND, THIRD = Level


@cache
def policy() -> Policy:
    text = shipped_text()
    rules = """
[[rules]]
id = "low"
words = ["quota"]
difficulty = 1

[[rules]]
id = "middle"
words = ["database*"]
also = ["broken"]
difficulty = 3
"""
    return parse(text[: text.index("[[rules]]")] + rules)


@pytest.mark.parametrize(
    ("level", "routed", "difficulty", "routed_difficulty", "people"),
    [
        (FIRST, FIRST, 2, 2, FIRST),
        (SECOND, FIRST, 2, 2, SECOND),
        (FIRST, FIRST, 4, 2, SECOND),
        (SECOND, FIRST, 5, 2, SECOND),
        (THIRD, THIRD, 1, 5, FIRST),
    ],
)
def test_what_people_made_of_it(
    level: Level, routed: Level, difficulty: int, routed_difficulty: int, people: Level
) -> None:
    """A hand-over counts first, then a corrected difficulty, then the level as it was."""
    assert level_of_people(level, routed, difficulty, routed_difficulty, policy()) is people


def test_records_of_rules() -> None:
    """A rule is right where it decided and people agreed; it knew better where another decided and they did not."""
    review = Review(policy())
    review.add(Judged(3, ("middle", "low"), SECOND))
    review.add(Judged(3, ("middle", "low"), FIRST))
    review.add(Judged(2, ("default",), FIRST))
    middle, default, low = (review.records[rule] for rule in ("middle", "default", "low"))
    assert (middle.said, middle.decided, middle.right, middle.missed, middle.share) == (2, 2, 1, 0, 0.5)
    assert (low.said, low.decided, low.right, low.missed, low.share) == (2, 0, 0, 1, None)
    assert (default.decided, default.right) == (1, 1)
    assert (review.judged, review.misrouted) == (3, 1)
    assert [record.rule for record in rows_of(review.records.values())] == ["middle", "low", "default"]


def test_a_default_that_follows_other_hits_has_decided() -> None:
    """Where the rules that fit say no difficulty the default decided, though it stands last."""
    review = Review(policy())
    review.add(Judged(2, ("tags-only", "default"), SECOND))
    assert (review.records["default"].decided, review.records["tags-only"].decided) == (1, 0)


def test_the_past_can_have_decided() -> None:
    """Where the requester's history decided, the default did not; a known contact decides nothing and has no record."""
    review = Review(policy())
    review.add(Judged(3, ("history", "default"), SECOND))
    review.add(Judged(1, ("low", "known-contact"), FIRST))
    assert {rule: record.decided for rule, record in review.records.items()} == {"history": 1, "default": 0, "low": 1}


def test_words_that_no_rule_knows() -> None:
    """Words that stand in misrouted tickets far more often than in others are told, most tickets first."""
    review = Review(policy())
    review.add(Judged(2, ("default",), SECOND, frozenset({"kubernetes", "hello", "databases", "broken", "pods"})))
    review.add(Judged(2, ("default",), SECOND, frozenset({"kubernetes", "hello"})))
    review.add(Judged(2, ("default",), FIRST, frozenset({"hello", "invoice"})))
    assert review.unknown_words(10) == [("kubernetes", 2), ("pods", 1)]
    assert review.unknown_words(1) == [("kubernetes", 2)]


def test_known_words() -> None:
    """Words of every kind of condition are known, stems by their beginning."""
    known = KnownWords(policy())
    assert [known.has(word) for word in ("quota", "databases", "broken", "pods")] == [True, True, True, False]


def test_telling_words() -> None:
    """Words are folded; numbers, links, addresses and short words tell nothing."""
    found = telling_words(("Ο ΔΙΑΚΟΜΙΣΤΉΣ πέθανε", "see https://x.example/kubernetes me@pods.example web07 2024 the"))
    assert found == {"διακομιστησ", "πεθανε"}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many words those seen once are forgotten."""
    monkeypatch.setattr(learning, "MOST_WORDS", 3)
    review = Review(policy())
    review.add(Judged(2, ("default",), SECOND, frozenset({"aaaa", "bbbb"})))
    review.add(Judged(2, ("default",), SECOND, frozenset({"aaaa", "cccc", "dddd"})))
    assert review.unknown_words(10) == [("aaaa", 2)]


def test_share_right() -> None:
    """Only tickets that people judged count."""
    counted = Counter({(FIRST, SECOND, SECOND): 3, (FIRST, FIRST, FIRST): 2, (THIRD, FIRST, None): 9})
    assert (share_right(counted, 0), share_right(counted, 1)) == ((2, 5), (5, 5))
