"""Runs a dialogue written in a file against a real socket.

``c: text`` sends a line with CR LF; ``c> text`` sends text as it is, with ``\\r \\n \\t \\0 \\xHH`` as in Python and
``*N`` at the end repeating it; ``s: pattern`` expects one reply line that the regular expression matches in full;
``close`` ends our side, ``end`` expects the other side to end. Comment lines begin with ``#``; ``# limits: a=1 b=2``
gives the listener's settings, ``# house: name=value`` sets a switch, ``# stored: N`` says how many mails are kept.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

DEADLINE = 10.0


@dataclass
class Script:
    """A dialogue file, read."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    limits: dict[str, int | float] = field(default_factory=dict)
    house: dict[str, int] = field(default_factory=dict)
    stored: int = 0


def read(path: Path) -> Script:
    """Read a dialogue file; a line that is no step fails the test."""
    script = Script()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.startswith("#") or not line:
            _comment(line, script)
        elif line in ("close", "end"):
            script.steps.append((line, ""))
        elif line[:2] in ("c:", "c>", "s:"):
            script.steps.append((line[:2], line[3:]))
        else:
            raise AssertionError(f"{path.name}:{number}: {line!r} is no step")
    return script


def _comment(line: str, script: Script) -> None:
    key, _, rest = line.removeprefix("# ").partition(": ")
    pairs = dict(pair.split("=") for pair in rest.split()) if key in ("limits", "house") else {}
    numbers = {name: float(value) if "." in value else int(value) for name, value in pairs.items()}
    if key == "limits":
        script.limits = numbers
    elif key == "house":
        script.house = {name: int(value) for name, value in numbers.items()}
    elif key == "stored":
        script.stored = int(rest)


async def play(script: Script, host: str, port: int) -> None:
    """Play a script; raises AssertionError at the first reply that is not as written."""
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
    try:
        for number, (kind, text) in enumerate(script.steps, start=1):
            if kind == "s:":
                line = (await asyncio.wait_for(reader.readline(), DEADLINE)).decode()
                assert line.endswith("\r\n") and re.fullmatch(text, line[:-2]), f"step {number}: {text!r} but {line!r}"
            elif kind == "end":
                assert await asyncio.wait_for(reader.read(), DEADLINE) == b"", f"step {number}"
            elif kind == "close":
                writer.write_eof()
            else:
                writer.write(octets(kind, text))
                await writer.drain()
    finally:
        writer.transport.abort()


def octets(kind: str, text: str) -> bytes:
    """Return what a step sends."""
    if kind == "c:":
        return text.encode() + b"\r\n"
    times = re.search(r" \*(\d+)$", text)
    text = text[: times.start()] if times else text
    raw = text.encode("utf-8").decode("unicode_escape").encode("latin-1")
    return raw * int(times[1]) if times else raw
