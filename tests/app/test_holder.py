"""Whose the lease of the service is: a process that has ended is told from one that works."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from app.holder import Holder, described, is_gone, this_process

HERE = this_process("1")


def test_this_process_is_not_gone() -> None:
    """A process that works holds its lease."""
    assert not is_gone(str(HERE))


def test_a_name_is_read_as_it_was_written() -> None:
    """A lease says in words who holds it."""
    assert described(str(HERE)) == f"process {os.getpid()} on {HERE.host}"


@pytest.mark.parametrize("is_reaped", [True, False], ids=["ended", "zombie"])
def test_a_process_that_ended_is_gone(is_reaped: bool) -> None:
    """Also one whose parent has not asked for its status yet."""
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.read() == b""
        if is_reaped:
            process.wait()
        else:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert is_gone(str(HERE._replace(process=process.pid, start=HERE.start)))


@pytest.mark.skipif(HERE.boot == "-", reason="this system has no /proc to tell processes apart by")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"start": "1"}, True),
        ({"boot": "an-earlier-one"}, True),
        ({"host": "elsewhere", "process": 2**22 + 1}, False),
        ({"namespace": "pid:[1]", "process": 2**22 + 1}, False),
        ({"process": 2**22 + 1}, True),
    ],
    ids=["number given out again", "machine started again", "another machine", "another container", "no such process"],
)
def test_only_the_certain_is_gone(change: dict[str, object], expected: bool) -> None:
    """What cannot be known from here is left to the end of the lease."""
    parts = {**HERE._asdict(), **change}
    assert is_gone(str(Holder(**parts))) is expected


@pytest.mark.parametrize("name", ["", "somebody", "x@y a b c d", "1@host", "1@host a b c d e"])
def test_a_name_that_is_none_of_ours_is_not_gone(name: str) -> None:
    """A later version may write other names; its lease is respected."""
    assert (is_gone(name), described(name)) == (False, "another process")
