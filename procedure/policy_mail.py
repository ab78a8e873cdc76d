"""The tables of a policy that are about incoming mail: whom to believe, what is junk, when it is a flood."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta

from procedure.authentication import LOCAL
from procedure.policy_tables import Table
from procedure.policy_values import Acknowledging, Flood, Junk, Trust

MAX_COUNT = 1_000_000
_SENDER = re.compile(r"(?:[^\s@<>,;]{1,64}@)?[^\s@<>,;]{1,255}")
_NAME = re.compile(r"[^\s;()\"]{1,255}")


def acknowledging(table: Table) -> Acknowledging:
    """Read ``[acknowledge]``."""
    found = Acknowledging(
        per_address=table.integer("per_address", 0, MAX_COUNT, default=5),
        in_a_row=table.integer("in_a_row", 0, MAX_COUNT, default=10),
        per_domain=table.integer("per_domain", 0, MAX_COUNT, default=100),
        in_all=table.integer("in_all", 0, MAX_COUNT, default=1000),
    )
    table.finish()
    return found


def trust(table: Table) -> Trust:
    """Read ``[trust]``."""
    relays, names = table.words("relays"), table.words("authserv_ids")
    for relay in relays:
        if relay != LOCAL and not _is_network(relay):
            table.fault("relays", f"has {relay!r}, which is neither an address, a network nor '{LOCAL}'")
    for name in names:
        if not _NAME.fullmatch(name):
            table.fault("authserv_ids", f"has {name!r}, which is no name")
    table.finish()
    return Trust(tuple(one for one in relays if one == LOCAL or _is_network(one)), names)


def junk(table: Table) -> Junk:
    """Read ``[junk]``."""
    lists = {}
    for key in ("block", "allow"):
        lists[key] = tuple(one.removeprefix("@") for one in table.words(key))
        for one in lists[key]:
            if not _SENDER.fullmatch(one):
                table.fault(key, f"has {one!r}, which is neither an address nor a domain")
    for one in sorted(set(lists["block"]) & set(lists["allow"])):
        table.fault("allow", f"has {one!r}, which is blocked too")
    score = table.integer("score", 1, 1000, default=6)
    table.finish()
    return Junk(lists["block"], lists["allow"], score)


def flood(table: Table) -> Flood:
    """Read ``[flood]``."""
    found = Flood(
        window=timedelta(minutes=table.integer("minutes", 1, 1440, default=10)),
        same=table.integer("same", 0, 1000, default=100),
        sender=table.integer("sender", 0, 1000, default=200),
        strangers=table.integer("strangers", 0, 100_000, default=0),
    )
    table.finish()
    return found


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
