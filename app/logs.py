"""Logs: the standard library, ``key=value``, one event a line, to standard error or a file.

No text of a mail and no secret is logged. An exception is told by its type and where it went, never by its words: a
driver's error quotes the row that it refused. Only the system's own errors (``OSError``) keep their text.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_QUIET = ("mail.log", "asyncio", "alembic", "sqlalchemy")
"""Libraries that talk about every command or every statement."""


class LineFormatter(logging.Formatter):
    """Writes one event as one line of printable text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"at={at} level={record.levelname.lower()} log={record.name} {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" exception={_told(record.exc_info[1])} trace={_trace(record.exc_info[2])}"
        return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], line)


def configure(level: str = "info", file: Path | None = None) -> logging.Handler:
    """Send all logs to ``file``, or to standard error; return the handler. The console's screen needs a file."""
    handler = _to_file(file) if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler


def _to_file(file: Path) -> logging.Handler:
    """Keep a log of at most two times 5 MB that only its owner reads. Raises OSError."""
    from logging.handlers import RotatingFileHandler

    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    return RotatingFileHandler(file, maxBytes=5_000_000, backupCount=1, encoding="utf-8")


def _told(error: BaseException) -> str:
    text = f"{type(error).__name__}({error!s})" if isinstance(error, OSError) else type(error).__name__
    return f'"{text}"' if " " in text else text


def _trace(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-8:]
    return ">".join(f"{Path(frame.filename).stem}.{frame.name}:{frame.lineno}" for frame in frames) or "-"
