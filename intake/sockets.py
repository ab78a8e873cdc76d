"""Listening sockets that asyncio does not open for us: unix sockets, and those of the service manager.

A unix socket is made with a mode that lets nobody in, then given its group and its mode. A socket that nobody listens
on is what a killed service leaves, and is taken away; anything else at the path is left alone and is an error.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
from collections.abc import MutableMapping
from contextlib import closing, suppress

from intake.settings import InheritedSocket, Speech, UnixAddress

_FIRST_FD = 3
_Identity = tuple[int, int]


class UnixSocket:
    """A bound unix socket and its place in the file system."""

    def __init__(self, address: UnixAddress) -> None:
        """Bind. Raises OSError, LookupError for a group that does not exist."""
        self._path = address.path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            _remove_stale(self._path)
            with suppress(OSError):  # Linux gives the file this mode at once; elsewhere the umask has to do
                os.fchmod(self.socket.fileno(), 0o600)
            self.socket.bind(self._path)
            self._identity = _identity(os.lstat(self._path))
            if address.group:
                shutil.chown(self._path, group=address.group)
            os.chmod(self._path, address.mode)
        except BaseException:
            self.socket.close()
            self.remove()
            raise

    _identity: _Identity | None = None

    def remove(self) -> None:
        """Take the path away, unless something else stands there by now."""
        with suppress(FileNotFoundError):
            if self._identity is not None and _identity(os.lstat(self._path)) == self._identity:
                os.unlink(self._path)


def inherited(environ: MutableMapping[str, str], pid: int) -> list[InheritedSocket]:
    """Return the sockets that the service manager passed (sd_listen_fds), and take its variables away.

    A socket whose name has ``lmtp`` in it speaks LMTP, every other SMTP. Raises OSError for one that does not listen.
    """
    told_pid, count, names = (environ.pop(f"LISTEN_{name}", "") for name in ("PID", "FDS", "FDNAMES"))
    if told_pid != str(pid) or not count.isdigit():
        return []
    named = names.split(":")
    return [
        _inherited(_FIRST_FD + number, named[number] if number < len(named) else "") for number in range(int(count))
    ]


def _inherited(fd: int, name: str) -> InheritedSocket:
    os.set_inheritable(fd, False)  # not for the parser's process
    opened = socket.socket(fileno=fd)
    if opened.type != socket.SOCK_STREAM or not opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise OSError(errno.EINVAL, f"the socket {name or fd} of the service manager does not listen")
    opened.setblocking(False)
    return InheritedSocket(opened, Speech.LMTP if "lmtp" in name.lower() else Speech.SMTP)


def _remove_stale(path: str) -> None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise OSError(errno.EEXIST, "there is a file of that name that is no socket")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)) as probe:
        refusal = probe.connect_ex(path)
    if refusal != errno.ECONNREFUSED:
        raise OSError(errno.EADDRINUSE, "another program listens there")
    if _identity(os.lstat(path)) == _identity(found):
        os.unlink(path)


def _identity(found: os.stat_result) -> _Identity:
    return found.st_dev, found.st_ino
