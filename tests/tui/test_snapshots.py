"""Every place at four sizes, as a picture.

After a change that is meant: ``pytest tests/tui/test_snapshots.py --snapshot-update``, and look at the pictures.
"""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from desk.context import Desk
from tests.fakes.desks import Group
from tests.tui.console import Seat, app_on, settle
from tests.tui.scenes import SCENES, Stage, fill
from tests.tui.unsteady import Unsteady

SIZES = [(60, 16), (80, 24), (100, 30), (140, 45)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
def test_looks(desk: Desk, actors: Group, name: str, size: tuple[int, int], snap_compare: object) -> None:
    """The place looks as it did when somebody last looked at it."""
    fill(desk, actors)
    store = Unsteady(desk)
    app = app_on(store.desk, actors.maria)

    async def go_there(pilot: Pilot[None]) -> None:
        seat = Seat(app, pilot, store.desk, actors.maria)
        await settle(seat)
        await SCENES[name](Stage(seat, actors, store))
        await settle(seat)

    assert snap_compare(app, terminal_size=size, run_before=go_there)  # type: ignore[operator]  # a fixture's function
