"""Junk and its opposite: the desk's own lists, and what the filter of a trusted relay says.

rspamd and SpamAssassin write their opinion into headers; so can anybody. They count only when the mail came from a
relay that the policy trusts. Junk is quarantined with its reason, never deleted.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from procedure.authentication import is_relay
from procedure.mail import Envelope, ParsedMail, RuleHit
from procedure.policy_values import Policy

_YES = re.compile(r"\s*(?:yes|true|1)\b")
_NO = re.compile(r"\s*(?:no|false|0)\b")
_NUMBER = r"(-?[0-9]{1,6}(?:\.[0-9]{1,6})?)"
_SCORES = {
    "x-spam-status": re.compile(rf"\b(?:score|hits)={_NUMBER}"),
    "x-spamd-result": re.compile(rf"\[\s*{_NUMBER}\s*/"),
    "x-spam-score": re.compile(rf"^\s*{_NUMBER}"),
    "x-rspamd-score": re.compile(rf"^\s*{_NUMBER}"),
}
_VERDICTS = ("x-spam-flag", "x-spam-status", "x-spam")
_ACTIONS = frozenset({"add header", "rewrite subject", "quarantine", "reject", "discard"})
"""What rspamd does with spam; ``greylist`` and ``soft reject`` are about time and no opinion."""


def is_listed(address: str, entries: Collection[str]) -> bool:
    """Tell whether an address is in a list, by itself or by its domain or one above it."""
    lower = address.strip().lower()
    if not entries or not lower:
        return False
    domain = lower.rpartition("@")[2]
    parents = (domain, *(domain[at + 1 :] for at, letter in enumerate(domain) if letter == "."))
    return any(one in entries for one in (lower, *parents))


def is_allowed(mail: ParsedMail, policy: Policy) -> bool:
    """Tell whether the policy wants the mail of this sender whatever it looks like."""
    return is_listed(mail.sender.address, policy.junk.allow)


def blocked(mail: ParsedMail, envelope: Envelope, policy: Policy) -> RuleHit | None:
    """Return why a sender is blocked, by From or envelope; None when they are not."""
    for address in (mail.sender.address, envelope.mail_from):
        if is_listed(address, policy.junk.block):
            return RuleHit("blocked", f"The policy blocks {address}.")
    return None


def filtered(mail: ParsedMail, envelope: Envelope, policy: Policy) -> RuleHit | None:
    """Return what the filter of a trusted relay has against a mail; None when nothing, or when nobody is trusted.

    A clear yes or no of the filter decides; only points are compared with the policy's.
    """
    if not is_relay(envelope.peer, policy.trust.relays):
        return None
    said = [(name, mail.headers.get(name, "").lower()[:2000]) for name in _VERDICTS]
    yes = next((name for name, value in said if _YES.match(value)), None)
    if yes is not None:
        return RuleHit("spam", f"The mail filter calls it spam ({yes}).")
    action = " ".join(mail.headers.get("x-rspamd-action", "").lower().split())[:40]
    if action in _ACTIONS:
        return RuleHit("spam", f"The mail filter calls it spam (x-rspamd-action: {action}).")
    if any(_NO.match(value) for _, value in said):
        return None
    return _by_points(mail, policy.junk.score)


def _by_points(mail: ParsedMail, limit: int) -> RuleHit | None:
    for name, pattern in _SCORES.items():
        match = pattern.search(mail.headers.get(name, "").lower()[:2000])
        if match and float(match[1]) >= limit:
            return RuleHit("spam", f"The mail filter gives it {match[1]} points ({name}); {limit} are junk.")
    return None
