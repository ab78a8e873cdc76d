"""What the rules can learn from people: was a rule right, which words does none know, what would a changed policy do.

Right is what people made of a ticket: the level to which they handed it, or the level of the difficulty that they set;
without either, the level it had when it was answered or done. A ticket that nobody has worked on says nothing yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from procedure.acquaintance import HISTORY_RULE, KNOWN_RULE
from procedure.folding import fold, words
from procedure.phrases import MAX_LETTERS, MAX_WORDS
from procedure.policy_values import Policy
from procedure.routing import DEFAULT_RULE
from procedure.terms import Level

SHORTEST = 4
"""Letters of a word that may tell something; shorter ones are mostly the glue of a language."""

MOST_WORDS = 50_000
"""Different words that are counted at once; beyond, those seen in one ticket only are forgotten."""

TIMES_AS_OFTEN = 2
"""How much more often a word stands in misrouted tickets than in the others, to be worth a look."""


@dataclass(frozen=True)
class Judged:
    """A ticket that people worked on: the difficulty that the rules gave it, its rules, and the level people chose."""

    difficulty: int
    rules: tuple[str, ...]
    people: Level
    words: frozenset[str] = frozenset()


@dataclass
class RuleRecord:
    """How a rule did. ``missed`` counts where it knew the level and another rule decided otherwise."""

    rule: str
    said: int = 0
    decided: int = 0
    right: int = 0
    missed: int = 0

    @property
    def share(self) -> float | None:
        """Return which part of its decisions was right, from 0 to 1; None without one."""
        return self.right / self.decided if self.decided else None


def level_of_people(level: Level, routed: Level, difficulty: int, routed_difficulty: int, policy: Policy) -> Level:
    """Return what people made of a ticket: a hand-over counts before a corrected difficulty."""
    if level != routed or difficulty == routed_difficulty:
        return level
    return policy.level_of(difficulty)


@dataclass
class Review:
    """The records of all rules, and the words of misrouted tickets beside those of the others; takes any number."""

    policy: Policy
    judged: int = 0
    misrouted: int = 0
    records: dict[str, RuleRecord] = field(default_factory=dict)
    _wrong_words: Counter[str] = field(default_factory=Counter)
    _right_words: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._known = KnownWords(self.policy)
        self._levels = {rule.id: self._level(rule.difficulty) for rule in self.policy.rules}

    def add(self, ticket: Judged) -> None:
        """Count a ticket."""
        is_right = self.policy.level_of(ticket.difficulty) is ticket.people
        self.judged += 1
        self.misrouted += not is_right
        deciding = _deciding(ticket.rules)
        for rule in dict.fromkeys(ticket.rules):
            if rule == KNOWN_RULE:
                continue
            record = self.records.setdefault(rule, RuleRecord(rule))
            record.said += 1
            if rule == deciding:
                record.decided += 1
                record.right += is_right
            elif not is_right and self._levels.get(rule) is ticket.people:
                record.missed += 1
        counted = self._right_words if is_right else self._wrong_words
        counted.update(word for word in ticket.words if not self._known.has(word))
        _forget_rare(counted)

    def unknown_words(self, most: int) -> list[tuple[str, int]]:
        """Return words that no rule knows and misrouted tickets have far more often, with their number of tickets."""
        right = max(1, self.judged - self.misrouted)
        telling = [
            (word, number)
            for word, number in self._wrong_words.items()
            if number / max(1, self.misrouted) >= TIMES_AS_OFTEN * self._right_words[word] / right
        ]
        return sorted(telling, key=lambda found: (-found[1], found[0]))[:most]

    def _level(self, difficulty: int | None) -> Level | None:
        return None if difficulty is None else self.policy.level_of(difficulty)


class KnownWords:
    """The words that the rules of a policy look for."""

    def __init__(self, policy: Policy) -> None:
        parts = [
            part
            for rule in policy.rules
            for phrases in (rule.words, rule.subject, rule.also, rule.unless)
            for phrase in phrases
            for part in phrase.parts
        ]
        self._whole = {word for part in parts for word in part.whole}
        self._stems = tuple({stem for part in parts for stem in part.stems})

    def has(self, word: str) -> bool:
        """Tell whether a rule asks for a folded word."""
        return word in self._whole or word.startswith(self._stems)


def telling_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the folded words of texts that may tell something: no numbers, no links, nothing very short."""
    found: set[str] = set()
    for text in texts:
        plain = " ".join(word for word in text[:MAX_LETTERS].split() if "://" not in word and "@" not in word)
        found.update(fold(word) for word in words(plain)[:MAX_WORDS])
    return frozenset(word for word in found if len(word) >= SHORTEST and not any(map(str.isdigit, word)))


@dataclass(frozen=True)
class Replayed:
    """A ticket under two policies; ``people`` is None where nobody has worked on it."""

    ticket_id: int
    now: Level
    then: Level
    people: Level | None


def share_right(counted: Counter[tuple[Level, Level, Level | None]], place: int) -> tuple[int, int]:
    """Return how many of the judged tickets the policy at ``place`` (0 now, 1 then) gives the level of people."""
    judged = [(levels, number) for levels, number in counted.items() if levels[2] is not None]
    return sum(number for levels, number in judged if levels[place] == levels[2]), sum(number for _, number in judged)


def rows_of(records: Iterable[RuleRecord]) -> Sequence[RuleRecord]:
    """Return the records, those that were wrong most often first."""
    return sorted(records, key=lambda record: (record.right - record.decided, -record.said, record.rule))


def _deciding(rules: Sequence[str]) -> str:
    """Return the rule that decided: the first, unless all that fit said no difficulty and the default stands behind."""
    return DEFAULT_RULE if DEFAULT_RULE in rules and rules[0] != HISTORY_RULE else rules[0]


def _forget_rare(counted: Counter[str]) -> None:
    if len(counted) > MOST_WORDS:
        for word in [word for word, number in counted.items() if number == 1]:
            del counted[word]
