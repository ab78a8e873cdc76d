"""The top line of every place: the queues with their counts, the balance of the ledger, who is here.

`` 1st 12  2nd 5  3rd 2                    in 412 = 412 ✓  maria · 1st``
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from desk.views import Balance, LevelCount
from procedure.terms import Level
from tui.safe import safe

Part = tuple[str, str]
"""A text and its style."""


@dataclass(frozen=True)
class TopState:
    """What the top line shows. ``trouble`` is a sentence that takes the place of everything to the right.

    ``others`` are the places beside the queues that the person may see; ``place`` is the one in view.
    """

    place: Level | str = Level.FIRST
    others: tuple[str, ...] = ()
    counts: tuple[LevelCount, ...] = ()
    balance: Balance | None = None
    person: str = ""
    service: str = ""
    trouble: str = ""


def left_parts(state: TopState) -> list[Part]:
    """Return the places: the one in view is bold between marks, so that it shows without colour."""
    known = {count.level: count for count in state.counts}
    parts: list[Part] = []
    for level in Level:
        count = known.get(level)
        text = f"{level.label} {count.open}" if count else f"{level.label} …"
        parts.append(_marked(text, level is state.place))
    return parts + [_marked(name, name == state.place) for name in state.others]


def _marked(text: str, is_here: bool) -> Part:
    return (f"▸{text} ", "bold $text-accent") if is_here else (f" {text} ", "")


def right_parts(state: TopState) -> list[Part]:
    """Return the balance, the service and the person; a sum that does not add up says so in words."""
    if state.trouble:
        return [(f"{safe(state.trouble)} ", "bold $text-error")]
    parts: list[Part] = []
    balance = state.balance
    if balance is not None:
        settled = balance.settled
        good = balance.is_balanced
        parts.append((f"in {balance.accepted} {'=' if good else '≠'} {settled} ", "" if good else "bold $text-error"))
        parts.append(("✓ " if good else "does not add up! ", "$text-success" if good else "bold $text-error"))
        if balance.pending:
            parts.append((f"{balance.pending} to file ", "$text-warning"))
    if state.service:
        parts.append((f" {state.service} ", "bold $text-warning"))
    if state.person:
        parts.append((f" {safe(state.person)} ", "bold"))
    return parts


def fitted(left: Sequence[Part], right: Sequence[Part], width: int) -> list[Part]:
    """Return one line of exactly ``width`` cells; the right gives way first, from its beginning."""
    room = width - sum(cell_len(text) for text, _ in left)
    kept = list(right)
    while len(kept) > 1 and sum(cell_len(text) for text, _ in kept) > room:
        del kept[0]
    if kept and cell_len(kept[0][0]) > room and len(kept) == 1:
        kept = [(safe(kept[0][0], width=max(0, room)), kept[0][1])]
    gap = max(0, room - sum(cell_len(text) for text, _ in kept))
    return [*left, (" " * gap, ""), *kept]


class TopBar(Widget):
    """One line at the top of a screen."""

    DEFAULT_CSS = """
    TopBar { height: 1; dock: top; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = TopState()

    @property
    def state(self) -> TopState:
        """Return what is shown."""
        return self._state

    @state.setter
    def state(self, state: TopState) -> None:
        if state != self._state:
            self._state = state
            self.refresh()

    def render(self) -> RenderResult:
        """Return the line."""
        return Content.assemble(*fitted(left_parts(self._state), right_parts(self._state), self.size.width))
