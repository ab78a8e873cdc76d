"""Packed octets come back bit for bit, whole and in part, or not at all."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import Unreachable
from store.packing import CHUNK, packed, unpacked

LONG = bytes(range(256)) * 2_000


def small(octets: bytes) -> bytes:
    found = packed(octets)
    assert found is not None
    return found


@given(st.binary(max_size=200), st.integers(1, 3_000), st.integers(0, 400_000), st.integers(-1, 100_000))
def test_any_part_comes_back(words: bytes, times: int, start: int, length: int) -> None:
    """What is packed is what is read, from anywhere, in pieces of any size."""
    octets = words * times + b"the end of it " * 40
    known, end = small(octets), len(octets) if length < 0 else start + length
    assert unpacked([known]) == octets
    assert unpacked((known[at : at + 7] for at in range(0, len(known), 7)), start, length) == octets[start:end]


def test_what_saves_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance does not shrink; and what would come back changed is never packed."""
    assert packed(b"") is None
    assert packed(Random(1).randbytes(10_000)) is None
    monkeypatch.setattr("zlib.compress", lambda octets, level: b"x")
    with pytest.raises(Unreachable):
        packed(LONG)


def test_no_more_is_read_than_asked_for() -> None:
    """A piece of a great mail costs that piece and a chunk."""
    taken = 0

    def pieces() -> object:
        nonlocal taken
        for at in range(0, len(known), 100):
            taken += 1
            yield known[at : at + 100]

    known = small(LONG * 50)
    assert unpacked(pieces(), 10, 5) == LONG[10:15]  # type: ignore[arg-type]  # a generator of octets
    assert taken < len(known) / 100 / 2
    assert len(unpacked([known], 0, CHUNK)) == CHUNK


@pytest.mark.parametrize("damage", [lambda it: it[:-5], lambda it: it[:50] + b"\0\0" + it[52:], lambda it: b""])
def test_damage_is_told(damage: object) -> None:
    """Bytes that do not come back whole are no bytes."""
    with pytest.raises(Unreachable):
        unpacked([damage(small(LONG))])  # type: ignore[operator]
