"""Break lines at words, by cells: Greek and CJK text, emoji and long links keep inside their width."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells

_WORDS = re.compile(r"\s*\S+|\s+$")


def wrap(text: str, width: int) -> list[str]:
    """Return one line of text as lines of at most ``width`` cells; a word that is too long is cut.

    White space at a break goes, all other characters stay. ``width`` below 2 counts as 2, the widest character.
    """
    width = max(2, width)
    if len(text) <= width and cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    current, room = "", width
    for word in _WORDS.findall(text):
        cells = cell_len(word)
        if cells <= room:
            current, room = current + word, room - cells
            continue
        if current:
            lines.append(current)
            word = word.lstrip()
        *whole, current = _chopped(word, width)
        lines += whole
        room = width - cell_len(current)
    return [*lines, current]


def _chopped(word: str, width: int) -> list[str]:
    """Return a word in pieces of at most ``width`` cells, at least one."""
    pieces = chop_cells(word, width)
    # A mark without a letter before it has no width, and the library drops it.
    return pieces if "".join(pieces) == word else _chopped_slowly(word, width)


def _chopped_slowly(word: str, width: int) -> list[str]:
    pieces, room = [""], width
    for character in word:
        cells = cell_len(character)
        if cells > room:
            pieces.append("")
            room = width
        pieces[-1] += character
        room -= cells
    return pieces
