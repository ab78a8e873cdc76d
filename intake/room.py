"""What there is room for: free space on the store's disk, and memory for mails that are under way."""

from __future__ import annotations

import time
from collections.abc import Callable

_SPACE_SECONDS = 1.0


class Space:
    """The free space of a disk, asked for at most once a second."""

    def __init__(self, free_bytes: Callable[[], int], floor: int) -> None:
        self._free_bytes = free_bytes
        self._floor = floor
        self._free = 0
        self._asked_at: float | None = None

    def has(self, octets: int) -> bool:
        """Say whether ``octets`` more leave the floor free."""
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > _SPACE_SECONDS:
            self._free, self._asked_at = self._free_bytes(), now
        return self._free - octets >= self._floor


class Memory:
    """Octets of mails that are being received or stored, all connections together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.used = 0

    @property
    def is_full(self) -> bool:
        """Say whether not one octet more fits."""
        return self.used >= self._most

    def change(self, octets: int) -> bool:
        """Take octets, or give them back where negative; False, and nothing taken, when they do not fit."""
        if octets > 0 and self.used + octets > self._most:
            return False
        self.used += octets
        return True
