"""Looking for tickets in the language of ``procedure.search``."""

from __future__ import annotations

from datetime import UTC, tzinfo

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.correspondence import storable
from desk.errors import BadSearch
from desk.views import FoundPage
from procedure.permissions import Permission
from procedure.search import SearchError, parse
from store import searching
from store.search_terms import Asking

PAGE = 50


@act(Permission.READ_TICKETS)
def search(
    actor: Actor, desk: Desk, text: str, *, before: int | None = None, limit: int = PAGE, zone: tzinfo = UTC
) -> FoundPage:
    """Return the tickets that ``text`` asks for, newest first, from below the ticket ``before`` on.

    A look takes up so much of the store and no more, so a page may be short, or empty, and still not be the last;
    ``zone`` is where days begin. Raises BadSearch with the place of the mistake.
    """
    try:
        node = parse(storable(text))
    except SearchError as mistake:
        raise BadSearch(str(mistake), mistake.start, mistake.end) from mistake
    dialect = desk.database.engine.dialect.name
    asking = Asking(actor.staff_id, desk.clock.now(), zone, dialect)
    ids, reached = desk.database.read(lambda session: searching.find(session, node, asking, before, limit))
    return FoundPage(tuple(ids), reached)
