"""The protocol as dialogues, one file each in ``dialogs/`` (the format is in ``dialog.py``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake import dialog
from tests.intake.conftest import Open
from tests.intake.house import House

FILES = sorted((Path(__file__).parent / "dialogs").glob("*.smtp"))


def test_there_are_dialogues() -> None:
    """An empty folder would pass every test."""
    assert len(FILES) >= 25


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_dialogue(path: Path, house: House, open_door: Open) -> None:
    """Each reply is the one that the file has, and as many mails are stored as it says."""
    script = dialog.read(path)
    for name, value in script.house.items():
        setattr(house, name, value)
    await dialog.play(script, *await open_door(**script.limits))
    assert len(house.stored) == script.stored
