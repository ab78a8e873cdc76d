"""The tests of the desk run on both engines."""

from __future__ import annotations

import pytest

from desk.context import Desk


@pytest.fixture
def desk(any_desk: Desk) -> Desk:
    """Return an open desk, once on each engine."""
    return any_desk
