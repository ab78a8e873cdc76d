"""text/enriched (RFC 1896) and text/richtext (RFC 1341), its elder, to text: the forms of mail before HTML."""

from __future__ import annotations

import re

_PARAMETER = re.compile(r"<param>[^<]{0,200}</param>", re.IGNORECASE)
_FIXED = re.compile(r"(<nofill>.*?</nofill>)", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"\n(\n*)")
_ENRICHED = re.compile(r"<<|</?[A-Za-z-]{1,60}>")
_RICH = re.compile(r"<(/?)([A-Za-z-]{1,60})>")
_RICH_SIGNS = {"nl": "\n", "np": "\n\n", "lt": "<", "paragraph": "\n"}


def enriched_text(text: str) -> str:
    """Return the words: of line breaks in a row one is only a blank, unless the text says that they are fixed."""
    pieces = _FIXED.split(_PARAMETER.sub("", text))
    filled = [
        piece if index % 2 else _BREAKS.sub(lambda found: found[1] or " ", piece) for index, piece in enumerate(pieces)
    ]
    return _ENRICHED.sub(lambda found: "<" if found[0] == "<<" else "", "".join(filled))


def rich_text(text: str) -> str:
    """Return the words: line breaks are blanks, ``<nl>`` is one."""
    return _RICH.sub(lambda found: "" if found[1] else _RICH_SIGNS.get(found[2].lower(), ""), text.replace("\n", " "))
