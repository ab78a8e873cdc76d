"""The one door through which text of outside origin reaches the screen, and the net under it.

Textual hands escape sequences in its content to the terminal as they are, from every widget: a mail's subject could
write the clipboard, clear the screen or forge it. So every word that a customer, a mail or a check has written passes
``safe`` before a widget sees it; ``ControlFilter`` deletes what somebody forgot to pass. The store keeps the text as it
came.

========================================  =====================================================
found                                     shown
========================================  =====================================================
CR LF                                     line feed
C0 controls, DEL                          their pictures (U+2400 block)
C1 controls                               ``\\x9b``
bidi embeddings, overrides, isolates      ``<U+202E>``
bidi marks, zero-width, tags, selectors   nothing
lone surrogates, noncharacters            U+FFFD
more than three marks on one character    the first three
tabs                                      spaces up to the next multiple of eight
========================================  =====================================================
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

MARKS = 3
"""How many combining marks one character may carry."""

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BIDI = "\u202a-\u202e\u2066-\u2069"
_BROKEN = "\ud800-\udfff\ufffe\uffff\ufdd0-\ufdef"
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_SPECIAL = re.compile(f"[{_CONTROL}{_BIDI}{_INVISIBLE}{_BROKEN}]")
_MARK_RUN = re.compile(f"[\u0300-\u036f\u0483-\u0489\u0591-\U0010ffff]{{{MARKS + 1},}}")
_FORBIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f{_BIDI}\ud800-\udfff]")


def safe(text: str, multiline: bool = False, width: int | None = None) -> str:
    """Return ``text`` such that no terminal acts on it.

    A single line is folded to one space wherever it has white space. With ``width`` no line is wider than that many
    cells; what was cut is marked with an ellipsis. The result holds no C0 (but line feeds, with ``multiline``), no C1,
    no DEL, no bidi control and no lone surrogate.
    """
    if multiline:
        text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    else:
        text = " ".join(text.split())
    text = _MARK_RUN.sub(_cut_marks, _SPECIAL.sub(_shown, text))
    if "\t" in text:
        text = text.expandtabs(8)
    if width is None:
        return text
    return "\n".join(cut(line, width) for line in text.split("\n")) if multiline else cut(text, width)


def _shown(match: re.Match[str]) -> str:
    """Return what stands on the screen for one special character."""
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code < 0xA0:
        return f"\\x{code:02x}"
    if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
        return f"<U+{code:04X}>"
    if 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code in (0xFFFE, 0xFFFF):
        return "\ufffd"
    return ""


def _cut_marks(match: re.Match[str]) -> str:
    """Return the run with no more than ``MARKS`` combining marks in a row."""
    kept: list[str] = []
    marks = 0
    for character in match[0]:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MARKS:
            kept.append(character)
    return "".join(kept)


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
