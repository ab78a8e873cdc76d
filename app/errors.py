"""What goes wrong outside the desk: settings, packages, terminal. ``app.main`` prints the lines and exits.

AppError (1)
├── NoSearch (1)          app.found
└── SettingsError (78)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class AppError(Exception):
    """A refusal in one sentence for the person at the command line."""

    exit_status: ClassVar[int] = 1

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the sentences to print, one per line."""
        return (str(self),)


class SettingsError(AppError):
    """Settings that cannot be used; ``problems`` has one sentence for each, with its file and key or its variable."""

    # EX_CONFIG of sysexits.h: service managers do not restart on it.
    exit_status: ClassVar[int] = 78

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)

    @property
    def lines(self) -> tuple[str, ...]:
        """Return all problems."""
        return self.problems
