"""Why a ticket has its difficulty, in one sentence a person can check."""

from __future__ import annotations

from typing import cast

from desk.views import TicketView
from procedure.acquaintance import KNOWN_RULE
from procedure.mail import RuleHit
from procedure.routing import DEFAULT_RULE


def why(ticket: TicketView) -> str:
    """Return the sentence: what the rules saw, or who corrected them and what they had said."""
    # Of a very long history only the newest events are here; then nothing is said about a correction.
    begun = (cast("dict[str, int]", event.data["set"]) for event in ticket.events if event.kind == "created")
    routed = next((fields["difficulty"] for fields in begun), ticket.difficulty)
    reasons = _joined([_reason(hit) for hit in ticket.rules]) or "nobody asked the rules"
    if routed == ticket.difficulty:
        return f"difficulty {routed}, because {reasons}"
    changes = [event.actor for event in ticket.events if event.kind == "difficulty"]
    by = f" by {changes[-1]}" if changes else ""
    return f"difficulty {ticket.difficulty}, set{by}; the rules said {routed}, because {reasons}"


def _reason(hit: RuleHit) -> str:
    if hit.rule == KNOWN_RULE:
        return f"a known contact ({hit.because})"
    return hit.because if hit.rule == DEFAULT_RULE else f"{hit.because} (rule {hit.rule})"


def _joined(reasons: list[str]) -> str:
    return " and ".join(part for part in (", ".join(reasons[:-1]), *reasons[-1:]) if part)
