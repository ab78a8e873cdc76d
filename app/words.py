"""What commands take from the command line besides options: references, and text from an option or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import click

from procedure.terms import Level, parse_ref


class Reference(click.ParamType[int]):
    """A ticket: ``TD-1042``, ``td-1042`` or ``1042``."""

    name = "ref"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the ticket's id; wrong usage when it is no reference."""
        found = value if isinstance(value, int) else parse_ref(value)
        if found is None:
            self.fail(f"{value!r} is not a ticket such as TD-1042.", param, ctx)
        return found


def one_of(words: Iterable[StrEnum]) -> click.Choice[str]:
    """Return the choice among values as people type them; click would ask for the members' names."""
    return click.Choice([word.value for word in words])


TICKET = Reference()
LEVELS = click.Choice([str(int(level)) for level in Level])


def text_given(text: str | None) -> str:
    """Return ``--text``; standard input for ``-``, or when nothing was given and it is no terminal."""
    if text is not None and text != "-":
        return text
    if text is None and sys.stdin.isatty():
        raise click.UsageError("Give the text with --text, or on standard input.")
    # Bytes, so that the locale of a cron job does not decide whether Greek arrives.
    return sys.stdin.buffer.read().decode("utf-8", "replace")
