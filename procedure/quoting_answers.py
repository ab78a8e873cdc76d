"""Answers that somebody wrote between the lines of an earlier mail that has no marks, as Outlook quotes.

Nothing in such a block says whose a line is. Three things tell: the sender said above that the answers stand below
("see my answers inline", «απαντώ παρακάτω»), a sign before a line that is in the sender's hand (``[Nikos Pappas]``,
``-->``, ``Answer:``), and, where the conversation is known, that a line was never in it. When in doubt a line stays
open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from procedure.folding import fold, words
from procedure.quoting_marks import attribution_length, begins_header_block, header_block_end

MAX_EARLIER = 200_000
"""Characters of earlier messages that are compared."""

_LINES_ABOVE = 60
_MAX_LINE = 300
_ANNOUNCED = re.compile(
    r"\b(?:in[- ]?line|see below|(?:answer(?:s|ed)?|comments?|repl(?:y|ies)|responses?) (?:are )?"
    r"(?:below|in|inside|within|between)"
    r"|in (?:red|blue|green|bold|purple)\b|between (?:the|your) lines"
    r"|παρακατω|πιο κατω|κατωθι|ενδιαμεσα|αναμεσα|με (?:κοκκινο|μπλε|πρασινο|εντονα|bold)"
    r"|siehe unten|(?:antworten?|kommentare?) (?:unten|im text)|in (?:rot|blau)|ci-dessous|en (?:rouge|bleu|rojo|azul)"
    r"|in (?:rosso|blu)|(?:qui|vedi) sotto|mas abajo|ver abajo)"
)
_SIGN = re.compile(
    r"\[[^\W\d_][^\[\]:/@]{1,40}\][:\s]*\S"  # [Nikos Pappas] yes
    r"|(?:-{1,3}>|={1,3}>|>{2,}|→|⇒|➔|►|\*{2,}|#{2,}|@{2,}|//)\s*\w"
    r"|(?:answer|reply|απαντηση|απ|antwort|reponse|réponse|risposta|respuesta|a)\s?[:.)]\s+\S"
)


def open_stretches(lines: list[str], begin: int, end: int, known: frozenset[str]) -> list[tuple[int, int]]:
    """Return what of the unmarked block ``lines[begin:end]`` stays open, as half-open ranges in order.

    ``known`` are the ``word_runs`` of the conversation so far, empty when nobody knows it.
    """
    attribution = attribution_length(lines, begin)
    body = begin + attribution if attribution else header_block_end(lines, begin)
    if _is_announced(lines, begin):
        stop = next((index for index in range(body, end) if _begins_older(lines, index)), end)
        return [(body, stop)] if any(lines[body:stop]) else []
    is_old = _known_lines(lines, body, end, known)
    out: list[tuple[int, int]] = []
    index = body
    while index < end:
        is_new = bool(is_old) and not is_old[index - body]
        if not (is_new or _SIGN.match(fold(lines[index][:_MAX_LINE]))):
            index += 1
            continue
        stop = index + 1
        while stop < end and lines[stop] and not (is_old and is_old[stop - body]):
            stop += 1
        out.append((index, stop))
        index = stop
    return out


def word_runs(texts: Iterable[str]) -> frozenset[str]:
    """Return every run of one, two and three words in some texts, comparable whatever their line breaks are."""
    found: set[str] = set()
    left = MAX_EARLIER
    for text in texts:
        said = [fold(word) for word in words(text[:left])]
        left -= len(text)
        found.update(said, map(" ".join, pairwise(said)))
        found.update(map(" ".join, zip(said, said[1:], said[2:], strict=False)))
        if left <= 0:
            break
    return frozenset(found)


def _is_announced(lines: list[str], begin: int) -> bool:
    above = lines[max(0, begin - _LINES_ABOVE) : begin]
    return any(_ANNOUNCED.search(fold(line[:_MAX_LINE])) for line in above if line and not line.startswith(">"))


def _begins_older(lines: list[str], index: int) -> bool:
    return begins_header_block(lines, index) or bool(attribution_length(lines, index))


def _known_lines(lines: list[str], begin: int, end: int, known: frozenset[str]) -> list[bool]:
    """Say of each line whether it was said before; empty when so little is known that it would prove nothing."""
    if not known:
        return []
    is_old = [_is_known(line, known) for line in lines[begin:end]]
    index = begin
    while index < end:
        stop = header_block_end(lines, index) if begins_header_block(lines, index) else index
        stop = max(stop, index + attribution_length(lines, index))
        is_old[index - begin : min(stop, end) - begin] = [True] * (min(stop, end) - index)
        index = max(stop, index + 1)
    worded = [old for old, line in zip(is_old, lines[begin:end], strict=True) if line]
    return is_old if sum(worded) >= 2 and sum(worded) * 2 >= len(worded) else []


def _is_known(line: str, known: frozenset[str]) -> bool:
    said = [fold(word) for word in words(line[:2000])]
    if len(said) < 3:
        return not said or " ".join(said) in known
    runs = [" ".join(run) for run in zip(said, said[1:], said[2:], strict=False)]
    return sum(run in known for run in runs) * 10 >= len(runs) * 6
