"""Earlier text in a mail: written below an answer of ours, and found again in what comes back.

``fold_ranges`` only says where earlier text stands, so that a screen can fold it; nothing is ever cut on its word.
When in doubt a line stays open: a folded answer is a lost answer, an open quote is only long. Lines are
``text.split("\\n")``. The words that introduce earlier text in each language are in ``procedure.quoting_marks``.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

from procedure import quoting_marks as marks
from procedure.languages import GREEK
from procedure.quoting_answers import open_stretches, word_runs

WIDTH = 76
"""Columns of a quoted line, its marks included; a longer one is broken between words."""

MAX_DEPTH = 4
"""Deeper quotes inside a quote are left out, with ``[…]`` in their place."""

MAX_LINES = 300
"""Lines of a message that an answer quotes at most."""

OMITTED = "[…]"

Range = tuple[int, int]
"""Half-open, of line numbers."""


def quote(text: str, author: str, at: datetime, language: str = "en") -> str:
    """Return ``text`` as the quote under an answer: an attribution, then every line with ``> ``.

    ``at`` is an aware moment and shown in UTC. Control characters go; lines are wrapped; depth and length are capped.
    """
    lines = [_attribution(author, at, language)]
    for line in text.rstrip().split("\n"):
        for piece in _quoted_line(_without_controls(line[: WIDTH * MAX_LINES]).rstrip()):
            if piece != _TOO_DEEP or lines[-1] != _TOO_DEEP:
                lines.append(piece)
        if len(lines) > MAX_LINES + 1:
            return "\n".join([*lines[: MAX_LINES + 1], f"> {OMITTED}"])
    return "\n".join(lines)


def fold_ranges(text: str, earlier: Iterable[str] = ()) -> tuple[Range, ...]:
    """Return half-open ranges of lines that repeat earlier mail, in order and apart from each other.

    ``earlier`` are the messages of the conversation before this one: by them new words are told inside a quote that has
    no marks. Empty when the ranges would cover every word of the message: a mail of nothing but quotes is shown open.
    Text after a forward marker is what the sender wants to show us and no earlier text of this conversation. Time is
    linear.
    """
    lines = [line.strip() for line in text.split("\n")]
    ranges: list[Range] = []
    for begin, end in _quoted(lines):
        if lines[begin].startswith(">") or _has_marks(lines, begin, end):
            ranges.append((begin, end))
        else:
            ranges += _without(begin, end, open_stretches(lines, begin, end, word_runs(earlier)), lines)
    return tuple(ranges) if _has_open_words(lines, ranges) else ()


def answers_inside(text: str, ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return the open stretches with words in them that stand between two folded ranges: new words inside a quote."""
    lines = text.split("\n")
    between = ((before[1], after[0]) for before, after in pairwise(ranges))
    return tuple((begin, end) for begin, end in between if any(line.strip() for line in lines[begin:end]))


def unquoted(text: str) -> str:
    """Return the text without what it quotes: the words that are surely new in this mail. For rules, not for keeping.

    Nothing inside a quote counts, also where ``fold_ranges`` leaves it open: what a screen shows too much of is only
    long, what a rule sends on too much of is told to the wrong people.
    """
    lines = text.split("\n")
    stripped = [line.strip() for line in lines]
    ranges = _quoted(stripped)
    for start, end in reversed(ranges if _has_open_words(stripped, ranges) else []):
        del lines[start:end]
    return "\n".join(lines)


_TOO_DEEP = "> " * (MAX_DEPTH + 1) + OMITTED


def _attribution(author: str, at: datetime, language: str) -> str:
    name = _without_controls(" ".join(author[:200].split()))
    moment = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if language == GREEK:
        return f"Στις {moment}, {name or 'ο αποστολέας'} έγραψε:"
    return f"On {moment}, {name or 'the sender'} wrote:"


def _quoted_line(line: str) -> list[str]:
    """Quote one line again; the marks it already has are kept on each piece it is broken into."""
    depth, rest = _depth(line)
    if depth > MAX_DEPTH - 1:
        return [_TOO_DEEP]
    prefix = "> " * (depth + 1)
    if not rest:
        return [prefix.rstrip()]
    pieces = textwrap.wrap(rest, WIDTH - len(prefix), break_long_words=False, break_on_hyphens=False)
    return [prefix + piece for piece in pieces] or [prefix.rstrip()]


def _depth(line: str) -> tuple[int, str]:
    depth, position = 0, 0
    while position < len(line) and line[position] in "> ":
        depth += line[position] == ">"
        position += 1
    return (depth, line[position:]) if depth else (0, line)


def _without_controls(line: str) -> str:
    kept = (letter for letter in line.replace("\t", "    ") if unicodedata.category(letter) not in {"Cc", "Cs"})
    return "".join(kept)


def _quoted(lines: list[str]) -> list[Range]:
    ranges: list[Range] = []
    index = 0
    while index < len(lines):
        end = _earlier_text_end(lines, index)
        if end > index:
            ranges.append((index, end))
        index = max(end, index + 1)
    return ranges


def _earlier_text_end(lines: list[str], index: int) -> int:
    """Return where the earlier text that begins at ``index`` ends; ``index`` itself when none begins there."""
    if lines[index].startswith(">"):
        return _block_end(lines, index)
    length = marks.attribution_length(lines, index)
    if length:
        return _after_attribution(lines, index, length)
    if marks.is_separator(lines[index]) or marks.begins_header_block(lines, index):
        return _after_header_block(lines, index)
    return index


def _has_marks(lines: list[str], begin: int, end: int) -> bool:
    """Tell whether the quote below an attribution or a header is marked line by line."""
    return any(line.startswith(">") for line in lines[max(begin, end - 2) : end])


def _without(begin: int, end: int, opened: list[Range], lines: list[str]) -> list[Range]:
    """Return a range without the stretches in it that stay open; empty lines at their borders fold with neither."""
    out: list[Range] = []
    for start, stop in [*opened, (end, end)]:
        if any(lines[begin:start]):
            out.append((begin, start))
        begin = stop
    return out


def _after_attribution(lines: list[str], index: int, length: int) -> int:
    """End an attribution's text: with its ``>`` block, or with the mail when the quote has no marks."""
    below = _next_words(lines, index + length)
    if below < len(lines) and lines[below].startswith(">"):
        return _block_end(lines, below)
    if below < len(lines) and marks.is_certain_attribution(lines, index, length):
        return len(lines)
    return index


def _after_header_block(lines: list[str], index: int) -> int:
    if marks.follows_forward_mark(lines, index):
        return index
    below = _next_words(lines, marks.header_block_end(lines, index))
    if below < len(lines) and lines[below].startswith(">"):
        return _block_end(lines, below)
    return len(lines)


def _block_end(lines: list[str], index: int) -> int:
    """Return the end of a block of quoted lines: empty lines inside it belong to it, those after it do not."""
    end = index
    while index < len(lines) and (not lines[index] or lines[index].startswith(">")):
        index += 1
        if lines[index - 1]:
            end = index
    return end


def _next_words(lines: list[str], index: int) -> int:
    while index < len(lines) and not lines[index]:
        index += 1
    return index


def _has_open_words(lines: list[str], ranges: list[Range]) -> bool:
    start = 0
    for begin, end in [*ranges, (len(lines), len(lines))]:
        if any(lines[start:begin]):
            return True
        start = end
    return False
