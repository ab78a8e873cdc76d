"""A house for the listener to stand in: a ledger that is a list, and switches for what can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from desk.errors import Unavailable
from intake.listener import Listener
from intake.recorder import Recorder
from intake.settings import ListenerSettings
from procedure.mail import Envelope

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OURS = {"help@shop.example", "sales@shop.example", "βοήθεια@shop.example"}


@dataclass
class House:
    """What the dialogue can see of us. ``gate`` holds a commit back while it is cleared."""

    stored: list[Envelope] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    store_is_away: bool = False
    has_bug: bool = False
    free_bytes: int = 1 << 40
    gate: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def accepts(self, address: str) -> bool:
        """Say whether an address is ours."""
        if self.store_is_away:
            raise Unavailable
        return address.lower() in OURS or address.lower() == "postmaster@shop.example"

    def record(self, envelopes: Sequence[Envelope]) -> list[int]:
        """Store mails, each or none."""
        self.began.set()
        assert self.gate.wait(20)
        if self.has_bug:
            raise ValueError("secret text of ours")
        if any(b"X-Bad: yes" in one.raw for one in envelopes):
            raise Unavailable
        self.batches.append(len(envelopes))
        self.stored.extend(envelopes)
        return list(range(len(self.stored) - len(envelopes) + 1, len(self.stored) + 1))

    def listener(self, settings: ListenerSettings) -> Listener:
        """Return a listener at this house's door."""
        return Listener(
            settings,
            Recorder(self.record),
            self.accepts,
            now=lambda: NOW,
            free_bytes=lambda: self.free_bytes,
            token=lambda: "ref0123456789",
        )
