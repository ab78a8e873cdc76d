"""The two parties on either side of a dialogue: the house behind its door, and the caller on the line."""

from __future__ import annotations

from typing import Protocol

from intake.content import Content
from intake.settings import Speech
from intake.wire import Line

LOCAL = "local"
"""The peer on a unix socket: who may connect is said by the socket's mode, so it need not log in."""


class PeerGone(Exception):  # not an error of ours
    """The peer left in the middle of something; nobody is there to hear a reply."""


class Close(Exception):  # not an error: the last reply of a dialogue
    """End the dialogue after this reply."""


class Door(Protocol):
    """The listener that opened the connection. Each method may raise: the peer then hears 451."""

    def enter(self, peer: str) -> bool:
        """Count a connection in; False when there are too many."""

    def leave(self, peer: str) -> None:
        """Count a connection out that was let in."""

    def accepts(self, address: str) -> bool:
        """Say whether mail to ``address`` is ours."""

    def has_space(self, octets: int) -> bool:
        """Say whether a mail of that size leaves the store's disk its floor."""

    def has_memory(self) -> bool:
        """Say whether one more mail may begin."""

    def hold(self, octets: int) -> bool:
        """Take memory for octets of a mail, or give it back where negative; False when there is not so much."""

    def reference(self) -> str:
        """Return a short text that connects a 451 with its line in the log."""

    async def take(self, peer: str, mail_from: str, rcpt_to: tuple[str, ...], raw: bytes, user: str) -> int:
        """Make the mail durable and return its ledger id; ``user`` is who has logged in, '' for nobody."""


class Caller(Protocol):
    """The connection, as far as commands need it."""

    peer: str
    speech: Speech
    is_secure: bool

    async def receive(self) -> Content:
        """Say 354 and read a mail to its end. Raises ``Close`` and ``PeerGone``."""

    def release(self) -> None:
        """Give back the memory of the mail that was received."""

    async def ask(self, reply: str) -> Line:
        """Send a reply that is no end and return the line that follows. Raises ``PeerGone``."""

    async def start_tls(self) -> None:
        """Say 220, forget what was sent ahead, and go on under TLS. Raises ``PeerGone``."""

    def trouble(self, error: Exception) -> str:
        """Return the reply for trouble of our own, whose text goes to the log alone."""
