"""The PROXY header is read whole or refused, whatever comes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.proxy import BadHeader, Header, parse

V2 = b"\r\n\r\n\0\r\nQUIT\n"
BAD = {
    "not a header": b"EHLO x\r\n",
    "family and address differ": b"PROXY TCP6 203.0.113.9 127.0.0.1 1 2\r\n",
    "port": b"PROXY TCP4 203.0.113.9 127.0.0.1 1 65536\r\n",
    "too few words": b"PROXY TCP4 203.0.113.9\r\n",
    "no family": b"PROXY \r\n",
    "not ASCII": b"PROXY TCP4 \xff 127.0.0.1 1 2\r\n",
    "without end": b"PROXY UNKNOWN " + b"x" * 200,
    "version 3": V2 + b"\x31\x11\0\0",
    "command": V2 + b"\x22\x11\0\0",
    "too short for its family": V2 + b"\x21\x11\0\x04\1\2\3\4",
    "too long": V2 + b"\x21\x11\xff\xff",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_header_is_refused(name: str) -> None:
    """Anything but a sound header is an error, never a guess."""
    with pytest.raises(BadHeader):
        parse(BAD[name])


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 65535), st.binary(max_size=20), st.integers(0, 200))
def test_a_header_is_read_once_it_is_whole(client: object, target: object, port: int, rest: bytes, cut: int) -> None:
    """Cut anywhere, more is asked for; whole, the client is known and the rest is left alone."""
    header = f"PROXY TCP4 {client} {target} {port} 25\r\n".encode()
    assert parse(header + rest) == Header(str(client), len(header))
    assert parse(header[: min(cut, len(header) - 1)]) is None


@given(st.ip_addresses(), st.binary(max_size=40), st.binary(max_size=20), st.integers(0, 400))
def test_a_binary_header_is_read_once_it_is_whole(client: object, more: bytes, rest: bytes, cut: int) -> None:
    """The same for version 2, with extensions."""
    packed: bytes = client.packed  # type: ignore[attr-defined]
    body = packed + packed + struct.pack("!HH", 1, 2) + more
    header = V2 + bytes((0x21, 0x11 if len(packed) == 4 else 0x21)) + struct.pack("!H", len(body)) + body
    assert parse(header + rest) == Header(str(client), len(header))
    assert parse(header[: min(cut, len(header) - 1)]) is None


@given(st.binary(max_size=200))
def test_nothing_else_is_raised(octets: bytes) -> None:
    """Wild octets are a header, too few, or refused."""
    for given_octets in (octets, V2 + octets, b"PROXY " + octets):
        try:
            found = parse(given_octets)
        except BadHeader:
            continue
        assert found is None or 0 < found.octets <= len(given_octets)
