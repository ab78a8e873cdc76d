"""Rows of a table, one a line with a mark between the cells, to columns that line up."""

from __future__ import annotations

import re
import unicodedata

CELL = "\ufdd0"
"""Stands between two cells; a noncharacter, which no text has."""
_UNEVEN = re.compile("[^\x00-\u02ff\u0370-\u0482\u048a-\u058f\u1f00-\u1fff\u2010-\u2027\u20a0-\u20bf]")
"""A letter that may take no column, or two."""
_MAX_WIDTH = 120
_MAX_COLUMN = 60


def lay_out(lines: list[str]) -> list[str]:
    """Return the lines with their cells in columns where rows are alike, else two spaces apart.

    Tables that only arrange a page (rows of different length, long texts) stay lines of words.
    """
    rows = [line.split(CELL) for line in lines]
    table = [row for row in rows if len(row) > 1]
    if not table:
        return lines
    widths = _widths(table)
    out: list[str] = []
    for row in rows:
        if len(row) == 1:
            out.append(row[0])
        elif any(cell.strip("> ") for cell in row):
            out.append(_padded(row, widths) if widths else "  ".join(cell for cell in row if cell.strip()))
    return out


def _widths(table: list[list[str]]) -> list[int]:
    """Return the columns' widths, empty when the rows do not make a table."""
    count = len(table[0])
    if len(table) < 2 or any(len(row) != count for row in table):
        return []
    widths = [max(_width(row[column]) for row in table) for column in range(count)]
    narrow = [width for width in widths if width]
    if len(narrow) < 2 or max(narrow) > _MAX_COLUMN or sum(narrow) + 2 * len(narrow) > _MAX_WIDTH:
        return []
    return widths


def _padded(row: list[str], widths: list[int]) -> str:
    pairs = [(cell, width) for cell, width in zip(row, widths, strict=True) if width]
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in pairs).rstrip(" ")


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    if not _UNEVEN.search(text):
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
