"""format=flowed (RFC 3676): soft line breaks undone, quote marks spaced, signatures left alone."""

from __future__ import annotations

import re

_QUOTE = re.compile(r">*")


def unflow(text: str, *, delete_space: bool) -> str:
    """Return flowed text with each paragraph on one line. ``delete_space`` is the DelSp parameter."""
    out: list[str] = []
    paragraph: list[str] = []
    paragraph_depth = 0
    for line in text.split("\n"):
        depth = len(_QUOTE.match(line)[0])  # type: ignore[index]  # the pattern matches the empty string
        words = line[depth:].removeprefix(" ")
        if paragraph and depth != paragraph_depth:
            out.append(_quoted(paragraph_depth, "".join(paragraph)))
            paragraph = []
        paragraph_depth = depth
        is_flowed = words.endswith(" ") and words != "-- "
        paragraph.append(words[:-1] if is_flowed and delete_space else words)
        if not is_flowed:
            out.append(_quoted(depth, "".join(paragraph)))
            paragraph = []
    if paragraph:
        out.append(_quoted(paragraph_depth, "".join(paragraph)))
    return "\n".join(out)


def _quoted(depth: int, text: str) -> str:
    return f"{'>' * depth} {text}".rstrip(" ") if depth else text
