"""Signed references that leave the house: only this desk can make them, and they come back in ordinary mail.

| where | shape | what it names |
|---|---|---|
| Message-ID of an outgoing mail | ``<td.1042.NONCE.MAC@domain>`` | the ticket |
| Reply-To of an outgoing mail | ``box+t1042.MAC@domain`` | the ticket |
| note address, for staff | ``box+n1042.MAC@domain`` | the ticket |
| envelope sender of an answer | ``box+b77.MAC@domain`` | the outbox row (VERP) |
| X-Tierdesk-Instance of an outgoing mail | ``1042.77.MAC`` | the ticket and the outbox row |

The MAC is HMAC-SHA256 over a text that begins with its purpose, cut to 80 bits: a token of one kind is never valid as
another kind, nor at another mailbox. Everything is lower-case base32, since relays and address books change case; the
readers take any case. The number stands in the open: the token proves, it does not hide.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable

MAC_BYTES = 10
"""80 bits: 16 characters of base32 without padding, each of which counts."""

_NUMBER = r"([1-9][0-9]{0,17})"
_MAC = r"([a-z2-7]{16})"
_MESSAGE_ID = re.compile(rf"<?td\.{_NUMBER}\.([a-z0-9]{{1,64}})\.{_MAC}@([^@<>\s]{{1,255}}?)>?")
_INSTANCE = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_MAC}")
_TAGGED = re.compile(rf"([^@\s]{{1,255}})\+([tbn]){_NUMBER}\.{_MAC}@([^@\s]{{1,255}})")


def message_id(key: bytes, ticket_id: int, nonce: str, domain: str) -> str:
    """Return a Message-ID, in angle brackets, that proves which ticket it belongs to.

    ``nonce`` is 1 to 64 letters and digits and makes the id unique. Raises ValueError when it is not.
    """
    nonce, domain = nonce.lower(), domain.lower()
    if not re.fullmatch(r"[a-z0-9]{1,64}", nonce):
        raise ValueError("The nonce of a Message-ID must be 1 to 64 letters and digits.")
    return f"<td.{ticket_id}.{nonce}.{_mac(key, 'message-id', ticket_id, nonce, domain)}@{domain}>"


def read_message_id(key: bytes, text: str) -> int | None:
    """Return the ticket that one of our own Message-IDs names; None when it is not ours or was changed."""
    match = _MESSAGE_ID.fullmatch(text.strip().lower())
    if match is None:
        return None
    number, nonce, mac, domain = match.groups()
    return _proven(key, mac, "message-id", number, nonce, domain)


def reply_address(key: bytes, mailbox: str, ticket_id: int) -> str:
    """Return the address of ``mailbox`` to which answers about a ticket come back."""
    return _tagged_address(key, mailbox, "t", ticket_id)


def read_reply_address(key: bytes, address: str, mailboxes: Iterable[str]) -> int | None:
    """Return the ticket that a reply address of one of ``mailboxes`` names; None when it is not ours or was changed."""
    return _read_tagged(key, address, "t", mailboxes)


def bounce_address(key: bytes, mailbox: str, outbox_id: int) -> str:
    """Return the envelope sender under which one outgoing mail travels, so that its bounce names it (VERP)."""
    return _tagged_address(key, mailbox, "b", outbox_id)


def read_bounce_address(key: bytes, address: str, mailboxes: Iterable[str]) -> int | None:
    """Return the outbox row that a bounce address names; None when it is not ours or was changed."""
    return _read_tagged(key, address, "b", mailboxes)


def note_address(key: bytes, mailbox: str, ticket_id: int) -> str:
    """Return the address of ``mailbox`` at which a mail of staff becomes a note of a ticket."""
    return _tagged_address(key, mailbox, "n", ticket_id)


def read_note_address(key: bytes, address: str, mailboxes: Iterable[str]) -> int | None:
    """Return the ticket that a note address of one of ``mailboxes`` names; None when it is not ours or was changed."""
    return _read_tagged(key, address, "n", mailboxes)


def instance(key: bytes, ticket_id: int, outbox_id: int) -> str:
    """Return the mark that every mail of this desk carries, so that it is known when it comes back changed."""
    return f"{ticket_id}.{outbox_id}.{_mac(key, 'instance', ticket_id, str(outbox_id))}"


def read_instance(key: bytes, text: str) -> int | None:
    """Return the ticket of a mail of this desk by its mark; None when another desk or nobody made it."""
    match = _INSTANCE.fullmatch(text.strip().lower())
    return _proven(key, match[3], "instance", match[1], match[2]) if match else None


def base_address(address: str) -> str:
    """Return the address in lower case, without its last ``+tag``.

    Only the last tag goes, so that a mailbox which has a plus in its own name still receives its tokens.
    """
    local, at, domain = address.strip().lower().rpartition("@")
    box, plus, _ = local.rpartition("+")
    return f"{box if plus and box else local}{at}{domain}"


def _tagged_address(key: bytes, mailbox: str, letter: str, number: int) -> str:
    mailbox = mailbox.strip().lower()
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{letter}{number}.{_mac(key, letter, number, mailbox)}@{domain}"


def _read_tagged(key: bytes, address: str, letter: str, mailboxes: Iterable[str]) -> int | None:
    match = _TAGGED.fullmatch(address.strip().lower())
    if match is None or match[2] != letter:
        return None
    local, _, number, mac, domain = match.groups()
    mailbox = f"{local}@{domain}"
    if mailbox not in {known.strip().lower() for known in mailboxes}:
        return None
    return _proven(key, mac, letter, number, mailbox)


def _proven(key: bytes, mac: str, purpose: str, number: str, *parts: str) -> int | None:
    expected = _mac(key, purpose, int(number), *parts)
    return int(number) if hmac.compare_digest(mac, expected) else None


def _mac(key: bytes, purpose: str, number: int, *parts: str) -> str:
    text = "\0".join(("tierdesk", purpose, str(number), *parts))
    digest = hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.b32encode(digest[:MAC_BYTES]).decode("ascii").lower()
