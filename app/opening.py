"""What opens behind a console that has painted already: the desk, the person, and the service where nobody runs it.

This module is loaded before the first paint, so the store's libraries are imported inside ``open``.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from app.context import Context

if TYPE_CHECKING:
    from desk.actors import Actor
    from desk.context import Desk

log = logging.getLogger("tierdesk.console")

NO_SERVICE = "no service!"


class Opening:
    """Opens once, from any thread, and closes in the opposite order; a context manager."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._desk: Desk | None = None

    def __enter__(self) -> Opening:
        """Open nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the service if it is ours, and close the desk."""
        with self._lock:
            self._stack.close()

    def open(self) -> tuple[Desk, Actor]:
        """Return the desk and who is at the keyboard. Raises AppError or DeskError with a sentence for the person."""
        from app.running import is_running
        from app.wiring import open_desk, who

        with self._lock:
            desk = open_desk(self._context)
            self._stack.callback(desk.close)
            actor = who(self._context, desk)
            if not is_running(desk):
                from app.service import run_in_thread

                addresses = self._stack.enter_context(run_in_thread(desk, self._context.settings))
                log.info("action=service_inside listening=%s", ",".join(addresses) or "-")
            self._desk = desk
            return desk, actor

    def service_state(self) -> str:
        """Return what the top line says of the service: nothing while one runs. Raises DeskError."""
        from app.running import is_running

        return "" if self._desk is None or is_running(self._desk) else NO_SERVICE
