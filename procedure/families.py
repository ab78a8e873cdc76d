"""Families of words: what people call one thing in all their languages, named once and used by many rules.

The policy's ``[families]`` names lists of single words and stems: ``server = ["server", "vps", "διακομιστ*"]``. In a
phrase ``@server`` stands for any of them, alone or beside others (``@server|rack``), and ``~`` between parts lets them
come in any order: ``@server ~ down`` is ``@server ... down`` and ``down ... @server``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import permutations

Families = Mapping[str, tuple[str, ...]]

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_USE = re.compile(r"@([^\s|@]*)")
_ANY_ORDER = "~"
MAX_PARTS = 3
"""Parts in any order at most: three have six orders, four would have 24."""


def spelled_out(written: str, families: Families) -> tuple[str, ...]:
    """Return the plain phrases that a phrase with families stands for, one for each order of its parts.

    Raises ValueError with a reason when it names a family that is not there, or has an empty part or too many.
    """
    plain = _USE.sub(lambda use: _members(use[1], families), written)
    parts = [part.strip() for part in plain.split(_ANY_ORDER)]
    if len(parts) == 1:
        return (plain,)
    if len(parts) > MAX_PARTS or not all(parts):
        raise ValueError(f"needs words on both sides of {_ANY_ORDER}, {MAX_PARTS} parts at most")
    return tuple(" ... ".join(order) for order in permutations(parts))


def _members(name: str, families: Families) -> str:
    if name not in families:
        raise ValueError(f"names the unknown family @{name}")
    return "|".join(families[name])
