"""AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN: from what the peer sends to a name and a password, or a refusal."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable

MECHANISMS = ("PLAIN", "LOGIN")
MAX_LINE = 12_288
"""RFC 4954 §4: what a line of the exchange may take."""

Ask = Callable[[bytes], Awaitable[bytes]]
"""Sends a challenge (not yet in base64) and returns the line that answers it."""


class Refused(Exception):  # not an error of ours
    """The exchange ends with this reply."""


async def credentials(mechanism: str, initial: str | None, ask: Ask) -> tuple[str, bytes]:
    """Return the name and the password that the peer gives. Raises Refused with the reply."""
    if mechanism == "PLAIN":
        return _plain(_decoded(initial.encode()) if initial else _decoded(await ask(b"")))
    if mechanism == "LOGIN":
        name = _decoded(initial.encode()) if initial else _decoded(await ask(b"Username:"))
        return _text(name), _decoded(await ask(b"Password:"))
    raise Refused(f"504 5.5.4 The mechanisms here are {' and '.join(MECHANISMS)}")


def challenge(text: bytes) -> str:
    """Return the reply that asks for more."""
    return f"334 {base64.b64encode(text).decode()}"


def _plain(octets: bytes) -> tuple[str, bytes]:
    parts = octets.split(b"\0")
    if len(parts) != 3:
        raise Refused("501 5.5.2 PLAIN is an identity, a name and a password")
    identity, name, password = parts
    if identity not in (b"", name):
        raise Refused("535 5.7.8 Nobody may act for somebody else here")
    return _text(name), password


def _decoded(line: bytes) -> bytes:
    if line == b"*":
        raise Refused("501 5.7.0 As you wish")
    try:
        return b"" if line == b"=" else base64.b64decode(line, validate=True)
    except binascii.Error:
        raise Refused("501 5.5.2 That is not base64") from None


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Refused("535 5.7.8 Wrong name or password") from None
