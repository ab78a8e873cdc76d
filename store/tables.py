"""Every table of the store, with the laws that the schema itself holds.

| table | one row is |
|---|---|
| staff, staff_role | a person of the group, and what they may be |
| contact | a requester, by mail address |
| ticket, ticket_tag, participant | a request, its tags, the addresses that may answer it |
| message, attachment, blob | a word in a conversation, a file with it, the file's bytes once by content |
| event | a line of history, never edited (trigger) |
| ledger, ledger_raw | an accepted mail and its bytes |
| outbox, delivery_attempt | a mail to send, and each try |
| draft | words not yet sent |
| policy_version, setting, lease | the policy as numbered versions, single values, who runs the service |
| queue_count, ledger_count | counters kept by triggers, so that a count costs the same at any size |

Table models do not validate; the CHECK constraints here do, and use cases validate input before. Instants are aware
UTC on both databases; a naive value is refused by the column type.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from procedure.terms import (
    Channel,
    Fate,
    MessageKind,
    OutboxKind,
    OutboxState,
    Priority,
    Role,
    Status,
)
from store.columns import Bytes, Json, MaybeJson, word

# The conditions of the partial indexes. A query must use the same words: no planner proves that a bound value fits.
OPEN_SQL = "status NOT IN ('solved', 'closed')"
"""Tickets that are in a queue."""

ASLEEP_SQL = "wake_at IS NOT NULL AND status NOT IN ('new', 'open')"
"""Tickets that a moment will wake or close."""

FOLDED_SQL = "flood_of IS NOT NULL"
"""Mails that stand behind the first of their flood."""

PENDING_SQL = "fate = 'pending'"
"""Mails that have no fate yet."""

TO_SEND_SQL = "state IN ('queued', 'sending')"
"""Mails that have not left, and are not given up."""


ALARM_SQL = "alarm_at IS NOT NULL"
"""Tickets that have a warning or a breach before them."""


class Staff(SQLModel, table=True):
    """A member of staff. ``login`` is what sshd's key line and ``--as`` name."""

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(unique=True)
    name: str
    email: str = ""
    is_blocked: bool = False
    created_at: datetime


class StaffRole(SQLModel, table=True):
    """A role of a member of staff."""

    __tablename__ = "staff_role"
    staff_id: int = Field(foreign_key="staff.id", primary_key=True)
    role: Role = Field(sa_type=word(Role, "role_known"), primary_key=True)


class Contact(SQLModel, table=True):
    """A requester. ``address`` is lower-case, or NULL for a caller who gave none; '' is never stored."""

    __table_args__ = (CheckConstraint("address <> ''", name="address_given"),)
    id: int | None = Field(default=None, primary_key=True)
    address: str | None = Field(default=None, unique=True)
    name: str = ""
    created_at: datetime


class Ticket(SQLModel, table=True):
    """A request.

    ``next_at`` is the moment that sorts the queue: due when the turn is ours, the wake-up when it is theirs. A ticket
    without a next moment cannot be stored, which is how nothing is forgotten. ``alarm_at`` is when one of its clocks
    has the next thing to say (``desk.alarms``).
    """

    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 3", name="level_known"),
        CheckConstraint("difficulty BETWEEN 1 AND 5", name="difficulty_known"),
        CheckConstraint("turn IN (0, 1)", name="turn_known"),
        CheckConstraint(
            "status NOT IN ('pending', 'on_hold', 'solved') OR wake_at IS NOT NULL", name="sleeper_has_wake"
        ),
        CheckConstraint(
            "status = 'closed' OR waiting_since IS NOT NULL OR wake_at IS NOT NULL", name="open_has_next_moment"
        ),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="claim_is_a_lease"),
        Index(
            "ix_ticket_queue",
            "level",
            "turn",
            "next_at",
            "id",
            sqlite_where=text(OPEN_SQL),
            postgresql_where=text(OPEN_SQL),
        ),
        Index("ix_ticket_open", "turn", "next_at", "id", sqlite_where=text(OPEN_SQL), postgresql_where=text(OPEN_SQL)),
        Index(
            "ix_ticket_wake",
            "wake_at",
            sqlite_where=text(ASLEEP_SQL),
            postgresql_where=text(ASLEEP_SQL),
        ),
        Index("ix_ticket_alarm", "alarm_at", sqlite_where=text(ALARM_SQL), postgresql_where=text(ALARM_SQL)),
        Index("ix_ticket_requester", "requester_id", "id"),
        {"sqlite_autoincrement": True},  # a reference once given out is never given out again
    )
    id: int | None = Field(default=None, primary_key=True)
    subject: str
    requester_id: int = Field(foreign_key="contact.id")
    channel: Channel = Field(sa_type=word(Channel, "channel_known"))
    mailbox: str = ""
    level: int
    difficulty: int
    priority: Priority = Field(sa_type=word(Priority, "priority_known"))
    status: Status = Field(sa_type=word(Status, "status_known"))
    assignee_id: int | None = Field(default=None, foreign_key="staff.id", index=True)
    claimed_by: int | None = Field(default=None, foreign_key="staff.id")
    claimed_until: datetime | None = None
    turn: int = 0
    next_at: datetime
    waiting_since: datetime | None = None
    due_at: datetime | None = None
    alarm_at: datetime | None = None
    wake_at: datetime | None = None
    created_at: datetime
    changed_at: datetime
    first_answered_at: datetime | None = None
    closed_at: datetime | None = None
    linked_ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    rules: Any = Field(default_factory=list, sa_type=Json)
    version: int = 1


class TicketTag(SQLModel, table=True):
    """A tag on a ticket, lower-case."""

    __tablename__ = "ticket_tag"
    ticket_id: int = Field(foreign_key="ticket.id", primary_key=True)
    tag: str = Field(primary_key=True, index=True)


class Participant(SQLModel, table=True):
    """An address whose mail may join a ticket by its number alone."""

    ticket_id: int = Field(foreign_key="ticket.id", primary_key=True)
    address: str = Field(primary_key=True, index=True)


class Message(SQLModel, table=True):
    """A word in a conversation.

    ``takes_turn`` tells whether a customer's word waits for us (a robot's does not) or a staff answer counts (a dead
    one does not): ``waiting_since`` is computed from these rows and from nothing else.
    """

    __table_args__ = (
        Index("ix_message_ticket", "ticket_id", "id"),
        Index(
            "ix_message_message_id",
            "message_id",
            sqlite_where=text("message_id <> ''"),
            postgresql_where=text("message_id <> ''"),
        ),
        Index(
            "uq_message_ledger",
            "ledger_id",
            unique=True,
            sqlite_where=text("ledger_id IS NOT NULL"),
            postgresql_where=text("ledger_id IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},  # an answer called back leaves its number unused for ever
    )
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id")
    kind: MessageKind = Field(sa_type=word(MessageKind, "kind_known"))
    at: datetime
    author_name: str
    author_address: str = ""
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    text: str
    message_id: str = ""
    ledger_id: int | None = Field(default=None, foreign_key="ledger.id")
    takes_turn: bool = False


class Blob(SQLModel, table=True):
    """The bytes of an attachment, once by content."""

    sha256: str = Field(primary_key=True)
    size: int
    content: bytes = Field(sa_type=Bytes)


class Attachment(SQLModel, table=True):
    """A file that came with a message; ``filename`` is what the sender called it and no safe path."""

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id", index=True)
    filename: str
    content_type: str
    sha256: str = Field(foreign_key="blob.sha256")


class Event(SQLModel, table=True):
    """A line of history. Triggers refuse every UPDATE and DELETE (law 5)."""

    __table_args__ = (
        CheckConstraint("actor <> ''", name="actor_given"),
        Index("ix_event_ticket", "ticket_id", "id"),
        Index("ix_event_actor", "actor", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor: str
    kind: str
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    data: Any = Field(default_factory=dict, sa_type=Json)


class Ledger(SQLModel, table=True):
    """An accepted mail. ``pending`` rows are due at ``due_at`` unless leased until ``lease_until``.

    ``user`` is who had logged in to send it, '' for nobody. ``wants_ticket_id`` is the ticket that a quarantined mail
    wants to join. ``flood_of`` is the first waiting mail of a flood, for the others (``desk.floods``). ``decision`` is
    what a person decided about it, with what was before (``desk.decisions``); the filer carries it out.
    """

    __table_args__ = (
        CheckConstraint("(fate = 'duplicate') = (duplicate_of IS NOT NULL)", name="duplicate_names_the_first"),
        CheckConstraint("fate NOT IN ('new_ticket', 'appended') OR ticket_id IS NOT NULL", name="filed_has_ticket"),
        CheckConstraint("flood_of IS NULL OR fate = 'quarantined'", name="folded_waits"),
        Index(
            "uq_ledger_digest",
            "digest",
            unique=True,
            sqlite_where=text("duplicate_of IS NULL"),
            postgresql_where=text("duplicate_of IS NULL"),
        ),
        Index(
            "ix_ledger_pending",
            "due_at",
            "id",
            sqlite_where=text(PENDING_SQL),
            postgresql_where=text(PENDING_SQL),
        ),
        Index("ix_ledger_fate", "fate", "id"),
        Index("ix_ledger_flood_of", "flood_of", "id", sqlite_where=text(FOLDED_SQL), postgresql_where=text(FOLDED_SQL)),
        Index(
            "ix_ledger_duplicate_of",
            "duplicate_of",
            sqlite_where=text("duplicate_of IS NOT NULL"),
            postgresql_where=text("duplicate_of IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    received_at: datetime
    peer: str
    user: str = ""
    mail_from: str
    rcpt_to: Any = Field(sa_type=Json)
    size: int
    digest: str
    fate: Fate = Field(default=Fate.PENDING, sa_type=word(Fate, "fate_known"))
    reason: str = ""
    rules: Any = Field(default_factory=list, sa_type=Json)
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id", index=True)
    duplicate_of: int | None = Field(default=None, foreign_key="ledger.id")
    attempts: int = 0
    due_at: datetime
    lease_until: datetime | None = None
    wants_ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    flood_of: int | None = Field(default=None, foreign_key="ledger.id")
    decision: Any = Field(default=None, sa_type=MaybeJson, nullable=True)


class LedgerRaw(SQLModel, table=True):
    """The bytes of an accepted mail, apart from its row so that walking the ledger does not read them.

    Those of a large one lie in the file ``file`` of the store's mail folder (``store.spool``), and none are here.
    ``plain_size`` is set when the bytes are packed (``store.packing``), and says how many they are unpacked.
    """

    __tablename__ = "ledger_raw"
    __table_args__ = (CheckConstraint("file = '' OR length(raw) = 0", name="bytes_in_one_place"),)
    ledger_id: int = Field(foreign_key="ledger.id", primary_key=True)
    raw: bytes = Field(sa_type=Bytes)
    file: str = ""
    plain_size: int | None = None


class Outbox(SQLModel, table=True):
    """A mail to send, written in the transaction of its cause. ``message_id`` is fixed here and never changes."""

    __table_args__ = (
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending_is_a_lease"),
        Index(
            "ix_outbox_due",
            "due_at",
            "id",
            sqlite_where=text(TO_SEND_SQL),
            postgresql_where=text(TO_SEND_SQL),
        ),
        Index("ix_outbox_to", "to_address", "created_at"),
        {"sqlite_autoincrement": True},  # a bounce address names this number and must never find another mail
    )
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    answer_id: int | None = Field(default=None, foreign_key="message.id", unique=True)
    kind: OutboxKind = Field(sa_type=word(OutboxKind, "outbox_kind_known"))
    envelope_from: str
    sender_name: str
    sender_address: str
    to_name: str
    to_address: str
    reply_to: str
    subject: str
    text: str
    message_id: str = Field(unique=True)
    in_reply_to: str = ""
    references: Any = Field(default_factory=list, sa_type=Json)
    state: OutboxState = Field(default=OutboxState.QUEUED, sa_type=word(OutboxState, "outbox_state_known"))
    attempts: int = 0
    created_at: datetime
    due_at: datetime
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    warned_at: datetime | None = None
    last_reply: str = ""


class DeliveryAttempt(SQLModel, table=True):
    """One try to send one mail, and what the next hop said."""

    __tablename__ = "delivery_attempt"
    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    at: datetime
    outcome: str
    reply: str


class Draft(SQLModel, table=True):
    """Words not yet sent: one per person, ticket and kind, so that a lost line loses none (law 9)."""

    __table_args__ = (UniqueConstraint("ticket_id", "staff_login", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    staff_login: str = Field(index=True)
    kind: MessageKind = Field(sa_type=word(MessageKind, "draft_kind_known"))
    text: str
    updated_at: datetime


class PolicyVersion(SQLModel, table=True):
    """A version of the policy as it was loaded; the newest is in force."""

    __tablename__ = "policy_version"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor: str
    toml: str


class Setting(SQLModel, table=True):
    """A single value that belongs to this store: its id, its signing key."""

    key: str = Field(primary_key=True)
    value: str


class Lease(SQLModel, table=True):
    """Who runs the service on an embedded store; a lease that is past its moment is nobody's."""

    name: str = Field(primary_key=True)
    holder: str
    until: datetime


class QueueCount(SQLModel, table=True):
    """How many open tickets a level holds, by turn. Kept by triggers; ``slot`` spreads writers on PostgreSQL."""

    __tablename__ = "queue_count"
    level: int = Field(primary_key=True)
    turn: int = Field(primary_key=True)
    slot: int = Field(primary_key=True, default=0)
    tickets: int = 0


class LedgerCount(SQLModel, table=True):
    """How many ledger rows have a fate, and under ``accepted`` how many there are. Kept by triggers."""

    __tablename__ = "ledger_count"
    word: str = Field(primary_key=True)
    slot: int = Field(primary_key=True, default=0)
    mails: int = 0
