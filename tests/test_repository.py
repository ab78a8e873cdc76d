"""What is true of the repository as a whole: sizes, documents, names, nothing of one machine in it."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from app.main import COMMANDS
from app.settings import all_settings
from app.settings_reference import reference
from procedure.terms import Channel, Fate, MessageKind, OutboxState, Priority, Status

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MAX_LINES = 500

# Written so that they do not match themselves.
OF_ONE_MACHINE = re.compile(
    r"/(?:root|work)/|/opt/(?:pypi|wheels)|/home/(?!user\b|desk\b|tierdesk\b|maria\b)[a-z]+/|/tmp/t[d]\b"
)
OF_A_REGISTRY = re.compile(r"py[p]i\.(?:org|python)|python[h]osted|ind[e]x-url|find-l[i]nks|tru[s]ted-host")


def tracked(*patterns: str) -> list[Path]:
    """Return the files under version control; skip where there is no git."""
    try:
        run = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    paths = [ROOT / name for name in run.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def read(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


@pytest.mark.parametrize("pattern", [OF_ONE_MACHINE, OF_A_REGISTRY], ids=["paths", "registries"])
def test_nothing_of_one_machine_is_kept(pattern: re.Pattern[str]) -> None:
    """No file names a path of the machine it was written on, nor where packages are downloaded from."""
    found = {(path.relative_to(ROOT).as_posix(), hit[0]) for path in tracked() for hit in pattern.finditer(read(path))}
    assert found == set()


def test_files_are_short() -> None:
    """A Python file has at most 500 lines; most have fewer than 300."""
    lengths = {path.relative_to(ROOT).as_posix(): read(path).count("\n") for path in tracked("*.py")}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_every_test_says_its_rule() -> None:
    """The docstring of a test is the rule that it holds."""
    silent = {
        f"{path.relative_to(ROOT).as_posix()}::{node.name}"
        for path in tracked("tests/**test_*.py")
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    }
    assert silent == set()


def test_constraints_are_exact_and_without_addresses() -> None:
    """``constraints.txt`` pins each package with ``==`` and says nothing about where it is from."""
    lines = [line for line in read(ROOT / "constraints.txt").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line)] == []


def requirement_names() -> set[str]:
    """Return the normalised names of everything that pyproject.toml asks for, ours excepted."""
    project = PROJECT["project"]
    lines = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    return {re.split(r"[\[<>=~! ;]", line, maxsplit=1)[0].lower() for line in lines}


def test_every_requirement_is_pinned() -> None:
    """What pyproject.toml asks for by range is in constraints.txt with its version."""
    pinned = {line.partition("==")[0].lower() for line in read(ROOT / "constraints.txt").splitlines()}
    assert requirement_names() - pinned == set()


@pytest.mark.docs
def test_every_dependency_has_its_reason() -> None:
    """Each requirement has a row in docs/dependencies.md, and no row is about something that is gone."""
    rows = set(re.findall(r"^\| ([a-z][a-z0-9-]*) \|", read(ROOT / "docs/dependencies.md"), re.MULTILINE))
    assert rows - {"library"} == requirement_names()


@pytest.mark.docs
def test_settings_page_is_current() -> None:
    """docs/settings.md is what ``make docs`` writes."""
    assert read(ROOT / "docs/settings.md") == reference()


@pytest.mark.docs
def test_settings_page_has_every_setting() -> None:
    """Each key and each variable can be found in the page."""
    text = reference()
    missing = [one.key for one in all_settings() if f"`{one.name}`" not in text or f"`{one.variable}`" not in text]
    assert missing == []


@pytest.mark.docs
def test_every_setting_is_described() -> None:
    """A setting without a sentence about it cannot be added."""
    assert [one.key for one in all_settings() if not one.description.endswith(".")] == []


@pytest.mark.docs
def test_glossary_is_in_order_and_has_the_words() -> None:
    """The glossary is alphabetic and names every value that a status, a fate and the like can have."""
    text = read(ROOT / "docs/glossary.md")
    words = re.findall(r"^\| ([a-z][a-z ]*) \|", text, re.MULTILINE)[1:]
    values = [one.value for kind in (Channel, Fate, MessageKind, OutboxState, Priority, Status) for one in kind]
    assert words == sorted(words)
    assert [value for value in values if f"`{value}`" not in text] == []


@pytest.mark.docs
def test_links_between_documents_lead_somewhere() -> None:
    """A relative link names a file of the repository."""
    dead = {
        (path.relative_to(ROOT).as_posix(), target)
        for path in tracked("*.md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(path))
        if not (path.parent / target).exists()
    }
    assert dead == set()


@pytest.mark.docs
def test_readme_is_right_about_commands() -> None:
    """The README names commands and make targets that exist, and the two that a stranger needs."""
    text = read(ROOT / "README.md")
    targets = set(re.findall(r"^ {4}make ([a-z]+)$", text, re.MULTILINE))
    commands = set(re.findall(r"^ {4}tierdesk ([a-z]+)", text, re.MULTILINE))
    assert targets >= {"demo", "test"}
    assert targets <= set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    assert commands <= set(COMMANDS)
