"""Who may import what, beyond the directions that import-linter holds (``make check``)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# The one place where the clock and chance enter; everybody else is given them.
MAY_READ_THE_CLOCK = {"desk/clock.py", "desk/context.py"}
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}
CHANCE = {"random", "secrets", "uuid"}


def sources(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield (node.module or "").partition(".")[0]


def clocks_and_chance(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ".".join(ast.unparse(node).split(".")[-2:])
            if name in CLOCKS:
                yield name
    yield from (name for name in imported(tree) if name in CHANCE)


def test_rules_import_the_standard_library_alone() -> None:
    """``procedure`` is pure: no library of others, no package of ours above it."""
    allowed = set(sys.stdlib_module_names) | {"procedure"}
    found = {(path, name) for path, tree in sources("procedure") for name in imported(tree) if name not in allowed}
    assert found == set()


def test_time_and_chance_come_in_as_arguments() -> None:
    """Nothing that decides, keeps, does or shows reads the clock or throws dice; ``desk.context`` hands both in."""
    found = {
        (path, name)
        for path, tree in sources("procedure", "store", "desk", "tui")
        for name in clocks_and_chance(tree)
        if path not in MAY_READ_THE_CLOCK
    }
    assert found == set()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = datetime.now(UTC)", ["datetime.now"]),
        ("x = datetime.datetime.utcnow()", ["datetime.utcnow"]),
        ("f = time.time", ["time.time"]),
        ("from random import choice", ["random"]),
        ("def f():\n import uuid", ["uuid"]),
        ("x = time.monotonic() + clock.now().time()", []),
    ],
)
def test_the_search_finds_what_it_looks_for(line: str, expected: list[str]) -> None:
    """The test above can fail."""
    assert list(clocks_and_chance(ast.parse(line))) == expected


def modules_after_importing(*packages: str) -> set[str]:
    """Import every module of the packages in a fresh interpreter and return the top-level names it then holds."""
    program = (
        "import importlib, pkgutil, sys\n"
        "for name in sys.argv[1:]:\n"
        "    package = importlib.import_module(name)\n"
        "    for one in pkgutil.walk_packages(package.__path__, name + '.'):\n"
        # Alembic's env.py and a __main__ are programs: importing one runs it.
        "        if '.migrations.' not in one.name and not one.name.endswith('__main__'):\n"
        "            importlib.import_module(one.name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *packages], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_the_service_never_loads_the_terminal() -> None:
    """Mail goes in and out without textual and rich in the process."""
    assert (
        modules_after_importing("procedure", "store", "desk", "intake", "outbox") & {"textual", "rich", "tui"} == set()
    )


def test_rules_load_no_library() -> None:
    """Importing every rule loads nothing but the standard library."""
    loaded = modules_after_importing("procedure")
    assert loaded & {"pydantic", "sqlalchemy", "sqlmodel", "click", "textual", "store", "desk"} == set()
