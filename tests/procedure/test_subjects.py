"""Subjects made comparable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.subjects import fold_numbers, fold_subject, is_forward, without_forward


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Cannot log in", "cannot log in"),
        ("RE: Fwd: re[2]:  Cannot   log in [TD-7]", "cannot log in"),
        ("ΑΠ: Δεν λαμβάνω μηνύματα", "δεν λαμβανω μηνυματα"),
        ("Απάντηση: Πρόβλημα", "προβλημα"),
        ("AW: WG: Störung", "storung"),
        ("Site: down", "site: down"),
        ("Re:", ""),
        (" ", ""),
        ("[TD-1042]", ""),
    ],
)
def test_folded(subject: str, expected: str) -> None:
    """What programs put before and into a subject goes; what its author wrote stays."""
    assert fold_subject(subject) == expected


def test_numbers() -> None:
    """A counter makes no new subject, a word does."""
    assert fold_numbers("Backup 17 failed") == fold_numbers("backup 9 FAILED") != fold_numbers("backup failed")


@pytest.mark.parametrize(
    ("subject", "expected", "rest"),
    [
        ("Fwd: Help", True, "Help"),
        (" FW: Re: Help", True, "Re: Help"),
        ("ΠΡΘ: Βοήθεια", True, "Βοήθεια"),
        ("WG: Hilfe", True, "Hilfe"),
        ("Re: Fwd: Help", False, "Re: Fwd: Help"),
        ("Forward me", False, "Forward me"),
        ("", False, ""),
    ],
)
def test_forwards(subject: str, expected: bool, rest: str) -> None:
    """Only what stands first says that a mail was forwarded."""
    assert (is_forward(subject), without_forward(subject)) == (expected, rest)


@given(st.text())
def test_folding_ends_and_is_stable(subject: str) -> None:
    """Any subject is folded, and a prefix more changes nothing."""
    assert fold_subject(f"Re: {subject[:400]}") == fold_subject(subject[:400])
