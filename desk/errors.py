"""Why the desk says no: one sentence for the person who asked.

DeskError
├── Refused              the permission matrix says no
├── NotFound             there is no such ticket, mail, person
├── Invalid              what was asked makes no sense; says what would
│   └── BadSearch          a search that means nothing; ``start`` and ``end`` are the place of the mistake
├── Conflict             somebody else was first
│   ├── AlreadyTaken     another agent has the ticket; ``who`` names them
│   └── AnsweredMeanwhile  the conversation went on since the author last looked; sending again is allowed
└── Unavailable          our own trouble, temporary: store busy, full or away. Towards a mail peer this is 4xx.
"""

from __future__ import annotations


class DeskError(Exception):
    """The desk cannot do this."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or (self.__doc__ or "").strip())


class Refused(DeskError):
    """You may not do this."""


class NotFound(DeskError):
    """There is no such thing."""


class Invalid(DeskError):
    """This cannot be done as asked."""


class BadSearch(Invalid):
    """This search means nothing."""

    def __init__(self, sentence: str, start: int, end: int) -> None:
        super().__init__(sentence)
        self.start, self.end = start, end


class Conflict(DeskError):
    """Somebody else changed this first; look again."""


class AlreadyTaken(Conflict):
    """Somebody else has this ticket."""

    def __init__(self, ref: str, who: str) -> None:
        super().__init__(f"{ref} is with {who} already.")
        self.who = who


class AnsweredMeanwhile(Conflict):
    """The conversation went on while you were writing."""


class Unavailable(DeskError):
    """The store is not available just now; try again."""
