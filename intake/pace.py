"""How fast mail comes in, so that filing can step aside while many peers wait for their 250."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

STORM = 300.0
"""Mails a second from which on filing waits: more than one processor files, so the backlog grows anyhow."""

BUSY = 10.0
"""Mails a second from which on work that nobody waits for is put off."""

_WINDOW_SECONDS = 0.5


class Pace:
    """Counts the mails of the last half second. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._mails = 0

    def count(self, mails: int) -> None:
        """Note that so many mails were taken now."""
        self._seen.append((self._clock(), mails))
        self._mails += mails
        self._forget()

    def is_storm(self) -> bool:
        """Say whether more than 300 mails a second come in."""
        self._forget()
        return self._mails > STORM * _WINDOW_SECONDS

    def is_busy(self) -> bool:
        """Say whether more than 10 mails a second come in: what can wait until tonight does."""
        self._forget()
        return self._mails > BUSY * _WINDOW_SECONDS

    def _forget(self) -> None:
        since = self._clock() - _WINDOW_SECONDS
        while self._seen and self._seen[0][0] < since:
            self._mails -= self._seen.popleft()[1]
