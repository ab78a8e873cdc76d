"""The columns of a queue line: which fit, and what each one says of a ticket.

One column is flexible (the subject); the others have fixed widths and give way, least important first, when the list is
narrow. Every text of outside origin passes ``safe`` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar

from rich.cells import set_cell_size

from desk.views import QueueRow
from tui.safe import safe
from tui.words import LEFT_QUEUE, NOTHING, STATUS, left, standing, waits

R = TypeVar("R")

Piece = tuple[str, str]
"""A text and the name of its style (empty for the line's own)."""

SUBJECT_FLOOR = 18
"""Cells that the subject keeps before another column is shown."""

LEAD = 4
"""Cells before the first column: cursor bar, state glyph, mark, space."""

CURSOR_BAR = "▌"
DRAFT_MARK = "✎"
CLAIM_MARK = "▸"


@dataclass(frozen=True)
class Column(Generic[R]):
    """A column of fixed width; ``rank`` 0 is the last to give way, -1 is the flexible one."""

    title: str
    width: int
    rank: int
    text: Callable[[R, datetime], str]
    is_right: bool = False


def _agent(row: QueueRow, now: datetime) -> str:
    return row.claimed_by or row.assignee or NOTHING


COLUMNS: tuple[Column[QueueRow], ...] = (
    Column("ref", 9, 0, lambda row, now: row.ref),
    Column("left", 7, 1, lambda row, now: left(row.due_at, now), is_right=True),
    Column("waits", 7, 2, lambda row, now: waits(row.waiting_since, now), is_right=True),
    Column("subject", 0, -1, lambda row, now: row.subject),
    Column("from", 16, 3, lambda row, now: row.requester),
    Column("agent", 10, 4, _agent),
    Column("state", 8, 5, lambda row, now: STATUS[row.status].word),
)


@lru_cache(64)
def fit(width: int) -> tuple[tuple[Column[QueueRow], int], ...]:
    """Return the columns of tickets that fit into ``width`` cells, each with its width, in the order of the screen."""
    return fitting(COLUMNS, width, SUBJECT_FLOOR)


def fitting(columns: tuple[Column[R], ...], width: int, floor: int) -> tuple[tuple[Column[R], int], ...]:
    """Return the columns that fit into ``width`` cells while the flexible one keeps ``floor`` of them."""
    space = width - LEAD
    shown = {column.title for column in columns if column.rank < 0}
    for column in sorted(columns, key=lambda column: column.rank):
        if column.rank >= 0 and space - column.width - 1 >= floor:
            shown.add(column.title)
            space -= column.width + 1
    return tuple((column, column.width or max(0, space)) for column in columns if column.title in shown)


def header(width: int) -> str:
    """Return the line of titles of a queue."""
    return heading(fit(width), width)


def heading(columns: tuple[tuple[Column[R], int], ...], width: int) -> str:
    """Return the line of titles."""
    return set_cell_size(" " * LEAD + " ".join(padded(c.title, w, c.is_right) for c, w in columns), width)


def line(row: QueueRow, now: datetime, width: int, is_selected: bool, is_gone: bool) -> list[Piece]:
    """Return the pieces of a ticket's line, together ``width`` cells wide."""
    sign = LEFT_QUEUE if is_gone else standing(row, now)
    mark = DRAFT_MARK if row.has_draft else CLAIM_MARK if row.claimed_by else " "
    pieces = [(CURSOR_BAR if is_selected else " ", ""), (sign.glyph + mark + " ", sign.style)]
    for column, cells in fit(width):
        text = column.text(row, now)
        if is_gone and column.title == "subject":
            text = f"({LEFT_QUEUE.word}) {text}"
        style = sign.style if column.title in ("left", "state") or sign.style == "dim" else ""
        pieces.append((padded(safe(text, width=cells), cells, column.is_right) + " ", style))
    return trimmed(pieces, width)


def placeholder(name: str, width: int, is_selected: bool, word: str) -> list[Piece]:
    """Return the line of a ticket, or of what else has a ``name``, whose row is not here yet (or no longer there)."""
    text = f"{CURSOR_BAR if is_selected else ' '}   {name:9} {word}"
    return [(set_cell_size(text, width), "dim")]


def padded(text: str, width: int, is_right: bool) -> str:
    """Return ``text`` in exactly ``width`` cells."""
    cut = set_cell_size(text, width)
    return cut.rstrip().rjust(len(cut)) if is_right else cut


def trimmed(pieces: list[Piece], width: int) -> list[Piece]:
    """Return the pieces without the last one's closing space, cut to ``width`` on the narrowest screens."""
    text, style = pieces[-1]
    pieces[-1] = (text[:-1], style)
    return pieces if width >= LEAD else [(set_cell_size("".join(text for text, _ in pieces), width), "")]
