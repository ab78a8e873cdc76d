"""The doctor calls the listener and the smarthost, as a mail program would, and sends nothing."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

from app.doctor import Finding, fail, ok, warn
from app.endpoints import Endpoint, UnixPath
from app.errors import AppError
from app.settings_model import Settings
from app.workers import make_smarthost
from outbox.smarthost import session

SECONDS = 5.0


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what they say."""
    yield from _listener(settings)
    yield _smarthost(settings)


def _listener(settings: Settings) -> Iterator[Finding]:
    places = [*settings.smtp.places, *settings.lmtp.places]
    if not places:
        advice = "Set smtp.listen or lmtp.listen, if mail should."
        yield warn("listener", "smtp.listen and lmtp.listen are empty: no mail comes in", advice)
    for place in places:
        yield _answer(place)


def _answer(place: Endpoint | UnixPath) -> Finding:
    if isinstance(place, UnixPath):
        host, port = place.path, 0
    elif place.port == 0:
        return ok("listener", "any free port; 'tierdesk serve' prints which")
    else:
        host, port = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.host, place.host), place.port
    try:
        with smtplib.LMTP(host, port, timeout=SECONDS) as client:  # it knows unix sockets, and NOOP is said in both
            client.noop()
    except (OSError, smtplib.SMTPException) as error:
        return warn("listener", f"{place} does not answer: {_reason(error)}", "tierdesk serve")
    return ok("listener", f"{place} answers 220")


def _smarthost(settings: Settings) -> Finding:
    try:
        smarthost = make_smarthost(settings.outbox)
        if smarthost is None:
            return warn("smarthost", "none: mail waits in the outbox", "Set outbox.smarthost.")
        with session(smarthost) as smtp:
            smtp.noop()
    except (OSError, ValueError, smtplib.SMTPException, AppError) as error:
        advice = "See the [outbox] settings; mail waits in the outbox until it answers."
        return fail("smarthost", f"{settings.outbox.smarthost}: {_reason(error)}", advice)
    return ok("smarthost", f"{settings.outbox.smarthost} takes mail from us")


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
