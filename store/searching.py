"""Looking for tickets, newest first, a page at a time, in a time that does not grow with the store.

Where words are asked for, the index is walked in pieces from the newest ticket back, and each piece is asked for the
rest; without words it is the tickets themselves. A look ends after so many candidates, found or not: the answer then
says how far it came, and can be asked to go on from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlmodel import Session, col

from procedure.search import All, Field, Node, OneOf
from store.search_index import TICKET_STEP
from store.search_terms import Asking, condition, match_of, split
from store.tables import Staff, Ticket, TicketTag

CANDIDATES = 10_000
"""Entries of the index that one look may take up."""

DEPTH = 40_000
"""Tickets that one look without words may take up."""

FEW = 2_000
"""Tickets of one tag, agent or reference that are looked at at once."""

VERY_FEW = 200
"""Tickets of which each is asked for its words, instead of walking the index of words."""

_PIECES = (200, 1_000, 4_000)
_WINDOW = 2_000

_WALK = sql(
    f"SELECT rowid / {TICKET_STEP} FROM search_words WHERE search_words MATCH :asked AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :limit"
)
# No LIMIT here: with one, the planner walks all tickets for a rare word instead of asking the index of words.
_RANGE = sql(
    "SELECT DISTINCT ticket_id FROM search_words WHERE ticket_id >= :first AND ticket_id < :before "
    "AND words @@ CAST(:asked AS tsquery) ORDER BY ticket_id DESC"
)
_AMONG = {
    "sqlite": "ticket.id IN (SELECT value FROM json_each(:ids))",
    "postgresql": "ticket.id IN (SELECT value::integer FROM json_array_elements_text(CAST(:ids AS json)))",
}

Piece = tuple[list[int], int]
"""Candidates, newest first, and the ticket down to which there is no other."""


def find(session: Session, node: Node, asking: Asking, before: int | None, limit: int) -> tuple[list[int], int | None]:
    """Return up to ``limit`` tickets below ``before``, newest first, and where to go on; None when that is the end."""
    top = before if before is not None else int(session.scalar(select(func.max(Ticket.id))) or 0) + 1
    words, rest = split(node)
    asked = [condition(All(tuple(rest)), asking)] if rest else []
    few = _few(session, rest, asking)
    if words is not None and few is not None and len(few) <= VERY_FEW:
        asked.append(condition(words, asking))
    elif words is not None:
        walk = _walk if asking.dialect == "sqlite" else _windows
        return _from_pieces(session, walk(session, match_of(words, asking.dialect), top), asked, asking, limit)
    if few is not None:
        return _from_pieces(session, iter([([one for one in few if one < top], 0)]), asked, asking, limit)
    return _from_tickets(session, asked, top, limit)


def _from_pieces(
    session: Session, pieces: Iterator[Piece], asked: list[Any], asking: Asking, limit: int
) -> tuple[list[int], int | None]:
    found: list[int] = []
    reached = 0
    for candidates, floor in pieces:
        reached = floor
        found += _those_of(session, candidates, asked, asking, limit - len(found)) if asked else candidates
        if len(found) >= limit:
            return found[:limit], found[limit - 1]
    return found, reached or None


def _those_of(session: Session, candidates: list[int], asked: list[Any], asking: Asking, limit: int) -> list[int]:
    if not candidates:
        return []
    among = sql(_AMONG[asking.dialect]).bindparams(ids=json.dumps(candidates))
    statement = select(col(Ticket.id)).where(among, *asked).order_by(col(Ticket.id).desc()).limit(limit)
    return [int(number) for number in session.scalars(statement) if number is not None]


def _walk(session: Session, asked: str, top: int) -> Iterator[Piece]:
    """Yield the tickets of an FTS5 match, which comes in the order of its row numbers at no cost."""
    left = CANDIDATES
    for size in (*_PIECES, CANDIDATES):
        size = min(size, left)
        rows = session.scalars(_WALK, {"asked": asked, "before": top * TICKET_STEP, "limit": size}).all()
        tickets = [number for number, _ in groupby(rows)]
        left -= len(rows)
        if len(rows) < size:
            yield tickets, 0
            return
        # The entries below the last ticket's may be its own, too: it is had already, and the next piece begins below.
        top = tickets[-1]
        yield tickets, top
        if left <= 0:
            return


def _windows(session: Session, asked: str, top: int) -> Iterator[Piece]:
    """Yield the tickets of a tsquery, from windows that grow as long as they hold little."""
    left, window = CANDIDATES, _WINDOW
    while top > 0 and left > 0:
        first = max(0, top - window)
        rows = list(session.scalars(_RANGE, {"asked": asked, "first": first, "before": top}))
        left -= len(rows)
        top = first
        yield rows, top
        window = max(_WINDOW, min(window * 16, left * window // len(rows) if rows else window * 16))


def _few(session: Session, rest: list[Node], asking: Asking) -> list[int] | None:
    """Return the tickets of a reference, a tag or an agent that has few, newest first; None where none is asked for."""
    for term in rest:
        if not isinstance(term, OneOf):
            continue
        statement: Any = None
        if term.field is Field.REF:
            return sorted({int(value) for value in term.values}, reverse=True)
        if term.field is Field.TAG:
            statement = select(col(TicketTag.ticket_id)).where(col(TicketTag.tag).in_(term.values)).distinct()
        if term.field is Field.ASSIGNEE and "none" not in term.values:
            statement = _of_agents(term, asking)
        if statement is None:
            continue
        ids = [int(number) for number in session.scalars(statement.limit(FEW + 1))]
        if len(ids) <= FEW:
            return sorted(ids, reverse=True)
    return None


def _of_agents(term: OneOf, asking: Asking) -> Any:
    logins = [value for value in term.values if value != "me"]
    agents = select(col(Staff.id)).where(func.lower(Staff.login).in_(logins))
    is_theirs: Any = col(Ticket.assignee_id).in_(agents)
    if "me" in term.values and asking.staff_id is not None:
        is_theirs = is_theirs | (col(Ticket.assignee_id) == asking.staff_id)
    return select(col(Ticket.id)).where(is_theirs)


def _from_tickets(session: Session, asked: list[Any], top: int, limit: int) -> tuple[list[int], int | None]:
    found: list[int] = []
    floor = max(0, top - DEPTH)
    window = limit * 4
    while top > floor and len(found) < limit:
        first = max(floor, top - window)
        statement = select(col(Ticket.id)).where(col(Ticket.id) >= first, col(Ticket.id) < top, *asked)
        page = session.scalars(statement.order_by(col(Ticket.id).desc()).limit(limit - len(found))).all()
        found += [int(number) for number in page if number is not None]
        top, window = first, window * 8
    if len(found) >= limit:
        return found, found[-1]
    return found, floor or None
