"""Text made comparable: without case and accents, so that ΛΟΓΑΡΙΑΣΜΌΣ, λογαριασμός and λογαριασμοσ are one word."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return the text without case and accents, for Greek and Latin letters alike; folding twice changes nothing.

    Marks are removed before and after the case goes: the Greek subscript iota would become a letter of its own.
    """
    if text.isascii():
        return text.lower()
    return _without_marks(_without_marks(text).casefold())


def words(text: str) -> list[str]:
    """Return the folded words of the text in order: runs of letters and digits."""
    return _WORD.findall(fold(text))


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
