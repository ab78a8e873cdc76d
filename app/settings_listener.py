"""The settings of the listener: where mail comes in, how much of it, and from whom."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from app.endpoints import Endpoint, UnixPath, parse_listen
from app.settings_section import AbsolutePath, HostName, Section, as_tuple


def _listen(text: str) -> str:
    parse_listen(text)
    return text


def _mode(text: str) -> str:
    if not re.fullmatch(r"0?[0-7]{3}", text):
        raise ValueError("must be an octal mode such as 0660")
    return text


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("must hold addresses or networks such as 192.0.2.7 or 192.0.2.0/24") from None
    return text


Listen = Annotated[str, AfterValidator(_listen)]
Mode = Annotated[str, AfterValidator(_mode)]
Network = Annotated[str, AfterValidator(_network)]
_PLACES = 'host:port, [ipv6]:port or unix:/path, several separated by commas; port 0 takes a free one; "" is off.'


class SmtpSettings(Section):
    """The listener that takes mail in; its limits hold for SMTP and LMTP together."""

    listen: Listen = Field(default="127.0.0.1:8025", description=f"Where to listen: {_PLACES}")
    hostname: HostName = Field(default="", description='The name in the greeting; "" is the name of the machine.')
    socket_mode: Mode = Field(default="0660", description="The mode of a unix socket: who may connect.")
    socket_group: str = Field(default="", description='The group of a unix socket; "" is that of the service.')
    tls_certificate: AbsolutePath = Field(
        default="", description='The certificate with its chain, a PEM file; with it STARTTLS is offered; "" is none.'
    )
    tls_key: AbsolutePath = Field(default="", description='Its key, a PEM file; "" when it is in the same file.')
    users_file: AbsolutePath = Field(
        default="",
        description="Who may log in (AUTH, under TLS only); tierdesk config mail-user makes its lines. "
        '"" means AUTH is not offered. Staff who log in under their staff login or address answer tickets by mail.',
    )
    auth_required: bool = Field(
        default=False, description="Whether mail is taken only from those who logged in; a unix socket asks nobody."
    )
    proxy_peers: Annotated[tuple[Network, ...], BeforeValidator(as_tuple)] = Field(
        default=(),
        description="Load balancers that begin each connection with a PROXY header (version 1 or 2): addresses or "
        "networks. Nobody else may.",
    )
    max_message_bytes: int = Field(default=26_214_400, ge=1024, description="The largest mail accepted, in bytes.")
    max_header_bytes: int = Field(default=1_048_576, ge=1024, description="The same for its header.")
    max_line_bytes: int = Field(default=10_485_760, ge=1000, description="The longest line in a mail, in bytes.")
    max_lines: int = Field(default=1_000_000, ge=100, description="How many lines a mail may have.")
    max_bytes_in_memory: int = Field(
        default=268_435_456, ge=2048, description="What all mails that are being received may take; then 452."
    )
    max_recipients: int = Field(default=100, ge=100, description="How many recipients one mail may have; then 452.")
    max_connections: int = Field(default=200, ge=1, le=10_000, description="How many connections may be open at once.")
    max_connections_per_peer: int = Field(default=64, ge=1, le=10_000, description="The same, for one peer address.")
    max_commands: int = Field(default=500, ge=100, description="How many commands may come between two mails taken.")
    max_errors: int = Field(default=20, ge=1, description="How many of them may be refused.")
    command_seconds: float = Field(
        default=300.0, allow_inf_nan=False, ge=1, description="How long a peer may think about its next command."
    )
    block_seconds: float = Field(
        default=180.0, allow_inf_nan=False, ge=1, description="How long it may be silent in the middle of a mail."
    )
    data_seconds: float = Field(
        default=1800.0, allow_inf_nan=False, ge=1, description="How long one mail may take to arrive."
    )
    free_space_floor_bytes: int = Field(
        default=268_435_456,
        ge=0,
        description="Below this much free space mail is put off (452) until there is room again.",
    )

    @model_validator(mode="after")
    def _sense(self) -> Self:
        if self.max_connections_per_peer > self.max_connections and "max_connections_per_peer" in self.model_fields_set:
            raise ValueError("smtp.max_connections_per_peer must not be greater than smtp.max_connections")
        if self.max_bytes_in_memory < 2 * self.max_message_bytes:
            raise ValueError("smtp.max_bytes_in_memory must be at least twice smtp.max_message_bytes")
        if self.tls_key and not self.tls_certificate:
            raise ValueError("smtp.tls_key is set but smtp.tls_certificate is not")
        if self.users_file and not self.tls_certificate:
            raise ValueError("smtp.users_file needs smtp.tls_certificate: nobody logs in without TLS")
        if self.auth_required and not self.users_file:
            raise ValueError("smtp.auth_required needs smtp.users_file")
        return self

    @property
    def places(self) -> tuple[Endpoint | UnixPath, ...]:
        """Return where to listen, nothing when SMTP is off."""
        return parse_listen(self.listen)


class LmtpSettings(Section):
    """The same listener for a mail system that delivers by LMTP."""

    listen: Listen = Field(default="", description=f"Where to listen: {_PLACES}")
    socket_mode: Mode = Field(default="0660", description="The mode of a unix socket: who may connect.")
    socket_group: str = Field(default="", description='The group of a unix socket; "" is that of the service.')

    @property
    def places(self) -> tuple[Endpoint | UnixPath, ...]:
        """Return where to listen, nothing when LMTP is off."""
        return parse_listen(self.listen)
