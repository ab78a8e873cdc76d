"""Collects text as a page is walked: collapses white space, keeps paragraphs apart, writes quote marks and indents.

A row of a table is one line with a mark between its cells; when the table ends, ``html_tables`` makes columns of them.
A break inside a cell waits until more words come in the same cell: the paragraph that mail programs put into each cell
does not tear its row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile

from intake.parsing.html_tables import CELL, lay_out

_SPACE = re.compile(r"[ \t\r\n\f]+")
_MAX_PREFIXES = 10
_MAX_ALIGNED = 6
"""Tables inside tables are laid out to that depth, so that no line is looked at more often."""


class Writer:
    """Builds lines. Every line begins with the prefixes of the quotes and lists that it is in."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._size = 0
        self._lines: list[str] = []
        self._pieces: list[str] = []
        self._written: list[str] = []
        self._prefixes: list[str] = []
        self._above: list[str] = []
        self._bullet = ""
        self._preformatted = 0
        self._wants_space = False
        self._wants_paragraph = False
        self._cells = 0
        self._is_empty_cell = False
        self._waiting: list[Callable[[], None]] = []
        self._tables: list[int] = []

    def write(self, text: str) -> None:
        """Write words; white space around them collapses to one space."""
        if not text or self._size > self._cap:
            return
        text = text.replace(CELL, "\ufffd")
        if self._preformatted:
            self._write_lines(text)
            return
        words = _SPACE.sub(" ", text).replace("\xa0", " ") if not text.isspace() else " "
        if words[0] == " ":
            self._wants_space = True
        core = words.strip(" ")
        if core:
            self._put(core)
            self._wants_space = words[-1] == " "

    def hard_break(self) -> None:
        """End the line, also an empty one."""
        if not self._waits(self.hard_break):
            self._finish(keep_empty=True)

    def line(self) -> None:
        """End the line if there is anything on it."""
        if self._waits(self.line):
            return
        if self._pieces:
            self._finish(keep_empty=False)
        self._wants_space = False

    def paragraph(self) -> None:
        """End the line and leave one line free before the next words."""
        if self._waits(self.paragraph):
            return
        self.line()
        self._wants_paragraph = True

    def table(self) -> None:
        """Begin a table."""
        self._tables.append(len(self._lines))

    def end_table(self) -> None:
        """End a table and put its rows into columns."""
        self.end_row()
        first = self._tables.pop()
        if len(self._tables) < _MAX_ALIGNED:
            self._lines[first:] = lay_out(self._lines[first:])

    def cell(self, *, is_first: bool) -> None:
        """Begin a cell of a table."""
        self._cells += 1
        self._is_empty_cell = True
        if is_first:
            return
        self._drop_waiting()
        if not self._pieces:
            self._begin_line()
        self._pieces.append(CELL)

    def end_cell(self) -> None:
        """End a cell."""
        self._cells -= 1
        self._is_empty_cell = False

    def end_row(self) -> None:
        """End a row of a table. A row of one cell with paragraphs only arranges the page."""
        is_paragraph = CELL not in self._pieces and self.paragraph in self._waiting
        self._drop_waiting()
        cells, self._cells, self._is_empty_cell = self._cells, 0, False
        self.line()
        self._cells = cells
        self._wants_paragraph = self._wants_paragraph or is_paragraph

    def quote(self) -> None:
        """Begin a quote."""
        self._prefixes.append("> ")

    def unquote(self) -> None:
        """End a quote."""
        self.line()
        self._prefixes.pop()

    def indent(self, bullet: str) -> None:
        """Begin a list item: ``bullet`` before its first line, as much space before the others."""
        self._bullet = bullet
        self._prefixes.append(" " * len(bullet))

    def unindent(self) -> None:
        """End a list item."""
        self.line()
        self._bullet = ""
        self._prefixes.pop()

    def keep_space(self, preformatted: bool) -> None:
        """Begin or end text whose white space counts."""
        self._preformatted += 1 if preformatted else -1

    def mark(self) -> int:
        """Return a mark for ``since``."""
        return len(self._written)

    def since(self, mark: int) -> str:
        """Return the words written since a mark, at most a thousand pieces of them."""
        return " ".join(self._written[mark : mark + 1000])

    def text(self) -> str:
        """Return everything, without blank lines at the ends."""
        while self._tables:
            self.end_table()
        self.end_row()
        lines = [line.replace(CELL, "  ") for line in self._lines]
        return "\n".join(lines).strip("\n")

    def _waits(self, what: Callable[[], None]) -> bool:
        """Put a break off while it is not known whether more words come in the same cell."""
        if not self._cells or self._preformatted:
            return False
        if self._is_empty_cell:
            return True  # a break before the first words of a cell is none
        if not self._pieces and not self._waiting:
            return False
        if len(self._waiting) < 100:
            self._waiting.append(what)
        return True

    def _drop_waiting(self) -> None:
        self._waiting = []
        self._wants_space = self._wants_paragraph = self._wants_paragraph and not self._pieces

    def _write_lines(self, text: str) -> None:
        for index, line in enumerate(text.replace("\r\n", "\n").split("\n")):
            if index:
                self._finish(keep_empty=True)
            if line:
                self._put(line)

    def _put(self, words: str) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            cells, self._cells, self._is_empty_cell = self._cells, 0, False
            for what in waiting:
                what()
            self._cells = cells
        if not self._pieces:
            self._begin_line()
        elif self._wants_space and self._pieces[-1][-1:] not in (" ", CELL):
            self._pieces.append(" ")
        self._wants_space = self._is_empty_cell = False
        self._pieces.append(words)
        self._written.append(words)
        self._size += len(words) + 1

    def _begin_line(self) -> None:
        if self._wants_paragraph and self._lines and self._lines[-1].strip("> "):
            self._lines.append("".join(_shared(self._above, self._prefixes)).rstrip(" "))
        self._wants_paragraph = False
        self._above = list(self._prefixes[-_MAX_PREFIXES:])
        self._pieces.append(self._prefix(self._bullet))
        self._bullet = ""

    def _prefix(self, bullet: str) -> str:
        prefixes = self._prefixes[-_MAX_PREFIXES:]
        return "".join([*prefixes[:-1], bullet] if bullet and prefixes else prefixes)

    def _finish(self, *, keep_empty: bool) -> None:
        line = "".join(self._pieces).rstrip(" ") if self._pieces else self._prefix(bullet="").rstrip(" ")
        if self._pieces or (keep_empty and self._lines):
            self._lines.append(line)
            self._size += len(line)
        self._pieces = []
        self._wants_space = False


def _shared(above: list[str], below: list[str]) -> list[str]:
    """Return the prefixes that a free line between two lines belongs to."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(above, below[-_MAX_PREFIXES:], strict=False))
    return [prefix for prefix, _ in pairs]
