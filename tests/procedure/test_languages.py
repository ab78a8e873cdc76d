from __future__ import annotations

import pytest

from procedure.languages import guess


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Cannot log in to webmail", "en"),
        ("Δεν λαμβάνω email", "el"),
        ("Ο cPanel server WordPress MySQL βγάζει error 500", "en"),
        ("Καλησπέρα, ο server srv22.host.example βγάζει internal server error", "el"),
        ("kalimera den mporw na mpw", "en"),
        ("", "en"),
        ("12345 !!", "en"),
        ("ᾀρχή", "el"),
        ("Regards, Γιώργος Παπαδόπουλος, Managing Director of Something Quite Long Incorporated in Athens", "en"),
    ],
)
def test_guess(text: str, language: str) -> None:
    """A text is Greek when a fair part of its letters is; a Greek name does not make it so."""
    assert guess(text) == language
