"""A tiny console for the tests that read raw bytes: a queue list and a careless widget, full of hostile words."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.widgets import Static

from desk.views import QueueRow
from tests.tui.shop import NOW, row
from tui.safe import ControlFilter
from tui.terminal import refusal, run
from tui.widgets.queue_list import QueueList

PAYLOAD = "\x1b]52;c;SGVsbG8=\x07\x1b]0;forged\x07\x1b[2J\x1b[31;41mred\x9b5m\u202e\x00\x08\x7f[@click=app.quit()]x[/x"


class Tiny(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("c", "change", ""), ("f", "flood", ""), ("w", "careless", "")]

    def __init__(self) -> None:
        super().__init__()
        self.animation_level = "none"
        self._net = ControlFilter()
        self._version = 1

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._net]

    async def fetch(self, ids: list[int]) -> Mapping[int, QueueRow]:
        return {i: row(i, subject=f"{PAYLOAD} {i}", requester=PAYLOAD) for i in ids}

    def compose(self) -> ComposeResult:
        yield Static("ready", id="said", markup=False)
        yield QueueList(self.fetch, lambda: NOW)

    def on_mount(self) -> None:
        self.query_one(QueueList).focus()
        self.query_one(QueueList).set_ids(range(100))

    def action_change(self) -> None:
        self._version += 1
        changed = row(3, version=self._version, subject=f"version {self._version} of the subject")
        self.query_one(QueueList).apply_rows({3: changed})

    def action_careless(self) -> None:
        self.query_one("#said", Static).update(f"{PAYLOAD} careless")

    def action_flood(self) -> None:
        self.set_interval(0.01, self._paint_all)

    def _paint_all(self) -> None:
        self._version += 1
        self.query_one(QueueList).apply_rows(
            {i: row(i, version=self._version, subject=f"{self._version}") for i in range(40)}
        )


if __name__ == "__main__":
    sentence = refusal()
    if sentence is not None:
        print(sentence, file=sys.stderr)
        sys.exit(2)
    sys.exit(run(Tiny()))
