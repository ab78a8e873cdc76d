"""Runs a dialogue written in a file against real sockets. ``NAME.lmtp`` speaks LMTP, ``NAME.smtp`` SMTP.

| step               | what happens |
|--------------------|--------------|
| ``c: text``        | sends a line with CR LF |
| ``c> text``        | sends text as it is, with ``\\r \\n \\t \\0 \\xHH`` as in Python; ``*N`` at the end repeats it |
| ``s: pattern``     | expects one reply line that the regular expression matches in full |
| ``greet``          | reads the 220, says EHLO or LHLO and reads the answer |
| ``mail``           | ``greet``, a sender and one recipient of ours, each 250 |
| ``data``           | ``mail``, then DATA and its 354 |
| ``on NAME``        | goes on with another connection, opened when it is first named; the first is ``a`` |
| ``tls``            | makes the handshake |
| ``hold``/``free``  | keeps commits back / lets them go |
| ``committing``     | waits until a commit has begun |
| ``close``/``reset``| ends our side / cuts the connection |
| ``end``            | expects the other side to end |
| ``kept N``         | waits until so many mails are stored |

Comment lines begin with ``#``. ``# limits: a=1 b=2`` gives the listener's settings, ``# with: tls users auth proxy
unix`` what else it has, ``# house: name=value`` sets a switch, ``# stored: N`` says how many mails are stored at the
end, ``# raw: text``, ``# from: address``, ``# to: addresses``, ``# peer: address``, ``# user: name`` what the last of
them is.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from intake.settings import Address, Speech, TcpAddress, UnixAddress
from tests.intake.house import House

DEADLINE = 10.0
_TEXT_STEPS = ("c:", "c>", "s:")
_WORDS = {"close", "end", "reset", "tls", "hold", "free", "committing", "greet", "mail", "data"}


@dataclass
class Script:
    """A dialogue file, read."""

    speech: Speech
    steps: list[tuple[str, str]] = field(default_factory=list)
    limits: dict[str, int | float] = field(default_factory=dict)
    house: dict[str, int] = field(default_factory=dict)
    extras: set[str] = field(default_factory=set)
    stored: int = 0
    last: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> Script:
    """Read a dialogue file; a line that is no step fails the test."""
    script = Script(Speech(path.suffix.removeprefix(".")))
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.startswith("#") or not line:
            _comment(line, script)
        elif line in _WORDS:
            script.steps.append((line, ""))
        elif re.fullmatch(r"(on|kept) \w+", line):
            word, _, rest = line.partition(" ")
            script.steps.append((word, rest))
        elif line.startswith(_TEXT_STEPS):
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
    elif key == "with":
        script.extras = set(rest.split())
    elif key in ("raw", "from", "to", "peer", "user"):
        script.last[key] = rest


def check_kept(script: Script, house: House) -> None:
    """Compare what is stored with what the file says; raises AssertionError."""
    assert len(house.stored) == script.stored
    for key, text in script.last.items():
        mail = house.stored[-1]
        if key == "raw":
            assert mail.raw == octets("c>", text)
        else:
            known = {"from": mail.mail_from, "to": " ".join(mail.rcpt_to), "peer": mail.peer, "user": mail.user}
            assert known[key] == text


@dataclass
class Player:
    """Plays a script at one address."""

    script: Script
    house: House
    address: Address
    lines: dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=dict)
    now: str = "a"

    async def play(self) -> None:
        """Play it; raises AssertionError at the first reply that is not as written."""
        try:
            await self._open("a")
            for number, (kind, text) in enumerate(self.script.steps, start=1):
                try:
                    await self._step(kind, text)
                except (AssertionError, TimeoutError) as error:
                    raise AssertionError(f"step {number}, {kind} {text!r}: {error}") from error
        finally:
            for _, writer in self.lines.values():
                writer.transport.abort()

    async def _open(self, name: str) -> None:
        self.now = name
        if name in self.lines:
            return
        address = self.address
        if isinstance(address, UnixAddress):
            self.lines[name] = await asyncio.open_unix_connection(address.path, limit=1 << 20)
        else:
            assert isinstance(address, TcpAddress)
            self.lines[name] = await asyncio.open_connection(address.host, address.port, limit=1 << 20)

    async def _step(self, kind: str, text: str) -> None:
        reader, writer = self.lines[self.now]
        match kind:
            case "s:":
                await self._expect(text)
            case "end":
                assert await asyncio.wait_for(reader.read(), DEADLINE) == b""
            case "close":
                writer.write_eof()
            case "reset":
                writer.transport.abort()
            case "on":
                await self._open(text)
            case "tls":
                await asyncio.wait_for(writer.start_tls(_client_context()), DEADLINE)
            case "greet" | "mail" | "data":
                await self._begin(kind)
            case "c:" | "c>":
                writer.write(octets(kind, text))
                await writer.drain()
            case _:
                await self._wait(kind, text)

    async def _wait(self, kind: str, text: str) -> None:
        """Do what concerns the house."""
        if kind == "hold":
            self.house.gate.clear()
        elif kind == "free":
            self.house.gate.set()
        elif kind == "committing":
            assert await asyncio.to_thread(self.house.began.wait, DEADLINE)
        else:
            async with asyncio.timeout(DEADLINE):
                while len(self.house.stored) < int(text):
                    await asyncio.sleep(0.001)

    async def _expect(self, pattern: str) -> str:
        line = (await asyncio.wait_for(self.lines[self.now][0].readline(), DEADLINE)).decode()
        assert line.endswith("\r\n") and re.fullmatch(pattern, line[:-2]), line
        return line

    async def _begin(self, kind: str) -> None:
        lmtp = self.script.speech is Speech.LMTP
        await self._expect("220 .*")
        await self._step("c:", f"{'LHLO' if lmtp else 'EHLO'} client.example")
        while not (await self._expect(r"250[ -].*")).startswith("250 "):
            pass
        commands = {"MAIL FROM:<a@b.example>": "250 2.1.0 .*", "RCPT TO:<help@shop.example>": "250 2.1.5 .*",
                    "DATA": "354 .*"}  # fmt: skip
        for command, reply in list(commands.items())[: {"greet": 0, "mail": 2, "data": 3}[kind]]:
            await self._step("c:", command)
            await self._expect(reply)


def octets(kind: str, text: str) -> bytes:
    """Return what a step sends."""
    if kind == "c:":
        return text.encode() + b"\r\n"
    times = re.search(r" \*(\d+)$", text)
    text = text[: times.start()] if times else text
    raw = text.encode("utf-8").decode("unicode_escape").encode("latin-1")
    return raw * int(times[1]) if times else raw


def _client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
