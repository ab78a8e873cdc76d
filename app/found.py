"""What a search on the command line finds: page after page until there is enough, and its mistakes in two lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from app.errors import AppError
from desk import listing, search
from desk.errors import BadSearch

if TYPE_CHECKING:
    from desk.actors import Actor
    from desk.context import Desk
    from desk.views import TicketView


class NoSearch(AppError):
    """The search means nothing; the second line is the search, and the third marks the place."""

    def __init__(self, mistake: BadSearch, text: str) -> None:
        super().__init__(str(mistake))
        self._below = (f"  {text}", "  " + " " * mistake.start + "^" * (mistake.end - mistake.start))

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the sentence, the search and the mark."""
        return (str(self), *self._below)


def line_of(words: Iterable[str]) -> str:
    """Return the arguments as one line; what a shell took the quotation marks off gets them back.

    A single argument is the line.
    """
    said = list(words)
    return said[0] if len(said) == 1 else " ".join(_quoted(word) for word in said)


def _quoted(word: str) -> str:
    """Return an argument that is words with blanks between them as a phrase, and any other as it is."""
    is_phrase = len(word.split()) > 1 and all(part.isalnum() for part in word.split())
    return f'"{word}"' if is_phrase and "OR" not in word.split() else word


def tickets(actor: Actor, desk: Desk, text: str, limit: int) -> Iterator[TicketView]:
    """Yield up to ``limit`` tickets, the newest first. Raises NoSearch with the place of the mistake."""
    before: int | None = None
    while limit > 0:
        try:
            page = search.search(actor, desk, text, before=before, limit=min(limit, search.PAGE), zone=_zone(desk))
        except BadSearch as mistake:
            raise NoSearch(mistake, text) from mistake
        views = listing.summaries(actor, desk, page.ids)
        yield from (views[number] for number in page.ids if number in views)
        limit -= len(page.ids)
        before = page.next_before
        if before is None:
            return


def _zone(desk: Desk) -> tzinfo:
    """Return where this process is."""
    here: datetime = desk.clock.now().astimezone()
    assert here.tzinfo is not None
    return here.tzinfo
