"""A PostgreSQL server of the tests' own, from the ``initdb`` found on the machine.

It listens on a Unix socket in its own directory and nowhere else, so no port can be taken and nobody else can connect.
It never syncs to disk, and it ends with the test session: by its process id, and by itself should that be killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.memory import memory

START_SECONDS = 30
_SERVERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
_FAST = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB",
    "listen_addresses=", "logging_collector=off", "autovacuum=off", "max_wal_size=256MB", "jit=off",
)  # fmt: skip


class Missing(Exception):
    """What a server needs is not on this machine."""


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    directory: Path
    user: str

    def url(self, name: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql+psycopg://{self.user}@/{name}?host={self.directory}"

    def execute(self, statement: str) -> None:
        """Run a statement outside a transaction, as CREATE DATABASE wants it."""
        import psycopg

        with psycopg.connect(f"host={self.directory} user={self.user} dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """End the server ("fast": connections are cut) and remove its directory."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.directory, ignore_errors=True)


def find_binaries() -> Path:
    """Return the directory of ``initdb`` and ``postgres``. Raises Missing."""
    if importlib.util.find_spec("psycopg") is None:
        raise Missing("psycopg is not installed (the extra 'postgres')")
    candidates = [Path(path).resolve().parent for path in (shutil.which("initdb"),) if path]
    if (config := shutil.which("pg_config")) is not None:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        candidates.append(Path(told or "/nonexistent"))
    for root in _SERVERS:
        candidates.extend(sorted(Path(root).glob("*/bin"), reverse=True))
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    raise Missing("there is no PostgreSQL server on this machine (no initdb found)")


def start() -> Server:
    """Start a server with an empty cluster. Raises Missing when there is none to start."""
    binaries = find_binaries()
    directory = Path(tempfile.mkdtemp(prefix="tierdesk-pg-", dir=memory()))
    try:
        return _start(binaries, directory)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _start(binaries: Path, directory: Path) -> Server:
    data, log = directory / "data", directory / "log"
    identity = _unprivileged(directory)
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "tierdesk", "-E", "UTF8", "--locale=C", "--no-sync"],
        capture_output=True, cwd=directory, env=_environment(), check=False, **identity,
    )  # fmt: skip
    if made.returncode:
        raise Missing(f"initdb does not work here: {made.stderr.decode(errors='replace').strip()[-200:]}")
    settings = [word for setting in _FAST for word in ("-c", setting)]
    command: list[Any] = [binaries / "postgres", "-D", data, "-k", directory, *settings]
    if (setpriv := shutil.which("setpriv")) is not None:  # ends with us even when we are killed
        command = [setpriv, "--pdeathsig", "INT", *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            env=_environment(),
            **identity,
        )
    server = Server(process, directory, "tierdesk")
    _wait(server, log)
    return server


def _wait(server: Server, log: Path) -> None:
    """Wait until the server answers. Raises Missing, with its log, when it does not."""
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while server.process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            server.execute("SELECT 1")
            return
        time.sleep(0.05)
    server.process.kill()
    server.process.wait()
    raise Missing(f"PostgreSQL does not start here: {log.read_text(errors='replace').strip()[-300:]}")


def _unprivileged(directory: Path) -> dict[str, Any]:
    """Return who runs the server: PostgreSQL refuses root, so as root it is somebody who owns nothing else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            person = pwd.getpwnam(name)
            os.chown(directory, person.pw_uid, person.pw_gid)
            return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    raise Missing("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
