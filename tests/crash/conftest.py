"""The crash tests work on the same offices as the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.disk import Disk, NoCompiler, compiled, disk_under
from tests.e2e.conftest import hasty_template, office, smarthost, terminals
from tests.e2e.office import Office


@pytest.fixture(scope="session")
def disk_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled ``disk.c``; skip, with the reason, where it cannot be compiled."""
    try:
        return compiled(tmp_path_factory.mktemp("disk"))
    except NoCompiler as reason:
        pytest.skip(str(reason))


@pytest.fixture
def disk(office: Office, disk_library: Path) -> Disk:
    """Return the disk under the office's store."""
    return disk_under(office, disk_library)


__all__ = ["hasty_template", "office", "smarthost", "terminals"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them: they start real processes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)
