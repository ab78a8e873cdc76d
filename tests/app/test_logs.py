"""Logs: one event a line, nothing that a mail or a password said."""

from __future__ import annotations

import logging
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.logs import LineFormatter, configure

SECRET = "what the customer wrote"


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    information = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("tierdesk.intake", logging.INFO, __file__, 1, message, arguments, information)
    return LineFormatter().format(record)


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error):
        found = sys.exc_info()[1]
        assert isinstance(found, Exception)
        return found


def test_a_line_begins_with_when_how_and_where() -> None:
    """Programs read the lines as keys and values."""
    words = line("action=filed mail=%d", 7).split()
    assert [word.partition("=")[0] for word in words] == ["at", "level", "log", "action", "mail"]


@given(st.text())
def test_an_event_is_one_printable_line(text: str) -> None:
    """Whatever is logged, a line stays a line and holds no control character."""
    found = line("reply=%s", text)
    assert found.splitlines() == [found]
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in found)


def test_an_exception_is_told_without_its_words() -> None:
    """A driver's error quotes the row it refused; type and place are enough to find it."""
    found = line("action=crashed", error=raised(ValueError(SECRET)))
    assert SECRET not in found and "exception=ValueError trace=test_logs.raised:" in found


def test_the_system_may_say_why() -> None:
    """A full disk is told in its words."""
    found = line("action=crashed", error=raised(OSError(28, "No space left on device")))
    assert 'exception="OSError([Errno 28] No space left on device)"' in found


@pytest.fixture
def root_logger() -> logging.Logger:
    """Return the root logger; what a test added is taken away again by ``test_a_file_is_private``."""
    return logging.getLogger()


def test_a_file_is_private(tmp_path: Path, root_logger: logging.Logger) -> None:
    """The console's log is readable by its owner alone, and made with its directory."""
    level = root_logger.level
    handler = configure("info", tmp_path / "new" / "console.log")
    try:
        logging.getLogger("tierdesk.test").info("action=tested")
        handler.flush()
        file = tmp_path / "new" / "console.log"
        assert (stat.S_IMODE(file.stat().st_mode), "action=tested" in file.read_text()) == (0o600, True)
    finally:
        root_logger.removeHandler(handler)
        root_logger.setLevel(level)
        handler.close()
