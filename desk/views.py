"""What the desk shows to its adapters: frozen values without a session behind them.

Screens, the command line and workers see these and never a table row. This module imports no store, so a console can
name these types before the store's libraries are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from procedure.mail import RuleHit
from procedure.terms import (
    Channel,
    Fate,
    Level,
    MessageKind,
    OutboxState,
    Priority,
    Status,
    Turn,
    ref,
)


@dataclass(frozen=True)
class QueueRow:
    """One line of a queue. ``version`` changes whenever the ticket does."""

    id: int
    version: int
    status: Status
    level: Level
    priority: Priority
    turn: Turn
    subject: str
    requester: str
    assignee: str | None
    waiting_since: datetime | None
    due_at: datetime | None
    wake_at: datetime | None
    next_at: datetime
    claimed_by: str | None = None
    has_draft: bool = False

    @property
    def ref(self) -> str:
        """Return the public reference."""
        return ref(self.id)


@dataclass(frozen=True)
class FoundPage:
    """Tickets that a search found, newest first; ``next_before`` is where to go on, None when all was looked at."""

    ids: tuple[int, ...]
    next_before: int | None


@dataclass(frozen=True)
class AttachmentView:
    """An attachment without its bytes."""

    id: int
    filename: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class MessageView:
    """One message of a conversation. ``delivery`` is the outbox state of an answer, None for what never leaves."""

    id: int
    kind: MessageKind
    author_name: str
    author_address: str
    at: datetime
    text: str
    message_id: str
    ledger_id: int | None
    attachments: tuple[AttachmentView, ...] = ()
    delivery: OutboxState | None = None
    delivery_reply: str = ""


@dataclass(frozen=True)
class EventView:
    """One line of a ticket's history; ``data`` is what the event recorded."""

    id: int
    at: datetime
    actor: str
    kind: str
    data: dict[str, object]


@dataclass(frozen=True)
class TicketView:
    """A whole ticket: its row, its conversation oldest first, its history oldest first.

    ``note_address`` is where staff write notes by mail; '' when no mail could prove that it is theirs.
    """

    id: int
    version: int
    subject: str
    status: Status
    level: Level
    difficulty: int
    priority: Priority
    channel: Channel
    requester_name: str
    requester_address: str
    assignee: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    tags: tuple[str, ...]
    created_at: datetime
    waiting_since: datetime | None
    due_at: datetime | None
    wake_at: datetime | None
    rules: tuple[RuleHit, ...]
    messages: tuple[MessageView, ...] = ()
    events: tuple[EventView, ...] = ()
    note_address: str = ""

    @property
    def ref(self) -> str:
        """Return the public reference."""
        return ref(self.id)


@dataclass(frozen=True)
class LevelCount:
    """How many open tickets a level's queue holds, and how many of them wait for us."""

    level: Level
    open: int
    waiting: int


@dataclass(frozen=True)
class Balance:
    """The sum of the ledger: ``accepted`` must equal the fates plus ``pending``.

    ``faults`` are sentences about rows whose fate has nothing behind it (a ``new_ticket`` without its ticket).
    """

    accepted: int
    fates: dict[Fate, int]
    pending: int
    faults: tuple[str, ...] = ()

    @property
    def settled(self) -> int:
        """Return the sum of the fates and what is pending."""
        return sum(self.fates.values()) + self.pending

    @property
    def is_balanced(self) -> bool:
        """Tell whether every accepted mail is accounted for."""
        return self.accepted == self.settled and not self.faults


@dataclass(frozen=True)
class DecisionView:
    """What a person decided about a parked mail: ``act`` is ``release``, ``join``, ``spam`` or ``retry``."""

    act: str
    by: str
    at: datetime
    ticket_id: int | None = None


@dataclass(frozen=True)
class LedgerRow:
    """One accepted mail without its bytes; ``user`` is who had logged in to send it, '' for nobody.

    ``folded`` mails of a flood stand behind it; ``flood_of`` is the mail behind which it stands itself.
    """

    id: int
    received_at: datetime
    peer: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    size: int
    digest: str
    fate: Fate
    reason: str
    ticket_id: int | None
    attempts: int
    rules: tuple[RuleHit, ...] = ()
    duplicate_of: int | None = None
    wants_ticket_id: int | None = None
    decision: DecisionView | None = None
    user: str = ""
    flood_of: int | None = None
    folded: int = 0

    @property
    def is_parked(self) -> bool:
        """Tell whether the mail is where a person decides about it."""
        return self.fate in (Fate.QUARANTINED, Fate.POISON)


AT_ONCE = 2_000
"""Mails of a flood that one act decides about: more would hold the store for seconds. The rest stay one item."""


@dataclass(frozen=True)
class LedgerPage:
    """Ids of mails, newest first. ``next_before`` is where the next page begins, None at the end of the ledger.

    ``searched_to`` is set when the words were looked for only in mails received since that moment.
    """

    ids: tuple[int, ...]
    next_before: int | None = None
    searched_to: datetime | None = None


@dataclass(frozen=True)
class Wanted:
    """Which mails: of a fate, with all words of ``text`` in sender or recipients, of the flood of ``flood``."""

    fate: Fate | None = None
    text: str = ""
    flood: int | None = None


@dataclass(frozen=True)
class RawPart:
    """Some bytes of a mail as it came, from ``start`` on; ``total`` is its size."""

    start: int
    content: bytes
    total: int


@dataclass(frozen=True)
class OutboxRow:
    """One outgoing mail without its text."""

    id: int
    ticket_id: int
    to: str
    subject: str
    state: OutboxState
    attempts: int
    due_at: datetime
    last_reply: str
    message_id: str


@dataclass(frozen=True)
class DraftView:
    """Words not yet sent."""

    ticket_id: int
    kind: MessageKind
    text: str
    updated_at: datetime


@dataclass(frozen=True)
class StaffView:
    """A member of staff."""

    id: int
    login: str
    name: str
    email: str
    roles: tuple[str, ...]
    is_blocked: bool
