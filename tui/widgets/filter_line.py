"""The line in which words are typed that narrow a list down.

A screen shows it while it has the class ``-filtering``, by a rule of its own: a widget's rules do not see its screen.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static


class FilterLine(Horizontal):
    """A label, an input with the id ``filter``, and how to leave it."""

    DEFAULT_CSS = """
    FilterLine {
        display: none; height: 1; background: $surface; padding: 0 1;
        & Static { width: auto; color: $text-muted; }
        & #filter, & #filter:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    }
    """

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        yield Static(Content("filter"), markup=False)
        yield Input(id="filter", placeholder=self._placeholder, select_on_focus=False)
        yield Static(Content("enter keeps it · esc clears it"), markup=False)
