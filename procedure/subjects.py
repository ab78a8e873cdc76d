"""Subjects made comparable: what two mails about one thing have in common."""

from __future__ import annotations

import re

from procedure.folding import fold

MAX_SUBJECT = 500
_TAG = re.compile(r"\[td-[0-9]{1,15}\]")
_DIGITS = re.compile(r"[0-9]+")
REPLY_MARKS = ("re", "aw", "sv", "antw", "απ", "απαντ", "απαντηση", "σχετ", "ref", "odp", "rif")
_FORWARDS = ("fwd", "fw", "wg", "tr", "rv", "i", "πρθ", "προωθ", "προωθηση", "εμπρ", "vs", "doorst")


def fold_subject(subject: str) -> str:
    """Return a subject without case, accents, ``Re:`` and ``Fwd:`` of any language, ticket tags and odd blanks.

    '' when nothing is left: such a subject names no thing.
    """
    folded = " ".join(_TAG.sub(" ", fold(subject[:MAX_SUBJECT])).split())
    while (rest := _without_prefix(folded, (*REPLY_MARKS, *_FORWARDS))) != folded:
        folded = rest
    return folded


def fold_numbers(subject: str) -> str:
    """Return a folded subject with every number as ``#``, so that a counter in it makes no new thing."""
    return _DIGITS.sub("#", fold_subject(subject))


def is_forward(subject: str) -> bool:
    """Tell whether a subject says that its mail was forwarded: ``Fwd: …``, ``ΠΡΘ: …``."""
    folded = " ".join(fold(subject[:MAX_SUBJECT]).split())
    return _without_prefix(folded, _FORWARDS) != folded


def without_forward(subject: str) -> str:
    """Return a subject as it stands, without the ``Fwd:`` at its beginning."""
    stripped = subject.strip()
    return stripped.partition(":")[2].strip() if is_forward(stripped) else stripped


def _without_prefix(folded: str, prefixes: tuple[str, ...]) -> str:
    word, colon, rest = folded.partition(":")
    # Outlook counts some of them: ``Re[2]:``.
    return rest.strip() if colon and word.strip().rstrip("[]0123456789. ") in prefixes else folded
