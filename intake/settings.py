"""What the listener may take and give: every limit in one frozen value that ``app`` fills from the configuration."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from socket import socket

from intake.users import Users

MEBIBYTE = 1 << 20


class Speech(StrEnum):
    """What is spoken on a socket."""

    SMTP = "smtp"
    LMTP = "lmtp"


@dataclass(frozen=True)
class TcpAddress:
    """A host name or address and a port; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: int = 8025
    speech: Speech = Speech.SMTP


@dataclass(frozen=True)
class UnixAddress:
    """The path of a unix socket, who may connect (``mode``), and the name of the group it is given to, '' for ours."""

    path: str
    speech: Speech = Speech.LMTP
    mode: int = 0o660
    group: str = ""


@dataclass(frozen=True)
class InheritedSocket:
    """A listening socket that the service manager opened for us."""

    socket: socket
    speech: Speech


Address = TcpAddress | UnixAddress | InheritedSocket


@dataclass(frozen=True)
class ListenerSettings:
    """Where to listen and how much of it. Sizes are bytes, times are seconds."""

    listen: tuple[Address, ...] = (TcpAddress(),)
    hostname: str = "localhost"
    max_message_bytes: int = 25 * MEBIBYTE
    max_header_bytes: int = MEBIBYTE
    max_line_bytes: int = 10 * MEBIBYTE
    """Far more than RFC 5321 §4.5.3.1.6 asks for: real mail has lines of any length, and a refusal loses a customer."""
    max_lines: int = 1_000_000
    max_bytes_in_memory: int = 256 * MEBIBYTE
    """What all mails that are being received or stored may take together."""
    max_recipients: int = 100
    max_connections: int = 200
    max_connections_per_peer: int = 64
    max_commands: int = 500
    """Commands since the greeting or since the last mail taken: a relay may stay as long as it brings mail."""
    max_errors: int = 20
    """Refused or unknown commands since the last mail taken."""
    free_space_floor: int = 256 * MEBIBYTE
    command_seconds: float = 300.0
    """RFC 5321 §4.5.3.2.7: at least five minutes for the next command."""
    block_seconds: float = 180.0
    """RFC 5321 §4.5.3.2.5: three minutes for the next block of DATA; it starts anew with each block."""
    data_seconds: float = 1800.0
    """For the whole of DATA: a peer that sends one octet now and then does not hold a connection for ever."""
    commit_seconds: float = 60.0
    """After this the peer hears 451 and sends again; what was stored by then is found by its digest."""
    drain_seconds: float = 10.0
    """How long ``stop`` waits for mails whose DATA has begun."""
    tls: ssl.SSLContext | None = None
    """With it STARTTLS is offered."""
    users: Users | None = None
    """With it AUTH is offered on connections that have TLS."""
    is_auth_required: bool = False
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Peers that begin each connection with a PROXY header; anybody else's is an unknown command."""
