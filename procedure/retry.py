"""When to try an outgoing mail again, when to warn, and when to give up.

Close together at first, for a next hop that restarts or greylists; then rarely, for one that is down (RFC 5321 §4.5.4.1
asks for a give-up time of at least four to five days). Every age is counted from when the mail was queued.
"""

from __future__ import annotations

from datetime import timedelta

WARN_AFTER = timedelta(hours=4)
"""Age at which an answer that is still not delivered is shown on its ticket."""

GIVE_UP_AFTER = timedelta(days=5)
"""Age at which an outgoing mail is dead."""

SCHEDULE = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 300, 600, 1200, 1800, 3600, 7200, 14400))
"""Delay after the first, second, ... failed attempt; the last one repeats."""

SPREAD = 0.2
"""Width of the jitter, as a part of the delay: mails that failed together do not return together."""


def next_attempt(attempts: int, jitter: float) -> timedelta:
    """Return how long to wait after the latest of ``attempts`` failed attempts (1 or more).

    ``jitter`` is a random number from 0 to 1 and moves the delay from -10 % to +10 %; outside that range it is clipped.
    """
    delay = SCHEDULE[min(max(attempts, 1), len(SCHEDULE)) - 1]
    return delay * (1 - SPREAD / 2 + SPREAD * min(max(jitter, 0.0), 1.0))
