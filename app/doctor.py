"""What ``tierdesk doctor`` looks at: each check is a function that yields findings; nothing is changed.

A finding is ``ok``, ``warn`` (works, but see to it) or ``fail`` (does not work, or a law is broken), with what to do.
The checks of the store follow only when it could be opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from app.errors import AppError
from app.packages import HOME, check_packages
from app.settings import LoadedSettings, mask_url
from app.wiring import mail_identity, refuse_foreign, store_file
from desk.context import Desk, open_desk
from desk.errors import DeskError


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One result: ``found`` says what is, ``advice`` what to do about it."""

    check: str
    verdict: Verdict
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(check, Verdict.OK, found)


def warn(check: str, found: str, advice: str) -> Finding:
    """Return a finding to see to."""
    return Finding(check, Verdict.WARN, found, advice)


def fail(check: str, found: str, advice: str) -> Finding:
    """Return a finding that something does not work."""
    return Finding(check, Verdict.FAIL, found, advice)


def examine(loaded: LoadedSettings) -> Iterator[Finding]:
    """Yield the findings in the order in which one would mend them."""
    from app import doctor_machine, doctor_network, doctor_store

    yield _packages()
    yield from doctor_machine.findings(loaded)
    desk: Desk | None = None
    for outcome in _store(loaded):
        if isinstance(outcome, Desk):
            desk = outcome
        else:
            yield outcome
    if desk is not None:
        with closing(desk):
            yield from doctor_store.findings(desk, loaded.settings)
    yield from doctor_network.findings(loaded.settings)


def _packages() -> Finding:
    try:
        check_packages()
    except AppError as error:
        return fail("packages", str(error), "Install tierdesk again, in an environment of its own.")
    return ok("packages", f"all from {HOME}")


def _store(loaded: LoadedSettings) -> Iterator[Finding | Desk]:
    """Open the store as it is: a missing one is not made, an old one not migrated."""
    url = loaded.settings.store.url
    try:
        path = store_file(url)
        if path and not path.exists():
            yield warn("store", f"{path} does not exist yet", "The first command makes it; 'tierdesk init' does all.")
            return
        refuse_foreign(url)
        desk = open_desk(url, mail_identity(loaded.settings))
    except (AppError, DeskError) as error:
        yield fail("store", str(error), "See store.url in the settings.")
        return
    yield ok("store", path.as_posix() if path else mask_url(url))
    yield desk
