"""The child process: reads mails from its socket, parses each under limits, writes what it found.

Run as ``python -m intake.child``. It imports the parser and nothing else of tierdesk, opens no file, needs no network.
A mail that spins is ended by SIGXCPU, one that eats memory by MemoryError; either way the parent starts another child.
"""

from __future__ import annotations

import resource
import socket
import sys
from collections.abc import Iterable
from dataclasses import replace

from intake.frames import REQUEST, encode_answer, encode_failure
from intake.parsing.mail import parse
from procedure.mail import ParsedMail
from procedure.search_fields import index_message
from procedure.telling import tell


def main(arguments: list[str]) -> int:
    """Serve the socket that is standard input. Arguments: CPU seconds a mail, address space in octets."""
    cpu_seconds, memory = int(arguments[0]), int(arguments[1])
    _confine(memory)
    with socket.socket(fileno=0) as channel:
        while header := _read(channel, REQUEST.size):
            (size,) = REQUEST.unpack(header)
            _grant_cpu(cpu_seconds)
            _serve(channel, size)
    return 0


def _serve(channel: socket.socket, size: int) -> None:
    """Answer one mail. After a failure the parent ends this process."""
    try:
        frame: Iterable[bytes] = encode_answer(_with_words(parse(_read(channel, size))))
    except MemoryError:
        frame = encode_failure("it needs too much memory")
    except Exception as error:  # a bug of ours: this mail is set aside
        frame = encode_failure(f"the parser failed: {type(error).__name__}")
    for piece in frame:
        channel.sendall(piece)


def _with_words(mail: ParsedMail) -> ParsedMail:
    """Read the words for rules and search here too: it is a third of filing, and the parent has one thread."""
    return replace(mail, telling=tell(mail.subject, mail.text), folded=index_message(mail.text))


def _read(channel: socket.socket, size: int) -> bytes:
    """Return exactly ``size`` octets, b'' when the parent is gone."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = channel.recv_into(view)
        if not count:
            return b""
        view = view[count:]
    return bytes(buffer)


def _confine(memory: int) -> None:
    """Take away what parsing does not need: memory without end, files, other processes, core dumps."""
    # A module that is first imported while a mail is read would need a file; all that parsing uses is loaded by now.
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, 8),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def _grant_cpu(seconds: int) -> None:
    """Give the next mail its CPU time from now on; the kernel counts since the process began."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds + 1, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
