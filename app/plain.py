"""Plain text on standard output: tables and conversations for people, JSON for programs, nothing a terminal obeys."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import click

from procedure.harmless import harmless

MAX_CELL = 60
"""Cells of a column at most; the whole text is in ``show`` and in ``--json``."""


def put(text: str) -> None:
    """Print text of any origin, line by line as it is, harmless."""
    click.echo(harmless(text, multiline=True).encode(_encoding(), "replace").decode(_encoding()))


def put_json(document: object) -> None:
    """Print one JSON document on one line, in ASCII: it passes any locale, and no terminal acts on it."""
    click.echo(json.dumps(document))


def put_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under a head, columns as wide as needed; nothing but the head when there are no rows."""
    lines = [tuple(head), *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        padded = [text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)]
        put("  ".join(padded).rstrip())


def stamp(at: datetime | None) -> str:
    """Return an instant as people read it, in UTC to the minute; ``-`` for none."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else "-"


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    text = stamp(value) if isinstance(value, datetime) else harmless(str(value))
    if _width(text) <= MAX_CELL:
        return text
    while _width(text) > MAX_CELL - 1:
        text = text[: max(1, len(text) - max(1, (_width(text) - MAX_CELL) // 2))]
    return text + "…"


def _width(text: str) -> int:
    """Return how many cells a terminal gives to harmless text."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.category(character) in ("Mn", "Me") for character in text)
    return len(text) + wide - marks


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"
