"""The one door through which text of outside origin reaches the screen, and the net under it.

Textual hands escape sequences in its content to the terminal as they are, from every widget: a mail's subject could
write the clipboard, clear the screen or forge it. So every word that a customer, a mail or a check has written passes
``safe`` before a widget sees it; ``ControlFilter`` deletes what somebody forgot to pass. What becomes of each character
is in ``procedure.harmless``. The store keeps the text as it came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.filter import LineFilter

from procedure.harmless import harmless

if TYPE_CHECKING:
    from textual.color import Color

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(text: str, multiline: bool = False, width: int | None = None) -> str:
    """Return ``text`` such that no terminal acts on it.

    A single line is folded to one space wherever it has white space. With ``width`` no line is wider than that many
    cells; what was cut is marked with an ellipsis. The result holds no C0 (but line feeds, with ``multiline``), no C1,
    no DEL, no bidi control and no lone surrogate.
    """
    text = harmless(text, multiline=multiline)
    if width is None:
        return text
    return "\n".join(cut(line, width) for line in text.split("\n")) if multiline else cut(text, width)


def cut(line: str, width: int) -> str:
    """Return a line that is safe already in at most ``width`` cells; an ellipsis marks what is missing."""
    if width <= 0:
        return ""
    # No character is narrower than a quarter of a cell here (three marks on one), so a huge line is not measured whole.
    head = line[: 4 * width + 4]
    if len(head) == len(line) and cell_len(line) <= width:
        return line
    return set_cell_size(head, width - 1).rstrip() + "…"


class ControlFilter(LineFilter):
    """Delete control characters from every segment that is about to be painted.

    Delete, not replace: their cell width is 0, so a picture in their place would shift the line.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters; the same list when there are none."""
        if not any(_FORBIDDEN.search(text) for text, _, _ in segments):
            return segments
        return [Segment(_FORBIDDEN.sub("", text), style) for text, style, _ in segments]
