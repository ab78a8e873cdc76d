"""Which language a customer writes, as far as a fixed text in reply needs to know it."""

from __future__ import annotations

import re

ENGLISH = "en"
GREEK = "el"

_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]+")

LETTERS_READ = 20_000
"""A longer text is judged by its beginning."""


def guess(text: str) -> str:
    """Return ``el`` when at least a quarter of its letters are Greek, else ``en``.

    Not half: a Greek mail about servers is full of Latin words, an English mail has no Greek ones.
    """
    if text.isascii():
        return ENGLISH
    beginning = text[:LETTERS_READ]
    letters = sum(map(str.isalpha, beginning))
    greek = sum(map(str.isalpha, "".join(_GREEK.findall(beginning))))
    return GREEK if letters and greek * 4 >= letters else ENGLISH
