"""Colours can be read."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from tui.theme import THEMES, choose

TEXTS = ("foreground", "text-muted", "text-primary", "text-accent", "text-warning", "text-error", "text-success")


def _brightness(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    lights = []
    for name in (one, other):
        red, green, blue = (_brightness(part) for part in Color.parse(name).normalized)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_stands_out_from_its_ground(theme: Theme) -> None:
    """Text reaches 4.5 : 1 on all grounds, 7 : 1 in the theme that is made for it."""
    colours = theme.to_color_system().generate()
    floor = 7.0 if theme.name == "desk-contrast" else 4.5
    pairs = [(text, ground) for text in TEXTS for ground in ("background", "panel")]
    pairs += [(f"block-cursor{part}-foreground", f"block-cursor{part}-background") for part in ("", "-blurred")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 1) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < floor} == {}


def test_no_color_means_the_terminals_own_colours() -> None:
    """NO_COLOR goes before any setting; an unknown theme becomes the default."""
    assert choose("desk-light", {"NO_COLOR": "1"}) == "ansi-light"
    assert choose("desk-dark", {"NO_COLOR": "1"}) == "ansi-dark"
    assert choose("desk-contrast", {"NO_COLOR": ""}) == "desk-contrast"
    assert choose("pink", {}) == "desk-dark"
