"""Who may log in to the listener: a file with one line for each, ``name:$scrypt$N$R$P$SALT$KEY``.

Salt and key are base64. ``tierdesk config mail-user NAME`` prints such a line. Empty lines and lines that begin with #
are passed over.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 1
_MEMORY = 64 << 20
_LINE = re.compile(r"([^:\s]{1,255}):\$scrypt\$([0-9]{1,7})\$([0-9]{1,3})\$([0-9]{1,3})\$([^$]+)\$([^$]+)")


@dataclass(frozen=True)
class _Secret:
    cost: int
    block: int
    parallel: int
    salt: bytes
    key: bytes

    def is_of(self, password: bytes) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(_derive(password, self.salt, self.cost, self.block, self.parallel), self.key)


class Users:
    """Names with their secrets."""

    def __init__(self, secrets: Mapping[str, _Secret]) -> None:
        self._secrets = secrets
        # A derivation costs 50 ms of a core and 16 MiB: guessing waits in line, and never takes the threads of commits.
        self._turn = asyncio.Semaphore(1)

    async def know(self, name: str, password: bytes) -> bool:
        """Say whether the password is the name's; an unknown name takes as long as a wrong password."""
        secret = self._secrets.get(name)
        async with self._turn:
            is_right = await asyncio.to_thread((secret or _NOBODY).is_of, password)
        return is_right and secret is not None


_NOBODY = _Secret(_COST, _BLOCK, _PARALLEL, b"nobody", bytes(32))


def read_users(text: str) -> Users:
    """Read the lines of a users file. Raises ValueError with a predicate that names the first bad line."""
    secrets: dict[str, _Secret] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        secret = _secret(match) if match else None
        if match is None or secret is None:
            raise ValueError(f"has a line that is not name:$scrypt$…, line {number}")
        if match[1] in secrets:
            raise ValueError(f"has the name {match[1]} twice, line {number}")
        secrets[match[1]] = secret
    return Users(secrets)


def line_for(name: str, password: str, salt: bytes) -> str:
    """Return the line of a users file. Raises ValueError for a name that cannot stand in one."""
    if not re.fullmatch(r"[^:\s#][^:\s]{0,254}", name):
        raise ValueError("A name has no colon and no space, and does not begin with #.")
    key = _derive(password.encode(), salt, _COST, _BLOCK, _PARALLEL)
    text = "$".join((str(_COST), str(_BLOCK), str(_PARALLEL), _base64(salt), _base64(key)))
    return f"{name}:$scrypt${text}"


def _secret(match: re.Match[str]) -> _Secret | None:
    """Return what a line holds after a trial derivation, None when it cannot be computed."""
    try:
        salt, key = (base64.b64decode(match[part], validate=True) for part in (5, 6))
        secret = _Secret(int(match[2]), int(match[3]), int(match[4]), salt, key)
        secret.is_of(b"")
    except (binascii.Error, ValueError, MemoryError):
        return None
    return secret if len(key) == 32 else None


def _derive(password: bytes, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
