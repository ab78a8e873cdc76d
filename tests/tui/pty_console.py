"""The real console on a store, with a clock that stands still.

``python -m tests.tui.pty_console URL LOGIN [EDITOR]``
"""

from __future__ import annotations

import sys
from datetime import UTC

from desk import people
from desk.actors import Actor
from desk.context import Desk
from tests.fakes.desks import FakeClock, opened
from tui.app import ConsoleApp
from tui.terminal import run


def connect() -> tuple[Desk, Actor]:
    desk = opened(sys.argv[1])
    return desk, people.owner(desk, sys.argv[2])


if __name__ == "__main__":
    sys.exit(run(ConsoleApp(connect, FakeClock().now, zone=UTC, editor=" ".join(sys.argv[3:]))))
