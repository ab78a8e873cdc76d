"""Every place at four sizes, as a picture.

After a change that is meant: ``pytest tests/tui/test_snapshots.py --snapshot-update``, and look at the pictures.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from desk import people
from desk.context import Desk
from tests.fakes.desks import FakeChance, FakeClock, Group, engage, opened, owner_of
from tests.tui.console import Seat, app_on, settle
from tests.tui.scenes import SCENES, Stage, fill
from tests.tui.unsteady import Unsteady

SIZES = [(60, 16), (80, 24), (100, 30), (140, 45)]


@pytest.fixture(scope="session")
def filled_store(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store with a morning's work in it."""
    path = shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("filled") / "tierdesk.db")
    desk = opened(f"sqlite:///{path}")
    fill(desk, engage(desk))
    desk.close()
    return path


@pytest.fixture
def busy_desk(filled_store: Path, tmp_path: Path) -> Iterator[Desk]:
    """Return a desk of the test's own with that work in it."""
    chance = FakeChance()
    chance.tokens = 10_000  # no token twice
    desk = opened(f"sqlite:///{shutil.copyfile(filled_store, tmp_path / 'store.db')}", FakeClock(), chance)
    yield desk
    desk.close()


def found(desk: Desk) -> Group:
    """Return the people who are at the desk already."""
    logins = ("maria", "kostas", "eleni", "moderator", "supervisor")
    return Group(**{login: people.member(desk, login) for login in logins}, owner=owner_of())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
def test_looks(busy_desk: Desk, name: str, size: tuple[int, int], snap_compare: object) -> None:
    """The place looks as it did when somebody last looked at it."""
    actors = found(busy_desk)
    store = Unsteady(busy_desk)
    app = app_on(store.desk, actors.maria)

    async def go_there(pilot: Pilot[None]) -> None:
        seat = Seat(app, pilot, store.desk, actors.maria)
        await settle(seat)
        await SCENES[name](Stage(seat, actors, store))
        await settle(seat)

    assert snap_compare(app, terminal_size=size, run_before=go_there)  # type: ignore[operator]  # a fixture's function
