from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.folding import fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [("ΛΟΓΑΡΙΑΣΜΌΣ", "λογαριασμοσ"), ("λογαριασμός", "λογαριασμοσ"), ("Προϊόν", "προιον"), ("ΐ", "ι"), ("ᾳ", "α"),
     ("Straße", "strasse"), ("Église", "eglise"), ("ﬁle", "file"), ("Mail", "mail"), ("", "")],
)  # fmt: skip
def test_fold(text: str, folded: str) -> None:
    """Case and accents go, the letters stay."""
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """Folded text is as folded as it gets."""
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋΐΰςabcéöñ"))
def test_capitals_and_composition_do_not_count(text: str) -> None:
    """A word in capitals, or with its accents as characters of their own, is the same word."""
    assert fold(text.upper()) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_words_keep_their_spelling() -> None:
    """Words are shown as they were written, whatever stands between them."""
    assert words("Ο server_2 ΈΠΕΣΕ! (cron-job, l'état)") == ["Ο", "server", "2", "ΈΠΕΣΕ", "cron", "job", "l", "état"]
    decomposed = [unicodedata.normalize("NFD", word) for word in ("έπεσε", "χθές")]
    assert words(" ".join(decomposed)) == decomposed
