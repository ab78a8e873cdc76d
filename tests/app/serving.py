"""``tierdesk serve`` as a real process: started, waited for, ended; never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLINE = 30.0


@contextmanager
def serving(environ: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the service and give the block its process and its address once it says that it listens."""
    process = start("serve", environ=environ)
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("listening smtp "), line + process.stderr.read()
        yield process, line.split()[2]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=DEADLINE)


def start(*arguments: str, environ: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a command with its streams in pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.main", *arguments],
        cwd=ROOT, env=dict(environ), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Send a signal, wait for the end, and return status, rest of output, and errors."""
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE)
    return process.returncode, out, err


def environment(store: Path, home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user is found."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TIERDESK_STORE__URL": f"sqlite:///{store}",
        "TIERDESK_SMTP__LISTEN": "127.0.0.1:0",
        "TIERDESK_DESK__ADDRESSES": "support@example.com",
        **more,
    }
