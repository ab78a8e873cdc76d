"""Where time and chance come from: the one place that asks the machine. Imports no store: a console paints first."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""


class Chance(Protocol):
    """Where chance comes from."""

    def token(self) -> str:
        """Return 128 bits that nobody can guess, as 26 lower-case letters and digits."""

    def fraction(self) -> float:
        """Return a number from 0 to 1, for jitter."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)


class SystemChance:
    """The operating system's randomness."""

    def token(self) -> str:
        """Return 26 random letters and digits."""
        return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()

    def fraction(self) -> float:
        """Return a random number from 0 to 1."""
        return secrets.randbelow(10_000) / 10_000
