"""The line in which a search is typed, and under it the mistake in it: a mark at the place, and the sentence."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from desk.errors import BadSearch
from procedure.search import SearchError
from tui.safe import safe

_LABEL = "search"
_BEFORE = 1 + len(_LABEL) + 1
"""Cells before the first letter that is typed."""


class SearchLine(Vertical):
    """A label, an input with the id ``query``, and the line of the mistake."""

    DEFAULT_CSS = """
    SearchLine {
        height: auto; background: $surface; padding: 0 1;
        & Horizontal { height: 1; }
        & Static { width: auto; color: $text-muted; }
        & #query, & #query:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
        & #mistake { display: none; width: 1fr; height: 1; color: $text-error; }
        &.-wrong #mistake { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        with Horizontal():
            yield Static(Content(_LABEL), markup=False)
            yield Input(id="query", placeholder='level:2 status:open from:nikos "ssl" waits>2h', select_on_focus=False)
            yield Static(Content("enter goes to the list · esc leaves"), markup=False)
        yield Static(id="mistake", markup=False)

    def mark(self, mistake: SearchError | BadSearch | None) -> None:
        """Show where the typed line is mistaken and why, or nothing."""
        self.set_class(mistake is not None, "-wrong")
        if mistake is None:
            return
        query = self.query_one("#query", Input)
        before = cell_len(query.value[: mistake.start]) + _BEFORE - 1 - int(query.scroll_offset.x)
        room = max(0, self.content_size.width - len(str(mistake)) - 3)
        blank = " " * min(max(0, before), room)
        self.query_one("#mistake", Static).update(Content(f"{blank}^ {safe(str(mistake))}"))
