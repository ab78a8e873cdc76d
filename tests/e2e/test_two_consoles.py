"""Two agents and the service on one store: both see the same, and of two who grab one ticket exactly one has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.clients import Letter, by_smtplib
from tests.e2e.conftest import put_in_force
from tests.e2e.office import COMMAND, Office
from tests.fakes import tmux
from tests.fakes.looks import events
from tests.fakes.smarthost import FakeSmarthost

AGENTS = {"maria": "Maria Dimou", "kostas": "Kostas Nikou"}


@pytest.fixture
def staffed(office: Office) -> Office:
    """Return an office with two agents."""
    engage(office)
    return office


def engage(office: Office) -> None:
    for login, name in AGENTS.items():
        ran = office.run("staff", "add", login, "--name", name, *(() if login == "maria" else ("--as", "maria")))
        assert ran.status == 0 or "maria" in ran.err, ran.err
