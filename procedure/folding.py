"""Text made comparable: without case and accents, so that ΛΟΓΑΡΙΑΣΜΌΣ, λογαριασμός and λογαριασμοσ are one word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_]*)*")
"""Letters and digits, with the accents that stand as characters of their own."""

_LONGEST_WORD = 32


def fold(text: str) -> str:
    """Return the text without case and accents, for Greek and Latin letters alike; folding twice changes nothing.

    Marks are removed before and after the case goes: the Greek subscript iota would become a letter of its own.
    """
    if text.isascii():
        return text.lower()
    return _fold_word(text) if len(text) <= _LONGEST_WORD else _folded(text)


@lru_cache(maxsize=32_768)
def _fold_word(word: str) -> str:
    """Fold what is short; people use the same words over and over, and each letter costs."""
    return _folded(word)


def _folded(text: str) -> str:
    return _without_marks(_without_marks(text).casefold())


def words(text: str) -> list[str]:
    """Return the words of the text in order, as they are written: runs of letters and digits."""
    return _WORD.findall(text)


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
