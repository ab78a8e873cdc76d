"""The service: listener, filer, courier and timers as supervised tasks of one event loop.

``Service.run`` is the whole life of it: take the lease, listen, work, stop listening, finish what is in hand, give the
lease back. ``run_in_thread`` gives it a thread and a loop of its own, for the console and the demo, so that a stalled
terminal never stalls mail.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from app import holder, listening, workers
from app.errors import AppError
from app.settings_model import Settings
from app.supervisor import pause_unless, supervise
from desk import recovery, service_lease
from desk.actors import TIMERS
from desk.context import Desk
from desk.errors import DeskError
from intake.filer import Filer
from intake.listener import Bound, CannotListen
from intake.pace import Pace
from outbox.worker import Courier

log = logging.getLogger("tierdesk.service")

THREADS = 8
"""Blocking calls at once: enough for a commit, a parse and a few looks; SQLite writes one at a time anyway."""

START_SECONDS = 30.0

COURIER_SECONDS = 0.1
"""The courier looks at most so often: in a storm each transaction of arriving mail rings, and none of it is for it."""

_numbers = itertools.count(1)


class ServiceError(AppError):
    """The service cannot run."""


class Service:
    """Takes mail in, files it, sends answers, wakes sleepers. May be run once."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk = desk
        self._settings = settings
        self._holder = str(holder.this_process(str(next(_numbers))))
        self._pace = Pace()
        self._listener = listening.make_listener(desk, settings, pace=self._pace)
        self._filer: Filer | None = None
        self._courier: Courier | None = None
        self._lost: str | None = None
        self._is_courier_told = False
        workers.make_smarthost(settings.outbox)  # a password that cannot be read is told now, not at the first mail

    async def run(self, stop: asyncio.Event, on_ready: Callable[[Sequence[Bound]], None] = lambda _: None) -> None:
        """Work until ``stop`` is set; ``on_ready`` is told where it listens, once it does.

        Raises ServiceError when another service runs on this store, now or later, and when an address cannot be had.
        """
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="service"))
        await self._take_lease()
        forget = self._desk.database.on_write(lambda: _from_thread(loop, self._ring))
        try:
            bound = await self._listen()
            log.info("action=started listening=%s", ",".join(one.address for one in bound) or "-")
            on_ready(bound)
            await self._work(stop)
        finally:
            forget()
            await self._release_lease()
            log.info("action=stopped")
        if self._lost:
            raise ServiceError(self._lost)

    async def _listen(self) -> list[Bound]:
        if self._listener is None:
            return []
        if not self._settings.desk.addresses:
            log.warning("action=no_addresses effect=all_mail_is_refused setting=desk.addresses")
        try:
            return await self._listener.start()
        except CannotListen as error:
            raise ServiceError(f"{error}.") from error

    async def _work(self, stop: asyncio.Event) -> None:
        """Run the workers; the listener ends before them, so that what it still takes is filed or waits, durable."""
        ending = asyncio.Event()
        named = {
            "filer": self._file,
            "courier": self._send,
            "timers": self._run_timers,
            "upkeep": self._keep_up,
            "packer": self._pack,
        }
        tasks = [asyncio.create_task(supervise(name, work, ending), name=name) for name, work in named.items()]
        tasks.append(asyncio.create_task(self._keep_lease(stop, ending), name="lease"))
        try:
            await stop.wait()
        finally:
            log.info("action=stopping")
            if self._listener is not None:
                await self._listener.stop()
            ending.set()
            await asyncio.gather(*tasks)

    async def _file(self, stop: asyncio.Event) -> None:
        self._filer = workers.make_filer(self._desk, self._pace)
        await self._filer.run(stop)

    async def _send(self, stop: asyncio.Event) -> None:
        self._courier = workers.make_courier(self._desk, self._settings)
        if self._courier is None:
            log.warning("action=no_smarthost effect=mail_waits_in_the_outbox setting=outbox.smarthost")
            await stop.wait()
            return
        await self._courier.run(stop)

    async def _run_timers(self, stop: asyncio.Event) -> None:
        await workers.run_timers(self._desk, stop)

    async def _keep_up(self, stop: asyncio.Event) -> None:
        await workers.run_upkeep(self._desk, stop)

    async def _pack(self, stop: asyncio.Event) -> None:
        await workers.run_packing(self._desk, self._pace, stop)

    def _ring(self) -> None:
        """Wake the workers after a commit of this process; each looks before it writes, so this ends by itself."""
        if self._filer is not None:
            self._filer.ring()
        if self._courier is not None and not self._is_courier_told:
            self._is_courier_told = True
            asyncio.get_running_loop().call_later(COURIER_SECONDS, self._ring_courier)

    def _ring_courier(self) -> None:
        self._is_courier_told = False
        if self._courier is not None:
            self._courier.ring()

    async def _take_lease(self) -> None:
        if not self._desk.database.is_embedded:
            return
        other = await asyncio.to_thread(service_lease.take, TIMERS, self._desk, self._holder, holder.is_gone)
        if other is not None:
            raise ServiceError(f"The service of this store is run by {holder.described(other)} already.")
        taken_up = await asyncio.to_thread(recovery.take_up, TIMERS, self._desk)
        if taken_up:
            log.info("action=taken_up mails=%d", taken_up)

    async def _keep_lease(self, stop: asyncio.Event, ending: asyncio.Event) -> None:
        """Renew the lease until the end; a lease that another has taken ends this service."""
        while self._desk.database.is_embedded and not ending.is_set():
            await pause_unless(ending, service_lease.RENEW_SECONDS)
            try:
                if not await asyncio.to_thread(service_lease.renew, TIMERS, self._desk, self._holder):
                    self._lost = "Another service has taken over this store."
                    stop.set()
                    return
            except DeskError:
                log.exception("action=lease_not_renewed")

    async def _release_lease(self) -> None:
        if not self._desk.database.is_embedded:
            return
        try:
            await asyncio.to_thread(service_lease.release, TIMERS, self._desk, self._holder)
        except DeskError:
            log.exception("action=lease_not_released")


@contextmanager
def run_in_thread(desk: Desk, settings: Settings) -> Iterator[list[str]]:
    """Run the service in a thread while the block runs, and give the block the addresses that it listens on.

    Raises what the start raises (ServiceError, SettingsError, DeskError); returns when the service has ended in order.
    """
    service = Service(desk, settings)
    ready: Future[list[str]] = Future()
    stopping: Future[Callable[[], None]] = Future()
    thread = threading.Thread(target=_thread_main, args=(service, ready, stopping), name="service", daemon=True)
    thread.start()
    try:
        yield ready.result(START_SECONDS)
    finally:
        if stopping.done():
            stopping.result()()
        thread.join()


def _thread_main(service: Service, ready: Future[list[str]], stopping: Future[Callable[[], None]]) -> None:
    async def live() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        stopping.set_result(lambda: _from_thread(loop, stop.set))
        await service.run(stop, lambda bound: ready.set_result([one.address for one in bound]))

    try:
        asyncio.run(live())
    except Exception as error:
        if ready.done():
            log.exception("action=service_ended")
        else:
            ready.set_exception(error)


def _from_thread(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:  # the loop is closed: nobody is left to wake
        return
