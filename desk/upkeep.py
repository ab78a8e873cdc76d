"""What a store needs from time to time so that others need not wait for it."""

from __future__ import annotations

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from procedure.permissions import Permission

LOG_OCTETS = 4 << 20
"""Size of the write-ahead log from which on it is moved into the store's file."""


@act(Permission.HOLD_SERVICE)
def shorten_log(actor: Actor, desk: Desk) -> bool:
    """Move the write-ahead log of an embedded store into its file once it is long; say whether that was due.

    Otherwise the commit that makes it too long does this, and a mail peer waits for its 250 meanwhile.
    """
    if not desk.database.is_embedded or desk.database.log_octets() < LOG_OCTETS:
        return False
    desk.database.checkpoint()
    return True
