"""Endpoints as people write them: ``127.0.0.1:8025``, ``[::1]:25``, ``mail.example.org:587``, ``unix:/run/x``."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


class Endpoint(NamedTuple):
    """A host (name, IPv4 or IPv6 without brackets) and a TCP port; port 0 asks the system for a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the form that ``parse_endpoint`` reads."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Tell whether it cannot be reached from another machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() in {"localhost", "localhost."}


class UnixPath(NamedTuple):
    """The path of a unix socket, from the root."""

    path: str

    def __str__(self) -> str:
        """Return the form that ``parse_listen`` reads."""
        return f"unix:{self.path}"


_MAX_UNIX_PATH = 107
"""What sun_path holds on Linux, its final zero aside."""


def parse_listen(text: str) -> tuple[Endpoint | UnixPath, ...]:
    """Read places to listen, separated by commas; '' is none. Raises ValueError with what is wrong, as a predicate."""
    if not text.strip():
        return ()
    places = [part.strip() for part in text.split(",")]
    return tuple(_unix_path(part) if part.startswith("unix:") else parse_endpoint(part) for part in places)


def _unix_path(text: str) -> UnixPath:
    path = text.removeprefix("unix:")
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError("must have a path from the root after unix:, as in unix:/run/tierdesk/lmtp")
    if len(path.encode()) > _MAX_UNIX_PATH:
        raise ValueError(f"has a path of more than {_MAX_UNIX_PATH} octets, too long for a unix socket")
    return UnixPath(path)


def parse_endpoint(text: str) -> Endpoint:
    """Read ``host:port`` or ``[ipv6]:port``, port 0-65535. Raises ValueError with what is wrong, as a predicate."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host:
        raise ValueError("must be host:port")
    if host.startswith("[") and host.endswith("]"):
        host = _ipv6(host[1:-1])
    elif ":" in host:
        raise ValueError("must have an IPv6 address in brackets, as in [::1]:8025")
    elif not _is_host(host):
        raise ValueError("has a host that is neither a name nor an address")
    if not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError("must end in a port from 0 to 65535")
    return Endpoint(host, int(port))


def _is_host(host: str) -> bool:
    if re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
    return _HOST_NAME.fullmatch(host) is not None


def _ipv6(text: str) -> str:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError("has brackets around something that is not an IPv6 address") from None
    return text
