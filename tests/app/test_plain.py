"""Tables and text on standard output."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from app import plain


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_columns_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Wide characters take two cells and marks none, so that columns stand under their heads."""
    plain.put_table(("NAME", "X"), [("日本", 1), ("e\u0301a", 2), ("Νίκος", 3)])
    assert printed(capsys) == ["NAME   X", "日本   1", "e\u0301a     2", "Νίκος  3"]


def test_a_cell_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A long text is cut with an ellipsis; nothing, None and instants have their signs."""
    at = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
    plain.put_table(("A", "B"), [("x" * 500, at), ("日" * 500, None), ("", 0)])
    _, first, second, third = printed(capsys)
    assert first == "x" * 59 + "…  2026-11-20 09:05"
    assert second.startswith("日" * 29 + "…") and second.endswith(" -")
    assert third.split() == ["-", "0"]


def test_a_cell_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Text of any origin makes no line of its own, which could pass for another row, and controls nothing."""
    plain.put_table(("A", "B"), [("one\r\nTD-1\x1b[2K\u2028forged", 1)])
    assert printed(capsys)[1:] == ["one TD-1␛[2K forged  1"]


def test_no_rows_are_the_head_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A list of nothing is not silence."""
    plain.put_table(("A", "B"), [])
    assert printed(capsys) == ["A  B"]


def test_json_passes_any_locale(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON is ASCII on one line."""
    plain.put_json({"subject": "Δεν\n\x9b"})
    (line,) = printed(capsys)
    assert line.isascii() and json.loads(line) == {"subject": "Δεν\n\x9b"}
