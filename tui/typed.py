"""``:`` commands: an action by its label or id, or a ticket by its reference."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from procedure.terms import parse_ref
from tui.actions import ACTIONS, Action, Context

EXAMPLES = "a reference or an action, such as TD-1042, solve, hand up, quit · esc leaves"
_MOVES = frozenset({Context.LIST, Context.READING, Context.DIALOG, Context.COMPOSER})


@dataclass(frozen=True)
class Typed:
    """What a typed line means: a ticket to open or an action to carry out."""

    ticket_id: int | None = None
    action: Action | None = None


def commands() -> dict[str, Action]:
    """Return what can be typed; moving a cursor is left to the keys."""
    named: dict[str, Action] = {}
    for action in ACTIONS:
        if _MOVES.isdisjoint(action.contexts):
            named.setdefault(action.label.lower(), action)
            named.setdefault(action.id, action)
    return named


def read(line: str) -> Typed | str:
    """Return what a line means, or a sentence that says why it means nothing; an unambiguous beginning is enough."""
    words = " ".join(line.lower().split())
    ticket_id = parse_ref(words)
    if ticket_id is not None:
        return Typed(ticket_id=ticket_id)
    named = commands()
    if words in named:
        return Typed(action=named[words])
    begun = {action.id: action for name, action in named.items() if name.startswith(words)}
    if len(begun) == 1:
        return Typed(action=next(iter(begun.values())))
    if begun:
        return f"{words!r} could be {', '.join(sorted(action.label for action in begun.values()))}."
    near = difflib.get_close_matches(words, named, 1, 0.6)
    return f"There is no command {words!r}" + (f"; did you mean {near[0]!r}?" if near else ".")
