"""What a mail says about where it belongs, read once: the signs, not yet the decision (``procedure.threading``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from procedure import tokens
from procedure.automatic import Automatic, classify
from procedure.mail import RECEIVED_COUNT, Envelope, ParsedMail

T = TypeVar("T")

MAX_HEADER_IDS = 20
"""Message-IDs of In-Reply-To and References that are looked at, nearest first."""

MAX_HEADER_BYTES = 1_000_000
_RECEIVED = re.compile(rb"^received:", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_SUBJECT_TAG = re.compile(r"\[TD-([1-9][0-9]{0,14})\]", re.IGNORECASE)


@dataclass(frozen=True)
class Clues:
    """The signs in one mail. Numbers are tickets unless their name says otherwise; none of them is looked up yet.

    ``own_message`` is the ticket of a mail of our own that came back, ``noted`` those whose note address it was sent
    to, ``at_bounce`` the ticket of the outgoing mail at whose envelope sender it arrived (ask the store, then call
    ``bounced_at``).

    ``header_ids`` are the Message-IDs the mail answers, nearest first; ask the store which of them it knows and pass
    that to ``knowing``. ``replied`` and ``signed`` are proven by a MAC, ``known`` and ``tagged`` anybody could write.
    """

    automatic: Automatic | None = None
    own_message: int | None = None
    hops: int = 0
    is_from_us: bool = False
    bounced_outbox_id: int | None = None
    bounced_message_id: str | None = None
    bounced_ticket: int | None = None
    header_ids: tuple[str, ...] = ()
    replied: tuple[int, ...] = ()
    signed: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    tagged: tuple[int, ...] = ()
    noted: tuple[int, ...] = ()
    at_bounce: tuple[int, ...] = ()
    mailboxes: frozenset[str] = frozenset()

    @property
    def ticket_ids(self) -> frozenset[int]:
        """Return every ticket that ``decide`` may ask about."""
        proven = (*self.replied, *self.signed, *self.noted, *self.at_bounce)
        named = (self.own_message, self.bounced_ticket, *proven, *self.known, *self.tagged)
        return frozenset(number for number in named if number is not None)

    def bounced_at(self, ticket_id: int) -> Clues:
        """Return the clues with the ticket of the outgoing mail that ``bounced_outbox_id`` names."""
        return replace(self, at_bounce=(ticket_id,))

    def knowing(self, tickets_by_message_id: Mapping[str, int]) -> Clues:
        """Return the clues with the tickets on which the mails it answers are stored."""
        known = (tickets_by_message_id.get(message_id) for message_id in self.header_ids)
        return replace(self, known=_once(number for number in known if number is not None))


def find_clues(mail: ParsedMail, envelope: Envelope, key: bytes, mailboxes: Collection[str]) -> Clues:
    """Return what a mail says about where it belongs; ``mailboxes`` are the desk's own addresses, without tags."""
    header_ids = _header_ids(mail)
    bounced = [message_id for message_id in mail.bounce_ids if tokens.read_message_id(key, message_id) is not None]
    outbox_ids = (tokens.read_bounce_address(key, address, mailboxes) for address in envelope.rcpt_to)
    own = {mailbox.strip().lower() for mailbox in mailboxes}
    sender = mail.sender.address.strip().lower()
    return Clues(
        automatic=classify(mail, envelope.mail_from),
        own_message=_own_message(mail, key),
        hops=_hops(mail, envelope.raw),
        is_from_us=sender in own or tokens.base_address(sender) in own,
        bounced_outbox_id=next((number for number in outbox_ids if number is not None), None),
        bounced_message_id=bounced[0] if bounced else None,
        bounced_ticket=tokens.read_message_id(key, bounced[0]) if bounced else None,
        header_ids=header_ids,
        replied=_proven(tokens.read_reply_address(key, address, mailboxes) for address in envelope.rcpt_to),
        signed=_proven(tokens.read_message_id(key, message_id) for message_id in header_ids),
        tagged=_once(int(number) for number in _SUBJECT_TAG.findall(mail.subject[:1000])),
        noted=_proven(tokens.read_note_address(key, address, mailboxes) for address in envelope.rcpt_to),
        mailboxes=frozenset(own),
    )


def _own_message(mail: ParsedMail, key: bytes) -> int | None:
    """Return the ticket of a mail of ours that came back: by its Message-ID, or by our mark if that was rewritten."""
    by_id = tokens.read_message_id(key, mail.message_id)
    return tokens.read_instance(key, mail.headers.get("x-tierdesk-instance", "")[:200]) if by_id is None else by_id


def _header_ids(mail: ParsedMail) -> tuple[str, ...]:
    """Return In-Reply-To, then References from the newest to the oldest."""
    return _once([*mail.in_reply_to[:MAX_HEADER_IDS], *reversed(mail.references[-MAX_HEADER_IDS:])])[:MAX_HEADER_IDS]


def _hops(mail: ParsedMail, raw: bytes) -> int:
    """Return how many servers a mail passed: as its reader counted, or counted in its bytes."""
    counted = mail.headers.get(RECEIVED_COUNT, "")
    if counted.isdecimal():
        return int(counted[:6])
    end = _HEADER_END.search(raw, 0, MAX_HEADER_BYTES)
    return len(_RECEIVED.findall(raw, 0, end.start() if end else MAX_HEADER_BYTES))


def _proven(numbers: Iterable[int | None]) -> tuple[int, ...]:
    return _once(number for number in numbers if number is not None)


def _once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
