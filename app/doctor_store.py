"""The doctor looks into the store: version, policy, laws, what waits, who works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from sqlmodel import Session, col, func, select

from app import holder
from app.doctor import Finding, fail, ok, warn
from app.settings_model import Settings
from desk import policies, service_lease
from desk.actors import OWNER_LOGIN, TIMERS
from desk.context import Desk
from desk.errors import DeskError
from procedure.policy import PolicyError
from procedure.terms import Fate, OutboxState
from store import laws, schema, search_index
from store.errors import StoreError
from store.spool import Spool
from store.tables import Ledger, Outbox, Staff

LATE = timedelta(minutes=10)
"""A mail that is due for longer than this should have been taken by a worker."""


def findings(desk: Desk, settings: Settings) -> Iterator[Finding]:
    """Yield what the store says."""
    checks: dict[str, Callable[[Desk, Settings], Finding]] = {
        "version": _version,
        "staff": _staff,
        "policy": _policy,
        "laws": _laws,
        "search": _search,
        "service": _service,
        "mail in": _mail_in,
        "mail out": _mail_out,
    }
    for name, check in checks.items():
        try:
            yield check(desk, settings)
        except (DeskError, StoreError) as error:
            yield fail(name, str(error), "See what the store says.")


def _version(desk: Desk, _: Settings) -> Finding:
    return ok("version", f"{schema.revision(desk.database)}, the one this tierdesk needs")


def _staff(desk: Desk, _: Settings) -> Finding:
    people = desk.database.read(lambda session: _count(session, Staff.id, Staff.login != OWNER_LOGIN))
    if not people:
        return warn("staff", "nobody works here yet", "tierdesk staff add LOGIN --name NAME --role level1")
    return ok("staff", f"{people} of them")


def _policy(desk: Desk, _: Settings) -> Finding:
    try:
        policy = desk.database.read(lambda session: policies.in_force(session, desk))
    except PolicyError as error:
        return fail("policy", "; ".join(error.problems), "Mend and load it: tierdesk policy load FILE")
    return ok("policy", policy.name)


def _broken(session: Session, spool: Spool | None) -> list[str]:
    return [*laws.faults(session), *islice(laws.missing_files(session, spool), laws.SHOWN)]


def _laws(desk: Desk, _: Settings) -> Finding:
    broken = desk.database.read(partial(_broken, spool=desk.database.spool))
    if broken:
        return fail("laws", " ".join(broken), "Keep a copy of the store and report this: it is a fault of tierdesk.")
    return ok("laws", "every mail has its fate, every ticket its next moment, the counters are right")


def _search(desk: Desk, _: Settings) -> Finding:
    lacking = desk.database.read(search_index.missing)
    if lacking:
        return warn("search", f"{lacking:,} messages are not in its index", "tierdesk migrate --search")
    return ok("search", "every message is in its index")


def _service(desk: Desk, settings: Settings) -> Finding:
    if not desk.database.is_embedded:
        return ok("service", "a server's store: any number of services may run")
    name = service_lease.holder(TIMERS, desk)
    if name is None or holder.is_gone(name):
        return warn("service", "nobody runs it: no mail comes in or goes out", "tierdesk serve")
    return ok("service", holder.described(name))


def _mail_in(desk: Desk, _: Settings) -> Finding:
    since = desk.clock.now() - LATE
    late = desk.database.read(
        lambda session: _count(session, Ledger.id, Ledger.fate == Fate.PENDING, Ledger.due_at < since)
    )
    stuck = desk.database.read(
        lambda session: _count(session, Ledger.id, col(Ledger.fate).in_((Fate.POISON, Fate.QUARANTINED)))
    )
    if late:
        return warn("mail in", f"{late} mails wait to be filed for more than 10 minutes", "Is the service running?")
    if stuck:
        return warn("mail in", f"{stuck} mails need a person", "tierdesk ledger list --fate poison (or quarantined)")
    return ok("mail in", "nothing waits to be filed")


def _mail_out(desk: Desk, _: Settings) -> Finding:
    since = desk.clock.now() - LATE
    waiting = (OutboxState.QUEUED, OutboxState.SENDING)
    late = desk.database.read(
        lambda session: _count(session, Outbox.id, col(Outbox.state).in_(waiting), Outbox.created_at < since)
    )
    dead = desk.database.read(lambda session: _count(session, Outbox.id, Outbox.state == OutboxState.DEAD))
    if late:
        return warn("mail out", f"{late} mails wait for more than 10 minutes", "tierdesk outbox list --state queued")
    if dead:
        return warn("mail out", f"{dead} mails did not arrive", "tierdesk outbox list --state dead")
    return ok("mail out", "nothing waits")


def _count(session: Session, column: object, *conditions: object) -> int:
    statement = select(func.count(column)).where(*conditions)  # type: ignore[arg-type]  # columns, typed as their values
    return int(session.exec(statement).one())
