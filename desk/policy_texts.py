"""The text of a policy version, and the policy that it is: read with the holidays of its calendars' countries."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from sqlmodel import Session

from desk.days_off import unknown_countries, with_days_off
from procedure import policy as policies
from procedure.policy import Policy, PolicyError
from procedure.policy_clocks import ClockRules
from store.tables import PolicyVersion

SHIPPED = 0
"""The number of the policy that comes with the program."""


def shipped_text() -> str:
    """Return the policy file that comes with the program."""
    return resources.files("desk").joinpath("default_policy.toml").read_text(encoding="utf-8")


def text_of(session: Session, version: int) -> str:
    """Return the text of a version that is there."""
    return shipped_text() if version == SHIPPED else session.get_one(PolicyVersion, version).toml


def read(text: str) -> Policy:
    """Return the policy that a text is. Raises PolicyError with every fault."""
    return with_days_off(policies.parse(text))


def check(text: str) -> Policy:
    """Return the policy that a text is, if it can be put in force. Raises PolicyError with every fault."""
    policy = read(text)
    unknown = tuple(unknown_countries(policy))
    if unknown:
        raise PolicyError(unknown)
    return policy


@lru_cache(maxsize=64)
def clock_rules(text: str) -> ClockRules | None:
    """Return the clock rules of an older version; None for one that this program can no longer read."""
    try:
        return read(text).clock_rules
    except PolicyError:
        return None
