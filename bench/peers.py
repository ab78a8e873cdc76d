"""What mail intake is measured beside: the limit of aiosmtpd, and Postfix.

Run as a program it is the limit: a stock aiosmtpd that takes every mail and keeps none.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes import postfix


@contextmanager
def bare_aiosmtpd() -> Iterator[int]:
    """Run a stock aiosmtpd that stores nothing, in a process of its own, and give its port."""
    with subprocess.Popen([sys.executable, "-m", "bench.peers"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.terminate()
            server.wait(10)


@contextmanager
def postfix_queue() -> Iterator[int]:
    """Run a Postfix that queues every mail to disk and delivers none. Raises ``postfix.Missing``."""
    with postfix.relay({"example.org": "discard:"}, more="smtpd_client_restrictions = static:HOLD\n") as relay:
        yield relay.port


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's smtp-sink, which throws all mail away. Raises ``postfix.Missing``."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if program is None:
        raise postfix.Missing("smtp-sink is not installed")
    port = postfix.free_port()
    with subprocess.Popen([program, "-u", "root", f"127.0.0.1:{port}", "512"]) as server:
        try:
            until = time.monotonic() + 10
            while not postfix.greets(port):
                if time.monotonic() > until:
                    raise postfix.Missing("smtp-sink does not start here")
            yield port
        finally:
            server.terminate()
            server.wait(10)


class _Nothing:
    """A handler that says 250 and keeps nothing."""

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        return "250 OK"


async def _serve() -> None:
    from aiosmtpd.smtp import SMTP

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: SMTP(_Nothing(), loop=loop), "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
