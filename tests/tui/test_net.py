"""The net under everything that is painted: what passes the one door for words from outside is caught by it."""

from __future__ import annotations

import pytest

from desk.context import Desk
from tests.fakes.desks import Group
from tests.tui.console import seated
from tests.tui.scenes import attack
from tests.tui.test_screens_hostile import controls
from tui.widgets import queue_columns


async def test_a_place_that_forgets_the_door_is_caught(
    desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that paints a hostile subject as it came paints nothing that a terminal acts on (law 7)."""
    attack(desk, actors)
    monkeypatch.setattr(queue_columns, "safe", lambda text, width=None: text)
    async with seated(desk, actors.maria) as seat:
        await seat.sees("TD-1001", "]52;c;")
        assert controls(seat) == []
