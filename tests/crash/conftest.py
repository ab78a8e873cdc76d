"""The crash tests work on the same offices as the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import hasty_template, office, smarthost, terminals

__all__ = ["hasty_template", "office", "smarthost", "terminals"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them: they start real processes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)
