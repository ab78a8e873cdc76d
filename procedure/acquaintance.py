"""What is known of who asks: a weak sign, heard only where no rule knows how hard a request is.

The last tickets of a requester are looked at. Where most of them ended on one level, an unknown request goes there too;
otherwise it is only said that they are no stranger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from procedure.mail import RuleHit
from procedure.policy_values import Policy
from procedure.routing import DEFAULT_RULE, Routing
from procedure.terms import Level

HISTORY_RULE = "history"
KNOWN_RULE = "known-contact"
AT_LEAST = 3
"""Tickets on one level that make a habit; two can be one bad week."""


@dataclass(frozen=True)
class Earlier:
    """An earlier ticket of a requester: the level where it stands or ended."""

    level: Level
    is_open: bool


def with_history(routed: Routing, earlier: Sequence[Earlier], policy: Policy) -> Routing:
    """Return the decision with what the requester's earlier tickets, ``policy.history`` at most, add to it."""
    earlier = earlier[: policy.history]
    if not earlier:
        return routed
    habit, number = Counter(one.level for one in earlier).most_common(1)[0]
    is_undecided = any(hit.rule == DEFAULT_RULE for hit in routed.rules)
    if not is_undecided or number < AT_LEAST or 2 * number <= len(earlier) or habit is routed.level:
        return replace(routed, rules=(*routed.rules, RuleHit(KNOWN_RULE, _known(earlier, policy))))
    difficulty = min(d for d in range(1, 6) if policy.level_of(d) is habit)
    hit = RuleHit(HISTORY_RULE, f"{number} of the last {len(earlier)} tickets were for the {habit.label} level")
    return replace(routed, level=habit, difficulty=difficulty, rules=(hit, *routed.rules))


def _known(earlier: Sequence[Earlier], policy: Policy) -> str:
    number, are_open = len(earlier), sum(one.is_open for one in earlier)
    more = " or more" if number == policy.history else ""
    noun = "ticket" if number == 1 and not more else "tickets"
    return f"{number}{more} earlier {noun}, {are_open} of them open" if are_open else f"{number}{more} earlier {noun}"
