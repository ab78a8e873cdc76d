"""What stands over everything while the terminal is smaller than the console can be used in."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

FLOOR = Size(60, 16)
"""Columns and rows below which no place is laid out sensibly."""


def is_too_small(size: Size) -> bool:
    """Tell whether a terminal is below the floor in either direction."""
    return size.width < FLOOR.width or size.height < FLOOR.height


class TooSmall(Widget):
    """One line over a whole screen; what is below keeps its place and its focus."""

    DEFAULT_CSS = """
    TooSmall {
        layer: above; position: absolute; offset: 0 0; width: 100%; height: 100%;
        background: $background; color: $foreground; content-align: center middle; text-style: bold;
    }
    """

    def render(self) -> RenderResult:
        """Return the line."""
        return Content(f"needs {FLOOR.width}x{FLOOR.height}")
