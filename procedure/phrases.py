"""Words and phrases that a rule looks for, and where a text has them.

A phrase is written as people say it and compared folded (``procedure.folding``): ``ssl``, ``cannot log in``. A word
that ends with ``*`` is a stem: ``κωδικ*`` finds κωδικός, κωδικούς and ΚΩΔΙΚΟΙ. ``...`` between two words lets up to
four others stand between them: ``server ... down``; ``site|shop`` stands for either word. A word with a full stop,
slash or hyphen in it is several words in a row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from procedure.folding import fold, words

GAP = 4
"""Other words that ``...`` lets stand between its neighbours at most."""

MIN_STEM = 3
"""Letters of a stem at least; with fewer it would find half of the language."""

MAX_WORDS = 5_000
"""Words of a text that are looked at; a log pasted into a mail does not decide its difficulty."""

MAX_LETTERS = 400_000

_BETWEEN_TEXTS = [""] * (GAP + 1)
"""Words that no phrase can ask for, one more than it may leave out."""


@dataclass(frozen=True)
class Part:
    """One place in a phrase: the folded words and stems of which one must stand there, ``gap`` or fewer words on."""

    whole: frozenset[str]
    stems: tuple[str, ...] = ()
    gap: int = 0


@dataclass(frozen=True)
class Phrase:
    """A phrase as the policy wrote it, and its parts."""

    written: str
    parts: tuple[Part, ...]


def read_phrase(written: str) -> Phrase:
    """Return the phrase that a policy wrote. Raises ValueError with a reason when nothing in it can be found."""
    parts: list[Part] = []
    gap = 0
    for piece in written.replace("…", "...").replace("...", " ... ").split():
        if piece == "...":
            gap = GAP
            continue
        parts.extend(_either(piece, gap) if "|" in piece else _in_a_row(piece, gap))
        gap = 0
    if not parts:
        raise ValueError("has no letter or digit")
    if any(len(stem) < MIN_STEM for part in parts for stem in part.stems):
        raise ValueError(f"has a stem of fewer than {MIN_STEM} letters")
    return Phrase(written, tuple(parts))


def _in_a_row(piece: str, gap: int) -> list[Part]:
    found = [fold(word) for word in words(piece)]
    parts = [Part(frozenset({word}), gap=0 if number else gap) for number, word in enumerate(found)]
    if parts and piece.endswith("*"):
        parts[-1] = Part(frozenset(), (found[-1],), parts[-1].gap)
    return parts


def _either(piece: str, gap: int) -> list[Part]:
    options = piece.split("|")
    if any(len(words(option)) != 1 for option in options):
        raise ValueError("has something else than single words around |")
    stems = tuple(fold(words(option)[0]) for option in options if option.endswith("*"))
    return [Part(frozenset(fold(words(option)[0]) for option in options if not option.endswith("*")), stems, gap)]


@dataclass(frozen=True)
class Words:
    """The words of a text in order, as they are written and folded; both have one length."""

    written: tuple[str, ...]
    folded: tuple[str, ...]


def read_words(text: str) -> Words:
    """Return the first 5,000 words of a text."""
    written = words(text[:MAX_LETTERS])[:MAX_WORDS]
    return Words(tuple(written), tuple(map(fold, written)))


class Openings:
    """Phrases by the words they may begin with: a text is asked once for each word of it, not once for each phrase."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._whole: dict[str, list[int]] = {}
        self._stems: dict[str, list[int]] = {}
        for phrase in phrases:
            for word in phrase.parts[0].whole:
                self._whole.setdefault(word, []).append(id(phrase))
            for stem in phrase.parts[0].stems:
                self._stems.setdefault(stem, []).append(id(phrase))

    def among(self, words: Iterable[str]) -> set[int]:
        """Return the ``id`` of each phrase that may begin with one of the folded words."""
        vocabulary = sorted(words)
        found = {number for word in self._whole.keys() & vocabulary for number in self._whole[word]}
        for stem, numbers in self._stems.items():
            place = bisect_left(vocabulary, stem)
            if place < len(vocabulary) and vocabulary[place].startswith(stem):
                found.update(numbers)
        return found


class WordIndex:
    """The words of a few texts, made once, asked by every rule. No phrase begins in one and ends in the next."""

    def __init__(self, *texts: str | Words) -> None:
        self._written: list[str] = []
        self._words: list[str] = []
        for text in texts:
            read = read_words(text) if isinstance(text, str) else text
            self._written += [*read.written, *_BETWEEN_TEXTS]
            self._words += [*read.folded, *_BETWEEN_TEXTS]
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._words):
            self._places.setdefault(word, []).append(place)
        self._vocabulary = sorted(self._places)

    @property
    def vocabulary(self) -> Iterable[str]:
        """Return the folded words, each once."""
        return self._places.keys()

    def find(self, phrase: Phrase) -> str | None:
        """Return the words where the phrase first stands, as they are written; None when it is not there."""
        ends = {place: place for place in self._places_of(phrase.parts[0])}
        for part in phrase.parts[1:]:
            if not ends:
                return None
            ends = self._continued(ends, part)
        if not ends:
            return None
        end, start = min(ends.items(), key=lambda span: (span[1], span[0]))
        return " ".join(self._written[start : end + 1])

    def _continued(self, ends: dict[int, int], part: Part) -> dict[int, int]:
        """Carry each span over to the next part; of two spans that end at one place the later start is kept."""
        places = self._places_of(part)
        found: dict[int, int] = {}
        for end, start in ends.items() if places else ():
            number = bisect_left(places, end + 1)
            while number < len(places) and places[number] <= end + 1 + part.gap:
                found[places[number]] = start
                number += 1
        return found

    def _places_of(self, part: Part) -> list[int]:
        found = {word for word in part.whole if word in self._places}
        for stem in part.stems:
            number = bisect_left(self._vocabulary, stem)
            while number < len(self._vocabulary) and self._vocabulary[number].startswith(stem):
                found.add(self._vocabulary[number])
                number += 1
        return sorted(place for word in found for place in self._places.get(word, ()))
