"""What the listener may take and give: every limit in one frozen value that ``app`` fills from the configuration."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class ListenerSettings:
    """Where to listen and how much of it. Sizes are bytes, times are seconds; ``port`` 0 takes any free port."""

    host: str = "127.0.0.1"
    port: int = 8025
    hostname: str = "localhost"
    max_message_bytes: int = 25 * MEBIBYTE
    max_header_bytes: int = MEBIBYTE
    max_lines: int = 1_000_000
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
