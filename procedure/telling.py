"""The words of a request that tell what it is about, read once and apart from any policy.

Only new words count: what a mail quotes was said before, and the names inside links and addresses say nothing. The
parser child reads them, so that the service need not.
"""

from __future__ import annotations

from dataclasses import dataclass

from procedure.phrases import MAX_LETTERS, Words, read_words
from procedure.quoting import unquoted


@dataclass(frozen=True)
class Telling:
    """The words of the subject and of the new text."""

    title: Words
    body: Words


def tell(subject: str, text: str) -> Telling:
    """Return the telling words of a mail; of an endless one those of its beginning."""
    return Telling(read_words(_without_names(subject)), read_words(_without_names(unquoted(text[:MAX_LETTERS]))))


def _without_names(text: str) -> str:
    return " ".join(word for word in text.split() if "://" not in word and "@" not in word)
