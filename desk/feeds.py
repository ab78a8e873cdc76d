"""The change feed as the adapters get it: something to wait on, told nothing about what changed."""

from __future__ import annotations

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.errors import Unavailable
from procedure.permissions import Permission
from store.changes import ChangeFeed, open_feed
from store.errors import StoreError

__all__ = ["ChangeFeed", "follow", "wait"]


@act(Permission.FOLLOW_CHANGES)
def follow(actor: Actor, desk: Desk) -> ChangeFeed:
    """Open a feed of the store's changes; close it when done. Raises Unavailable."""
    return open_feed(desk.database)


def wait(feed: ChangeFeed, timeout: float) -> bool:
    """Block until the store changed (True) or ``timeout`` seconds passed (False). Raises Unavailable."""
    try:
        return feed.wait(timeout)
    except StoreError as error:
        raise Unavailable(str(error)) from error
