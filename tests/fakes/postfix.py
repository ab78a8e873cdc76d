"""A Postfix of the tests' own: it takes mail on loopback and relays it, and nothing of the system's Postfix is touched.

Configuration, queue and data are in one temporary directory; ``master`` runs in the foreground as our child and ends by
its process id. It must begin as root, since its parts give up that right one by one.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 20.0
_DAEMONS = ("/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix")
_PRIVATE = [
    "active",
    "bounce",
    "corrupt",
    "defer",
    "deferred",
    "flush",
    "hold",
    "incoming",
    "private",
    "saved",
    "trace",
]

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_dns_support_level = disabled
myhostname = relay.example.net
mydestination =
mynetworks = 127.0.0.0/8
recipient_delimiter = +
local_recipient_maps =
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
transport_maps = inline:{{ {transports} }}
default_transport = error:no route
notify_classes =
biff = no
smtputf8_enable = yes
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Missing(Exception):
    """What a Postfix needs is not here."""


@dataclass(frozen=True)
class Relay:
    """A running Postfix."""

    port: int
    log: Path


@contextmanager
def relay(routes: Mapping[str, int | str], more: str = "") -> Iterator[Relay]:
    """Run a Postfix that sends mail for each domain to a port of 127.0.0.1 or by a transport. Raises Missing.

    ``more`` is added to its ``main.cf``.
    """
    master = _find_master()
    home = Path(tempfile.mkdtemp(prefix="tierdesk-postfix-"))
    try:
        port = free_port()
        _furnish(home, port, routes, more)
        with _running(master, home) as process:
            _wait(process, port, home / "log")
            yield Relay(port, home / "log")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _find_master() -> Path:
    if os.geteuid() != 0:
        raise Missing("Postfix must be started by root")
    with suppress(KeyError):
        pwd.getpwnam("postfix"), grp.getgrnam("postdrop")
        for folder in map(Path, _DAEMONS):
            if (folder / "master").exists():
                return folder / "master"
    raise Missing("Postfix is not installed")


def _furnish(home: Path, port: int, routes: Mapping[str, int | str], more: str) -> None:
    """Write the configuration and make the directories with the owners that Postfix insists on."""
    person, drop = pwd.getpwnam("postfix"), grp.getgrnam("postdrop")
    home.chmod(0o755)
    named = {domain: f"smtp:[127.0.0.1]:{to}" if isinstance(to, int) else to for domain, to in routes.items()}
    transports = ", ".join(f"{{ {domain} = {transport} }}" for domain, transport in named.items())
    (home / "main.cf").write_text(_MAIN.format(home=home, transports=transports) + more)
    (home / "master.cf").write_text(_MASTER.format(port=port))
    for folder in ("queue", "queue/pid"):
        (home / folder).mkdir()
    for folder in ("data", *(f"queue/{name}" for name in _PRIVATE)):
        (home / folder).mkdir(mode=0o700)
        os.chown(home / folder, person.pw_uid, person.pw_gid)
    for folder, mode in (("queue/public", 0o710), ("queue/maildrop", 0o730)):
        (home / folder).mkdir()
        os.chown(home / folder, person.pw_uid, drop.gr_gid)
        (home / folder).chmod(mode)


@contextmanager
def _running(master: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    command: list[str | Path] = [master, "-c", home, "-d"]
    if (setpriv := shutil.which("setpriv")) is not None:  # ends with us even when we are killed
        command = [setpriv, "--pdeathsig", "TERM", *command]
    environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "MAIL_CONFIG": str(home)}
    with (home / "out").open("wb") as out:
        process = subprocess.Popen(
            command, env=environ, cwd=home, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def greets(port: int) -> bool:
    """Tell whether somebody greets on a port."""
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 5)) as client:
        return client.recv(4) == b"220 "
    return False


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait for the greeting. Raises Missing, with its log, when it does not come."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        if greets(port):
            return
        time.sleep(0.05)
    told = "".join(path.read_text(errors="replace")[-1500:] for path in (log, log.parent / "out") if path.exists())
    raise Missing(f"Postfix does not start here: {told}")


def free_port() -> int:
    """Return a port that was free a moment ago, for programs that cannot choose one themselves."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
