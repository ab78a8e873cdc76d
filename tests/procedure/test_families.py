from __future__ import annotations

import pytest

from procedure.families import spelled_out

FAMILIES = {"server": ("server", "διακομιστ*"), "down": ("down",)}


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("quota", ("quota",)),
        ("@server", ("server|διακομιστ*",)),
        ("my @server|rack is", ("my server|διακομιστ*|rack is",)),
        ("@server ~ @down", ("server|διακομιστ* ... down", "down ... server|διακομιστ*")),
        (
            "a ~ b ~ c",
            ("a ... b ... c", "a ... c ... b", "b ... a ... c", "b ... c ... a", "c ... a ... b", "c ... b ... a"),
        ),
    ],
)
def test_spelled_out(written: str, plain: tuple[str, ...]) -> None:
    """A family's name stands for any of its words, and parts around ~ for each of their orders."""
    assert spelled_out(written, FAMILIES) == plain


@pytest.mark.parametrize("written", ["@rack", "@", "~ a", "a ~", "a ~ b ~ c ~ d"])
def test_what_cannot_be_spelled_out(written: str) -> None:
    """An unknown family, a half without words and too many parts are refused."""
    with pytest.raises(ValueError, match=r"family|needs words"):
        spelled_out(written, FAMILIES)
