"""Whether a service runs, asked by those who must not load one to know."""

from __future__ import annotations

from app import holder
from desk import service_lease
from desk.actors import TIMERS
from desk.context import Desk


def is_running(desk: Desk) -> bool:
    """Tell whether a service that is not gone holds an embedded store; on a server others may always be at work."""
    if not desk.database.is_embedded:
        return True
    name = service_lease.holder(TIMERS, desk)
    return name is not None and not holder.is_gone(name)
