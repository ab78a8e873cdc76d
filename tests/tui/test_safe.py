"""Text of outside origin on the screen."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tui.safe import ControlFilter, safe

ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
WILD = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\x07\x00\r\n\t\x7f\u202e\u2066\u200d\u0301\u0336\ud800\U000e0041[];52αあ👩"),
    ),
    max_size=80,
)


@given(WILD, st.booleans(), st.none() | st.integers(0, 40))
def test_nothing_active_is_left(text: str, multiline: bool, width: int | None) -> None:
    """Whatever comes in, no control, bidi or broken character goes out, and a single line stays one."""
    shown = safe(text, multiline=multiline, width=width)
    assert ACTIVE.search(shown) is None
    assert multiline or "\n" not in shown


@given(WILD, st.integers(0, 40))
def test_no_line_is_wider_than_asked(text: str, width: int) -> None:
    """A cut line fits its cells."""
    assert [line for line in safe(text, multiline=True, width=width).split("\n") if cell_len(line) > width] == []
    assert cell_len(safe(text, width=width)) <= width


@given(WILD)
def test_no_character_carries_a_tower_of_marks(text: str) -> None:
    """At most three combining marks follow each other."""
    marks = "".join("m" if unicodedata.category(c) in ("Mn", "Me") else "." for c in safe(text))
    assert "mmmm" not in marks


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;eA==\x07", "␛]52;c;eA==␇"),
        ("a\x9b2Jb", r"a\x9b2Jb"),
        ("a\x7f\x00", "a␡␀"),
        ("invoice\u202egnp.exe", "invoice<U+202E>gnp.exe"),
        ("pay\u200bpal\u2060 \ufeff!\U000e0041", "paypal !"),
        ("a\r\n b\t c", "a b c"),
        ("e\u0301\u0302\u0303\u0304\u0305x", "e\u0301\u0302\u0303x"),
        ("\udc9b", "\ufffd"),
        ("Δεν λαμβάνω email", "Δεν λαμβάνω email"),
        ("[@click=app.quit()]x[/]", "[@click=app.quit()]x[/]"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    """Each kind of trick has its harmless picture; plain words of any language stay as they are."""
    assert safe(text) == shown


def test_several_lines_keep_their_shape() -> None:
    """Line feeds stay, CR LF becomes one, a lone CR cannot hide what stands before it, tabs become spaces."""
    assert safe("secret\rshown\r\na\tb\u2028c\x0b", multiline=True) == "secret␍shown\na       b\nc␋"


def test_cut_by_cells() -> None:
    """Wide characters count two cells."""
    assert safe("あいうえお", width=6) == "あい…"
    assert safe("abcdef", width=6) == "abcdef"


def test_filter_deletes_what_was_forgotten() -> None:
    """Segments lose their control characters and keep their style; clean lines are passed on as they are."""
    net, black, bold = ControlFilter(), Color(0, 0, 0), Style(bold=True)
    clean = [Segment("plain", bold)]
    assert net.apply(clean, black) is clean
    assert net.apply([Segment("a\x1b[2J\u202eb\x9b", bold)], black) == [Segment("a[2Jb", bold)]
