"""What the end-to-end tests share: a store whose answers leave at once, and an office on it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from desk import policies
from desk.context import open_desk
from tests.e2e.office import ROOT, Office
from tests.fakes import tmux
from tests.fakes.desks import IDENTITY, owner_of
from tests.fakes.smarthost import FakeSmarthost

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them: they start real processes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


def hasty_policy() -> str:
    """Return the shipped policy, but an answer cannot be called back: nobody waits five seconds for it to leave."""
    text = (ROOT / "desk" / "default_policy.toml").read_text("utf-8")
    assert text.count("undo_seconds = 5") == 1
    return text.replace("undo_seconds = 5", "undo_seconds = 0")


def put_in_force(url: str) -> None:
    """Load the hasty policy into a store."""
    desk = open_desk(url, IDENTITY)
    try:
        policies.load(owner_of(), desk, hasty_policy())
    finally:
        desk.close()


@pytest.fixture(scope="session")
def hasty_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an embedded store with the hasty policy, to copy."""
    path = tmp_path_factory.mktemp("hasty") / "desk.db"
    shutil.copyfile(sqlite_template, path)
    put_in_force(f"sqlite:///{path}")
    return path


def new_office(template: Path, home: Path) -> Office:
    """Return an office with a store of its own in ``home``."""
    path = home / f"desk{next(_numbers)}.db"
    shutil.copyfile(template, path)
    return Office(f"sqlite:///{path}", home)


@pytest.fixture
def smarthost() -> Iterator[FakeSmarthost]:
    """Return a next hop that takes everything."""
    with FakeSmarthost() as found:
        yield found


@pytest.fixture
def office(hasty_template: Path, tmp_path: Path, smarthost: FakeSmarthost) -> Office:
    """Return an office of the test's own; nothing runs in it yet."""
    found = new_office(hasty_template, tmp_path)
    found.smarthost = smarthost.port
    return found


@pytest.fixture(scope="session")
def terminals() -> Iterator[tmux.Server]:
    """Return a tmux server of the tests' own; skip, with the reason, where there is no tmux."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(tmux.server())
        except tmux.Missing as reason:
            pytest.skip(str(reason))
        yield server
