"""A mail after parsing, as plain values: what the parser child hands to the rules and to filing.

Nothing here opens the raw bytes; ``intake.parsing`` makes these, ``procedure`` and ``desk`` read them. All text is
as decoded (control characters included): the display boundary ``tui.safe`` makes it harmless, the store keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from procedure.telling import Telling
from procedure.terms import OutboxKind

RECEIVED_COUNT = "x-received-count"
"""Among the headers of a parsed mail, though no field of it: how many Received fields it has."""


@dataclass(frozen=True)
class Address:
    """A mail address with its display name; ``address`` is lower-case in the domain, '' when unusable."""

    name: str
    address: str


@dataclass(frozen=True)
class ParsedAttachment:
    """One attached part: its decoded bytes and what the sender called it (not a safe path)."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class ForwardedMail:
    """The first mail that is attached to another (message/rfc822), as far as filing needs it."""

    sender: Address
    subject: str
    text: str
    message_id: str = ""


@dataclass(frozen=True)
class ParsedMail:
    """The parts of a mail that filing needs.

    ``message_id``, ``in_reply_to`` and ``references`` keep their angle brackets; ``references`` is in header order.
    ``headers`` holds the first value of the few headers that the rules ask for, by lower-case name.
    ``bounce_ids`` are Message-IDs of an original found inside a delivery report; ``bounce_status`` its RFC 3463 code
    and ``bounce_action`` its action (RFC 3464 §2.3.3), of the recipient for whom it went worst. They are also there
    for what only sounds like a report: ``is_delivery_report`` is false then.
    ``forwarded`` is the first mail attached to this one. ``telling`` are its words for the rules and
    ``folded`` those for the search; None when nobody has read them yet. ``defects`` are sentences about what was wrong
    with the mail and how it was read.
    """

    sender: Address
    senders: tuple[Address, ...]
    recipients: tuple[Address, ...]
    subject: str
    text: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[ParsedAttachment, ...] = ()
    is_delivery_report: bool = False
    bounce_ids: tuple[str, ...] = ()
    bounce_status: str = ""
    bounce_action: str = ""
    forwarded: ForwardedMail | None = None
    telling: Telling | None = None
    folded: str | None = None
    defects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Envelope:
    """A mail as it came over the wire. ``mail_from`` is '' for the null sender; ``raw`` is bit for bit what came.

    ``user`` is the name under which the peer logged in (RFC 4954), '' when it did not.
    """

    received_at: datetime
    peer: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    raw: bytes
    user: str = ""


@dataclass(frozen=True)
class OutgoingMail:
    """One mail to send: all that composing needs, nothing that the next hop says.

    ``envelope_from`` is '' for acknowledgements (RFC 3834 §3.3). ``message_id``, ``in_reply_to`` and ``references``
    keep their angle brackets; ``references`` is oldest first. ``instance`` is the signed mark by which the desk knows
    its own mail again (``procedure.tokens``).
    """

    outbox_id: int
    kind: OutboxKind
    envelope_from: str
    sender: Address
    to: Address
    reply_to: str
    subject: str
    text: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    date: datetime
    attempts: int
    instance: str = ""


@dataclass(frozen=True)
class Sent:
    """The next hop took the mail; ``reply`` is its last line, e.g. ``250 2.0.0 queued as 4F2``."""

    reply: str


@dataclass(frozen=True)
class Deferred:
    """A temporary refusal (4xx, or no connection): try again later."""

    reply: str


@dataclass(frozen=True)
class Rejected:
    """A permanent refusal (5xx): trying again is no use."""

    reply: str


Outcome = Sent | Deferred | Rejected
"""What became of one attempt; temporary or permanent is the type and never read from text."""


@dataclass(frozen=True)
class RuleHit:
    """A rule that had a say in a decision, and what it saw."""

    rule: str
    because: str
