"""S/MIME bodies (RFC 8551): the mail inside an opaque signature, found without any cryptography.

Only the outer tags of CMS (RFC 5652 §5) are walked, in BER as well as DER, by offsets and without recursion. Nothing
is verified here: a signature that nobody checked says no more than none.
"""

from __future__ import annotations

SIGNED = bytes.fromhex("06092a864886f70d010702")
ENVELOPED = bytes.fromhex("06092a864886f70d010703")
AUTH_ENVELOPED = bytes.fromhex("060b2a864886f70d0109100117")
TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SEQUENCE, _SET, _INTEGER, _OID, _OCTETS, _OCTET_PIECES, _EXPLICIT = 0x30, 0x31, 0x02, 0x06, 0x04, 0x24, 0xA0
_END_OF_CONTENTS = b"\x00\x00"
_MAX_PIECES = 200_000


class _Broken(Exception):
    """The octets are not what they should be."""


def is_encrypted(octets: bytes) -> bool:
    """Say whether the body is encrypted; told by its own tags, not by what the header says."""
    return any(kind in octets[:64] for kind in (ENVELOPED, AUTH_ENVELOPED))


def signed_content(octets: bytes) -> bytes | None:
    """Return what an opaque signature was put around, None when there is nothing to be had."""
    if SIGNED not in octets[:64]:
        return None
    try:
        position = _enter(octets, 0, _SEQUENCE)
        position = _enter(octets, _skip(octets, position), _EXPLICIT)
        position = _enter(octets, position, _SEQUENCE)
        position = _skip(octets, _skip(octets, position))  # version, digest algorithms
        position = _enter(octets, position, _SEQUENCE)
        position = _enter(octets, _skip(octets, position), _EXPLICIT)
        return _octet_string(octets, position)
    except _Broken:
        return None


def _head(octets: bytes, position: int) -> tuple[int, int, int]:
    """Return tag, where the content begins and its length, -1 when that is indefinite."""
    if position + 2 > len(octets):
        raise _Broken
    tag, length = octets[position], octets[position + 1]
    position += 2
    if length < 0x80:
        return tag, position, length
    count = length & 0x7F
    if count == 0:
        return tag, position, -1
    if count > 4 or position + count > len(octets):
        raise _Broken
    return tag, position + count, int.from_bytes(octets[position : position + count], "big")


def _enter(octets: bytes, position: int, expected: int) -> int:
    tag, start, _ = _head(octets, position)
    if tag != expected:
        raise _Broken
    return start


def _skip(octets: bytes, position: int) -> int:
    """Return where the next value begins; values of indefinite length are walked with a counter."""
    depth = 0
    for _ in range(_MAX_PIECES):
        if depth and octets[position : position + 2] == _END_OF_CONTENTS:
            depth, position = depth - 1, position + 2
        else:
            _, start, length = _head(octets, position)
            depth, position = (depth + 1, start) if length < 0 else (depth, start + length)
        if depth == 0:
            return position
    raise _Broken


def _octet_string(octets: bytes, position: int) -> bytes:
    tag, start, length = _head(octets, position)
    end = len(octets) if length < 0 else min(len(octets), start + length)
    if tag == _OCTETS:
        return octets[start:end]
    if tag != _OCTET_PIECES:
        raise _Broken
    pieces: list[bytes] = []
    position = start
    while position < end and octets[position : position + 2] != _END_OF_CONTENTS and len(pieces) < _MAX_PIECES:
        tag, start, length = _head(octets, position)
        if tag != _OCTETS or length < 0:
            raise _Broken
        pieces.append(octets[start : start + length])
        position = start + length
    return b"".join(pieces)
