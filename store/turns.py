"""Whose turn it is to write: one writer at a time, those in a hurry before the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock with two queues. Who is urgent waits for the writer at work and for those urgent before it, for no other.

    Nobody starves by it: who is urgent (a mail peer that waits for its 250) writes little, and waits for an answer
    before it comes again.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._urgent = 0

    @property
    def is_wanted(self) -> bool:
        """Tell whether somebody urgent waits."""
        return self._urgent > 0

    @contextmanager
    def take(self, *, urgent: bool = False) -> Iterator[None]:
        """Hold the turn while the block runs."""
        with self._changed:
            self._urgent += urgent
            self._changed.wait_for(lambda: not self._is_taken and (urgent or not self._urgent))
            self._urgent -= urgent
            self._is_taken = True
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()
