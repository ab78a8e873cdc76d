"""The doctor calls the listener and the smarthost, as a mail program would, and sends nothing."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

from app.doctor import Finding, fail, ok, warn
from app.endpoints import Endpoint
from app.errors import AppError
from app.settings_model import Settings
from app.workers import make_smarthost
from outbox.smarthost import session

SECONDS = 5.0


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what the two say."""
    yield _listener(settings.smtp.endpoint)
    yield _smarthost(settings)


def _listener(endpoint: Endpoint | None) -> Finding:
    if endpoint is None:
        return warn("listener", "smtp.listen is empty: no mail comes in by SMTP", "Set smtp.listen, if mail should.")
    if endpoint.port == 0:
        return ok("listener", "any free port; 'tierdesk serve' prints which")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(endpoint.host, endpoint.host)
    try:
        with smtplib.SMTP(host, endpoint.port, timeout=SECONDS) as smtp:
            smtp.noop()
    except (OSError, smtplib.SMTPException) as error:
        return warn("listener", f"{endpoint} does not answer: {_reason(error)}", "tierdesk serve")
    return ok("listener", f"{endpoint} answers 220")


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
