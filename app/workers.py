"""The workers of the service bound to the desk: what each claims, does and records, and as whom."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from app.settings_model import OutboxSettings, Settings
from app.supervisor import pause_unless
from desk import alarms, due, filing, outgoing, packing, recounting, timers, upkeep
from desk.actors import COURIER, FILER, TIMERS
from desk.context import Desk
from intake.filer import Filer
from intake.pace import Pace
from intake.parser import ParserProcess
from outbox.deliver import deliver
from outbox.smarthost import Smarthost, Tls
from outbox.worker import Courier
from procedure.mail import OutgoingMail

POLL_SECONDS = 1.0
"""How often a worker looks without a bell: what another process wrote, and what has become due."""

UPKEEP_SECONDS = 0.5

PACK_SECONDS = 2.0
IDLE_SECONDS = 30.0
"""Between two steps of packing: when there was something to pack, and when there was not."""

_CLAIM_ALONE = 24
_CLAIM_SHARED = 2
"""On a server another filer takes over what was not filed within the lease, so few are claimed at once."""


def make_filer(desk: Desk, pace: Pace) -> Filer:
    """Return the worker that files accepted mail and steps aside in a storm; it may be run once."""
    limit = _CLAIM_ALONE if desk.database.is_embedded else _CLAIM_SHARED

    def claim() -> Sequence[filing.ClaimedMail]:
        return filing.claim(FILER, desk, limit) if due.mail_to_file(FILER, desk) else ()

    file_all, fail = partial(filing.file_all, FILER, desk), partial(filing.fail, FILER, desk)
    return Filer(claim, file_all, fail, ParserProcess(), poll_seconds=POLL_SECONDS, is_storm=pace.is_storm)


def make_courier(desk: Desk, settings: Settings) -> Courier | None:
    """Return the worker that sends mail, None without a smarthost; it may be run once. Raises SettingsError."""
    smarthost = make_smarthost(settings.outbox)
    if smarthost is None:
        return None

    def claim(limit: int) -> Sequence[OutgoingMail]:
        return outgoing.claim(COURIER, desk, limit) if due.mail_to_send(COURIER, desk) else ()

    record = partial(outgoing.record_outcome, COURIER, desk)
    return Courier(claim, partial(deliver, smarthost=smarthost), record, poll=POLL_SECONDS)


def make_smarthost(settings: OutboxSettings) -> Smarthost | None:
    """Return the next hop of the settings, None when there is none. Raises SettingsError for its password file."""
    endpoint = settings.endpoint
    if endpoint is None:
        return None
    return Smarthost(
        host=endpoint.host,
        port=endpoint.port,
        tls=Tls(settings.tls),
        user=settings.user,
        password=settings.read_password(),
        timeout=settings.timeout_seconds,
        helo=settings.helo,
        ca_file=settings.ca_file,
    )


async def run_timers(desk: Desk, stop: asyncio.Event) -> None:
    """Do what has come due, looking once a second, until ``stop`` is set: sleepers, alarms, clocks of a new policy."""
    while not stop.is_set():
        done = await asyncio.to_thread(_run_due, desk)
        if done < timers.BATCH:
            await pause_unless(stop, POLL_SECONDS)


async def run_packing(desk: Desk, pace: Pace, stop: asyncio.Event) -> None:
    """Pack old mail while few mails come in, until ``stop`` is set."""
    while not stop.is_set():
        looked_at = 0 if pace.is_busy() else await asyncio.to_thread(packing.pack_some, TIMERS, desk)
        await pause_unless(stop, PACK_SECONDS if looked_at else IDLE_SECONDS)


async def run_upkeep(desk: Desk, stop: asyncio.Event) -> None:
    """Keep the store's log short, looking twice a second, until ``stop`` is set."""
    while not stop.is_set():
        await asyncio.to_thread(upkeep.shorten_log, TIMERS, desk)
        await pause_unless(stop, UPKEEP_SECONDS)


def _run_due(desk: Desk) -> int:
    """Do one step of each kind and return the longest."""
    woken = timers.run_due(TIMERS, desk) if due.sleepers_to_wake(TIMERS, desk) else 0
    recounted = recounting.recount(TIMERS, desk) if recounting.is_behind(TIMERS, desk) else 0
    rung = alarms.ring(TIMERS, desk) if due.alarms_to_ring(TIMERS, desk) else 0
    return max(woken, recounted, rung)
