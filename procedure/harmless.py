"""Text from outside made harmless for a terminal: what controls it is shown instead of obeyed.

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


def harmless(text: str, *, multiline: bool = False) -> str:
    """Return ``text`` such that no terminal acts on it; a single line is folded wherever it has white space."""
    if multiline:
        text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    else:
        text = " ".join(text.split())
    text = _MARK_RUN.sub(_cut_marks, _SPECIAL.sub(_shown, text))
    return text.expandtabs(8) if "\t" in text else text


def _shown(match: re.Match[str]) -> str:
    """Return what stands for one special character."""
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
