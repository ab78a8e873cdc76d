"""Mail packed to take less room (zlib, RFC 1950), and read back bit for bit, whole or in part."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from store.errors import Unreachable

LEVEL = 6
CHUNK = 65_536


def packed(octets: bytes) -> bytes | None:
    """Return octets packed; None when that saves less than a twentieth or when they would not come back the same."""
    small = zlib.compress(octets, LEVEL)
    is_worth_it = len(small) * 20 <= len(octets) * 19
    return small if is_worth_it and unpacked([small]) == octets else None


def unpacked(pieces: Iterable[bytes], start: int = 0, length: int = -1) -> bytes:
    """Return ``length`` octets from ``start`` on, by default all; no more than those and a chunk are in memory.

    Raises Unreachable for what was damaged.
    """
    reader, found, skip = zlib.decompressobj(), bytearray(), start
    try:
        for piece in pieces:
            waiting = piece
            while waiting or reader.unconsumed_tail:
                octets = reader.decompress(waiting, CHUNK)
                waiting = reader.unconsumed_tail
                found += octets[skip:]
                skip = max(0, skip - len(octets))
                if 0 <= length <= len(found):
                    return bytes(found[:length])
        found += reader.flush()[skip:]
    except zlib.error as error:
        raise Unreachable("A packed mail is damaged.") from error
    if not reader.eof:
        raise Unreachable("A packed mail is damaged: its end is missing.")
    return bytes(found if length < 0 else found[:length])
