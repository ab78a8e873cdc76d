"""The list of mails: a line says when a mail came, what became of it, from whom, for whom and why."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from textual.message import Message

from desk.views import LedgerRow
from procedure.terms import ref
from tui.safe import safe
from tui.widgets.queue_columns import CURSOR_BAR, LEAD, Column, Piece, fitting, heading, padded, trimmed
from tui.widgets.queue_list import MARGIN, QueueList
from tui.widgets.queue_rows import Row
from tui.words import FATE, NOTHING, SPAM, Sign, moment, size

REASON_FLOOR = 13
"""Cells that the reason keeps before another column is shown."""


def standing(row: LedgerRow) -> Sign:
    """Return the sign of a mail: what a person has marked reads so and no longer asks for a decision."""
    return SPAM if row.decision is not None and row.decision.act == "spam" else FATE[row.fate]


def _when(row: LedgerRow, now: datetime) -> str:
    return moment(row.received_at.astimezone(now.tzinfo), now, now.tzinfo)


def _ticket(row: LedgerRow, now: datetime) -> str:
    if row.ticket_id is not None:
        return ref(row.ticket_id)
    return f"{ref(row.wants_ticket_id)}?" if row.wants_ticket_id is not None else NOTHING


COLUMNS: tuple[Column[LedgerRow], ...] = (
    Column("id", 7, 0, lambda row, now: str(row.id), is_right=True),
    Column("time", 12, 3, _when),
    Column("fate", 11, 1, lambda row, now: standing(row).word),
    Column("size", 7, 5, lambda row, now: size(row.size), is_right=True),
    Column("from", 20, 2, lambda row, now: row.mail_from or "<>"),
    Column("to", 22, 6, lambda row, now: ", ".join(row.rcpt_to)),
    Column("ticket", 9, 4, _ticket),
    Column("reason", 0, -1, lambda row, now: f"×{row.folded + 1:,} {row.reason}" if row.folded else row.reason),
)


@lru_cache(64)
def fit(width: int) -> tuple[tuple[Column[LedgerRow], int], ...]:
    """Return the columns that fit into ``width`` cells, each with its width."""
    return fitting(COLUMNS, width, REASON_FLOOR)


def line(row: LedgerRow, now: datetime, width: int, is_selected: bool, is_gone: bool) -> list[Piece]:
    """Return the pieces of a mail's line, together ``width`` cells wide."""
    sign = standing(row)
    lead = (CURSOR_BAR if is_selected else " ") + ("←" if is_gone else sign.glyph)
    pieces = [(lead.ljust(LEAD), sign.style)]
    for column, cells in fit(width):
        text = safe(column.text(row, now), width=cells)
        style = sign.style if column.title == "fate" or sign.style == "dim" else ""
        pieces.append((padded(text, cells, column.is_right) + " ", style))
    return trimmed(pieces, width)


class LedgerList(QueueList):
    """Mails, newest first; pages are asked for as the end comes near."""

    class NearEnd(Message):
        """The view is near the last line that is loaded."""

    @property
    def selected_mail(self) -> LedgerRow | None:
        """Return the selected mail, None while it is not here."""
        row = self._in_hand()
        return row if isinstance(row, LedgerRow) else None

    def _view_changed(self) -> None:
        super()._view_changed()
        window = self.window
        if window.ids and window.top + window.height + MARGIN >= len(window.ids):
            self.post_message(self.NearEnd())

    def _header(self, width: int) -> str:
        return heading(fit(width), width)

    def _called(self, row_id: int) -> str:
        return str(row_id)

    def _line(self, row: Row, now: datetime, width: int, is_selected: bool, is_gone: bool) -> list[Piece]:
        assert isinstance(row, LedgerRow)
        return line(row, now, width, is_selected, is_gone)
