"""``tierdesk serve``: the service without a console."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import click

from app.context import Context, pass_context

if TYPE_CHECKING:
    from app.service import Service
    from intake.listener import Bound


SWITCH_SECONDS = 0.001
"""How long a thread that computes keeps the interpreter from the others. The listener needs it some five times a mail,
each time for a moment; with the five milliseconds of the default, filing would keep each peer waiting."""


@click.command()
@pass_context
def command(context: Context) -> None:
    """Take mail in, file it, send answers, wake what sleeps; until SIGTERM or Ctrl-C.

    Prints a line for each place it listens at when it is ready; logs go to standard error.
    """
    from app import logs
    from app.service import Service
    from app.wiring import open_desk

    logs.configure(context.settings.log.level)
    with closing(open_desk(context)) as desk:
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.freeze()  # what was loaded so far is never garbage: looking through it again costs 50 ms at a time
        asyncio.run(_serve(Service(desk, context.settings)))


async def _serve(service: Service) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await service.run(stop, _announce)


def _announce(bound: Sequence[Bound]) -> None:
    if bound:  # in one write: whoever waits for the first line may close the pipe behind it
        click.echo("\n".join(f"listening {one.speech} {one.address}" for one in bound))
