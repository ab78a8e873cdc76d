"""From the 250 to the screen of a console in another process."""

from __future__ import annotations

import os
import smtplib
import subprocess
import time
from pathlib import Path
from statistics import median

from bench.console import command, environment
from bench.filling import fill
from bench.report import Figure, percentile
from bench.terminal import Terminal

MAILS = 36
"""As many as fit on the screen: a line below the fold is not painted."""


def run(folder: Path) -> list[Figure]:
    """Send mails one after another and clock each from its 250 until its subject is painted."""
    env = {**environment(fill(folder / "live.db", {1: 2})), "TIERDESK_SMTP__LISTEN": "127.0.0.1:0"}
    with subprocess.Popen(command("serve"), env=env, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            port = int(service.stdout.readline().rpartition(":")[2])
            waits = _clock(env, port)
        finally:
            service.terminate()
            service.wait(30)
    return [
        Figure("250 to screen, p50", median(waits), "s", 0.3, f"{MAILS} mails"),
        Figure("250 to screen, p95", percentile(waits, 95), "s", 0.3, f"largest {max(waits):.3f}"),
    ]


def _clock(env: dict[str, str], port: int) -> list[float]:
    waits: list[float] = []
    with Terminal(command(), env, (140, 45)) as terminal:
        terminal.wait_for(b"TD-")
        terminal.drain(1.5)
        with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as client:
            for number in range(MAILS):
                token = f"zq{os.getpid()}x{number}x"
                body = f"From: n{number}@example.org\r\nSubject: {token}\r\n\r\nmy mailbox is full\r\n"
                mark = len(terminal.output)
                client.sendmail(f"n{number}@example.org", ["s@example.org"], body.encode())
                accepted = time.perf_counter()
                waits.append(terminal.wait_for(token[:12].encode(), 10, mark) - accepted)
                terminal.drain(0.4)
    return waits
