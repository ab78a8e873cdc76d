"""Colours: dark, light and high contrast. They support what glyphs and words say, they say nothing alone.

Colours of states differ in brightness and not only in hue (blue and orange, not green and red). The contrast of every
text colour on every ground is tested: at least 4.5 : 1, in ``desk-contrast`` 7 : 1 (WCAG 2.2, 1.4.3 and 1.4.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.theme import Theme

DEFAULT = "desk-dark"

THEMES: tuple[Theme, ...] = (
    Theme(
        name="desk-dark",
        primary="#6cb0f5",
        secondary="#8fa8c8",
        accent="#e0b050",
        warning="#e8b04a",
        error="#ff8a70",
        success="#6cc0b0",
        foreground="#dde2ea",
        background="#14171c",
        surface="#191d23",
        panel="#222831",
        dark=True,
        variables={
            "text-muted": "#9aa5b5",
            "border-blurred": "#3a4452",
            "border": "#6cb0f5",
            "block-cursor-foreground": "#0b0e12",
            "block-cursor-background": "#6cb0f5",
            "block-cursor-blurred-foreground": "#dde2ea",
            "block-cursor-blurred-background": "#2c3644",
        },
    ),
    Theme(
        name="desk-light",
        primary="#0b5cad",
        secondary="#44566c",
        accent="#7a5200",
        warning="#855500",
        error="#b02a10",
        success="#0a6b5c",
        foreground="#1a1f26",
        background="#fbfbf8",
        surface="#f3f4f1",
        panel="#e6e9ec",
        dark=False,
        variables={
            "text-muted": "#505b68",
            "border-blurred": "#b4bcc6",
            "border": "#0b5cad",
            "block-cursor-foreground": "#ffffff",
            "block-cursor-background": "#0b5cad",
            "block-cursor-blurred-foreground": "#1a1f26",
            "block-cursor-blurred-background": "#d3dce6",
        },
    ),
    Theme(
        name="desk-contrast",
        primary="#8cc8ff",
        secondary="#c8d8ff",
        accent="#ffd75f",
        warning="#ffd75f",
        error="#ffb0a0",
        success="#8ff0d8",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#101010",
        dark=True,
        variables={
            "text-muted": "#d0d0d0",
            "border-blurred": "#808080",
            "border": "#ffffff",
            "block-cursor-foreground": "#000000",
            "block-cursor-background": "#ffffff",
            "block-cursor-blurred-foreground": "#ffffff",
            "block-cursor-blurred-background": "#303030",
        },
    ),
)

NAMES: tuple[str, ...] = (*(theme.name for theme in THEMES), "ansi-dark", "ansi-light")
"""The themes that a setting may name; the last two use the terminal's own colours."""


def choose(wanted: str, environ: Mapping[str, str]) -> str:
    """Return the theme to use: with NO_COLOR set the terminal's own colours, an unknown name becomes the default."""
    if environ.get("NO_COLOR"):
        return "ansi-light" if "light" in wanted else "ansi-dark"
    return wanted if wanted in NAMES else DEFAULT


def register(app: App[Any]) -> None:
    """Make the themes known to an app."""
    for theme in THEMES:
        app.register_theme(theme)
