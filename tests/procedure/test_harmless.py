"""Text from outside for a terminal: nothing in it is obeyed, everything in it is seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.harmless import MARKS, harmless

wild = st.text(st.characters(codec=None))


@given(wild, st.booleans())
def test_nothing_that_a_terminal_obeys_is_left(text: str, multiline: bool) -> None:
    """No C0 but line feeds, no C1, no DEL, no bidi control, no lone surrogate."""
    shown = harmless(text, multiline=multiline)
    allowed = {"\n"} if multiline else set()
    forbidden = [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in allowed]
    assert forbidden == []
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@given(wild, st.booleans())
def test_it_is_done_once(text: str, multiline: bool) -> None:
    """Harmless text stays as it is."""
    once = harmless(text, multiline=multiline)
    assert harmless(once, multiline=multiline) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Δεν λαμβάνω email", "Δεν λαμβάνω email"),
        ("\x1b[2J", "␛[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\r\nb\tc", "a b c"),
        ("\x7f", "␡"),
        ("exe\u202efdp", "exe<U+202E>fdp"),
        ("pay\u200bpal", "paypal"),
        ("\ud800", "\ufffd"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * MARKS),
    ],
    ids=["greek", "esc", "c1", "blanks", "del", "bidi", "zero width", "surrogate", "marks"],
)
def test_what_is_shown_instead(text: str, expected: str) -> None:
    """Each kind of special character has its picture."""
    assert harmless(text) == expected


def test_lines_are_kept_when_asked_for() -> None:
    """A conversation keeps its lines; tabs become blanks."""
    assert harmless("a\r\nb\u2028c\td", multiline=True) == "a\nb\nc       d"
