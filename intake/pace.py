"""How hard it is to get a 250 just now, so that filing can step aside while peers wait for theirs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

STORM = 300.0
"""Mails a second from which on filing waits: it cannot keep up with them anyhow."""

BUSY = 0.6
"""Part of the time in which some mail was being made durable, from which on filing waits. One peer that sends as fast
as it gets its replies keeps us so busy when filing is in its way, and half as busy when it is not."""

CROWD = 4
"""Mails that are being made durable at one moment, from which on filing waits: the beginning of a storm."""

FEW = 50.0
"""Mails a second below which nothing is a storm: a slow disk alone is none."""

QUIET = 10.0
"""Mails a second up to which work that nobody waits for is done beside them."""

_WINDOW_SECONDS = 0.5


class Pace:
    """Looks at the mails of the last half second. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stored: deque[float] = deque()
        self._busy: deque[tuple[float, float]] = deque()
        self._in_hand = 0
        self._since = 0.0

    def begin(self) -> None:
        """Note that a mail is complete and is to be made durable."""
        if not self._in_hand:
            self._since = self._clock()
        self._in_hand += 1

    def end(self) -> None:
        """Note that a mail was stored or refused."""
        now = self._clock()
        self._in_hand -= 1
        self._stored.append(now)
        if not self._in_hand:
            self._busy.append((self._since, now))
        self._forget(now)

    def is_storm(self) -> bool:
        """Say whether more mail comes in than can be filed beside it."""
        if self._in_hand >= CROWD:
            return True
        now = self._clock()
        self._forget(now)
        rate = len(self._stored) / _WINDOW_SECONDS
        return rate > STORM or (rate > FEW and self._busy_part(now) > BUSY)

    def is_busy(self) -> bool:
        """Say whether more than 10 mails a second come in: what can wait until tonight does."""
        self._forget(self._clock())
        return len(self._stored) > QUIET * _WINDOW_SECONDS

    def _busy_part(self, now: float) -> float:
        begin = now - _WINDOW_SECONDS
        busy = sum(max(0.0, end - max(start, begin)) for start, end in self._busy)
        if self._in_hand:
            busy += now - max(self._since, begin)
        return busy / _WINDOW_SECONDS

    def _forget(self, now: float) -> None:
        begin = now - _WINDOW_SECONDS
        while self._stored and self._stored[0] < begin:
            self._stored.popleft()
        while self._busy and self._busy[0][1] < begin:
            self._busy.popleft()
