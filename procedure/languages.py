"""Which language a customer writes, as far as a fixed text in reply needs to know it."""

from __future__ import annotations

ENGLISH = "en"
GREEK = "el"

LETTERS_READ = 20_000
"""A longer text is judged by its beginning."""


def guess(text: str) -> str:
    """Return ``el`` when at least a quarter of its letters are Greek, else ``en``.

    Not half: a Greek mail about servers is full of Latin words, an English mail has no Greek ones.
    """
    letters = [letter for letter in text[:LETTERS_READ] if letter.isalpha()]
    greek = sum(1 for letter in letters if "\u0370" <= letter <= "\u03ff" or "\u1f00" <= letter <= "\u1fff")
    return GREEK if letters and greek * 4 >= len(letters) else ENGLISH
