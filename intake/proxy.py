"""The header that a load balancer puts before a connection: the PROXY protocol, versions 1 and 2.

Only peers that the settings name are asked for it, and they must send it: whoever may write it may claim any address.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from intake.wire import Wire

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_MAX_V1 = 107
_V2_HEAD = 16
_MAX_V2 = 4096
_ADDRESS_OCTETS = {1: 4, 2: 16}  # AF_INET, AF_INET6


class BadHeader(Exception):  # not an error of ours
    """What came first is no PROXY header."""


class Header(NamedTuple):
    """The client's address, '' where the proxy speaks for itself, and how many octets the header took."""

    client: str
    octets: int


async def read_client(wire: Wire) -> str:
    """Read the header and return the client's address, '' where there is none. Raises BadHeader."""
    buffer = b""
    while (header := parse(buffer)) is None:
        chunk = await wire.chunk()
        if not chunk:
            raise BadHeader
        buffer += chunk
    wire.put_back(buffer[header.octets :])
    return header.client


def parse(octets: bytes) -> Header | None:
    """Return the header at the start of ``octets``, None while it is not whole. Raises BadHeader."""
    if octets[: len(_SIGNATURE)] == _SIGNATURE[: len(octets)]:
        return _parse_v2(octets) if len(octets) >= _V2_HEAD else None
    if octets[:6] != b"PROXY "[: len(octets)]:
        raise BadHeader
    end = octets.find(b"\r\n", 0, _MAX_V1)
    if end < 0:
        if len(octets) >= _MAX_V1:
            raise BadHeader
        return None
    return Header(_client_v1(octets[:end]), end + 2)


def _client_v1(line: bytes) -> str:
    try:
        words = line.decode("ascii").split(" ")
        if words[1:2] == ["UNKNOWN"]:
            return ""
        _, family, source, target, *ports = words
        client, _ = ipaddress.ip_address(source), ipaddress.ip_address(target)
        is_sound = len(ports) == 2 and all(port.isdigit() and int(port) <= 65535 for port in ports)
    except ValueError:
        raise BadHeader from None
    if not is_sound or family != f"TCP{client.version}":
        raise BadHeader
    return str(client)


def _parse_v2(octets: bytes) -> Header | None:
    version, command = octets[12] >> 4, octets[12] & 15
    length = int.from_bytes(octets[14:16], "big")
    if version != 2 or command > 1 or length > _MAX_V2:
        raise BadHeader
    if len(octets) < _V2_HEAD + length:
        return None
    family, is_stream = octets[13] >> 4, octets[13] & 15 == 1
    size = _ADDRESS_OCTETS.get(family)
    if command == 0 or size is None or not is_stream:
        return Header("", _V2_HEAD + length)
    if length < 2 * size + 4:
        raise BadHeader
    return Header(str(ipaddress.ip_address(octets[_V2_HEAD : _V2_HEAD + size])), _V2_HEAD + length)
