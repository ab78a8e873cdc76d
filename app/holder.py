"""How a process is named in the lease of the service, and how another process tells that it is gone.

``4242@desk1 BOOT NAMESPACE START TOKEN``: the process id alone is not enough, since it is given out again after the end
of the process. Where there is no /proc, only "no such process" counts as gone, and else the lease's end decides.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")


class Holder(NamedTuple):
    """The parts of a holder's name; ``-`` stands for what this system does not tell."""

    process: int
    host: str
    boot: str
    namespace: str
    start: str
    token: str

    def __str__(self) -> str:
        """Return the name as the lease keeps it."""
        return f"{self.process}@{self.host} {self.boot} {self.namespace} {self.start} {self.token}"


def this_process(token: str) -> Holder:
    """Return the name of this process; ``token`` tells two services in one process apart."""
    process = os.getpid()
    return Holder(process, _word(socket.gethostname()), _boot(), _namespace(), _start(process), token)


def is_gone(name: str) -> bool:
    """Tell whether the process of this name has certainly ended."""
    there = _read(name)
    if there is None:
        return False
    here = this_process("-")
    if there.host != here.host:
        return False
    if there.boot != here.boot:
        return True
    if there.namespace != here.namespace:
        return False
    return not _runs(there.process) or _start(there.process) != there.start


def described(name: str) -> str:
    """Return a holder as people say it: ``process 4242 on desk1``."""
    there = _read(name)
    return f"process {there.process} on {there.host}" if there else "another process"


def _read(name: str) -> Holder | None:
    who, *rest = name.split(" ")
    process, at, host = who.partition("@")
    if not at or len(rest) != 4 or not process.isascii() or not process.isdigit():
        return None
    return Holder(int(process), host, *rest)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return _state(process) != "Z"  # a zombie has ended; its parent has only not asked yet


def _boot() -> str:
    return _text(_PROC / "sys/kernel/random/boot_id")


def _namespace() -> str:
    try:
        return _word(os.readlink(_PROC / "self/ns/pid"))
    except OSError:
        return "-"


def _start(process: int) -> str:
    fields = _stat(process)
    return fields[19] if len(fields) > 19 else "-"


def _state(process: int) -> str:
    fields = _stat(process)
    return fields[0] if fields else "-"


def _stat(process: int) -> list[str]:
    """Return the fields after the name in parentheses, which may itself hold blanks and parentheses (proc(5))."""
    return _read_text(_PROC / str(process) / "stat").rpartition(")")[2].split()


def _text(path: Path) -> str:
    return _word(_read_text(path).strip())


def _read_text(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace")
    except OSError:
        return ""


def _word(text: str) -> str:
    return "".join(text.split()) or "-"
