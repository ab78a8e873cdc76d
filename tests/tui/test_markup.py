"""Data never becomes markup: Textual would run actions that a mail's subject names, or die of a stray bracket."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TUI = Path(__file__).parents[2] / "tui"
READS_MARKUP = frozenset({"Static", "Label", "Button", "Checkbox", "RadioButton", "Option", "Tab", "TabPane", "notify"})


def careless(source: str) -> list[int]:
    """Return the lines of calls that give words other than fixed ones to something that reads markup."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and _name(node.func) in READS_MARKUP and node.args and not _is_plain(node)
    ]


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _is_plain(call: ast.Call) -> bool:
    """Tell whether the first argument is fixed or a ``Content``, or markup is switched off."""
    first = call.args[0]
    if isinstance(first, ast.Constant) or any(_is_off(keyword) for keyword in call.keywords):
        return True
    return isinstance(first, ast.Call) and ast.unparse(first.func).split(".")[0] == "Content"


def _is_off(keyword: ast.keyword) -> bool:
    return keyword.arg == "markup" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False


@pytest.mark.parametrize("path", sorted(TUI.rglob("*.py")), ids=lambda path: str(path.relative_to(TUI)))
def test_no_widget_gets_data_as_markup(path: Path) -> None:
    """Words that are not fixed are given as ``Content`` or with ``markup=False``."""
    assert careless(path.read_text(encoding="utf-8")) == []


def test_the_check_finds_what_it_is_for() -> None:
    """A name, an f-string and a toast are found; fixed words and ``Content`` are not."""
    assert careless("Static(subject)\nLabel(f'{x}')\napp.notify(text)\n") == [1, 2, 3]
    assert careless("Static('x')\nLabel(Content(x))\napp.notify(x, markup=False)\nStatic(id='y')\n") == []
