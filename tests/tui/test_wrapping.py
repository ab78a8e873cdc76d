"""Breaking lines."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.safe import safe
from tui.wrapping import wrap

TEXT = st.text(alphabet=st.sampled_from("ab Δέ\u0301あ👩,."), max_size=120).map(safe)


@given(TEXT, st.integers(2, 30))
def test_no_word_is_lost_and_no_line_too_wide(text: str, width: int) -> None:
    """Every character but white space at the breaks is kept, in its order."""
    lines = wrap(text, width)
    assert [line for line in lines if cell_len(line.rstrip()) > width] == []
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


def test_words_stay_whole_where_they_can() -> None:
    """A break is at white space; only a word wider than the line is cut."""
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("see https://example.org/abc", 10) == ["see", "https://ex", "ample.org/", "abc"]
    assert wrap("  indented", 20) == ["  indented"]
    assert wrap("", 10) == [""]
    assert wrap("あ \u0301", 2) == ["あ", "\u0301"]
    assert wrap("aaaa \u0301aaaあbb", 4) == ["aaaa", "\u0301aaa", "あbb"]
