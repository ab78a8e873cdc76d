"""Sockets that we open ourselves or are given: who may connect, what is taken away, what is left alone."""

from __future__ import annotations

import asyncio
import grp
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from intake.listener import Bound, CannotListen
from intake.settings import InheritedSocket, ListenerSettings, Speech, TcpAddress, UnixAddress
from intake.sockets import inherited
from tests.intake.house import House


@pytest.fixture
def path() -> Iterator[Path]:
    """Return a path that leaves room: a unix socket's may have 107 octets."""
    with tempfile.TemporaryDirectory(prefix="td-") as directory:
        yield Path(directory) / "lmtp"


def settings(*addresses: UnixAddress | TcpAddress | InheritedSocket) -> ListenerSettings:
    return ListenerSettings(addresses, drain_seconds=2.0)


def leave_stale(path: Path) -> None:
    """Leave what a killed service leaves."""
    with closing(socket.socket(socket.AF_UNIX)) as dead:
        dead.bind(str(path))


async def test_mode_and_group_are_set(path: Path, house: House) -> None:
    """The socket has the mode and group of the settings."""
    group = grp.getgrgid(os.getgid()).gr_name
    listener = house.listener(settings(UnixAddress(str(path), mode=0o620, group=group)))
    assert await listener.start() == [Bound(Speech.LMTP, f"unix:{path}")]
    found = path.stat()
    await listener.stop()
    assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o620, os.getgid())


async def test_a_socket_is_taken_away_at_the_end(path: Path, house: House) -> None:
    """Nothing is left behind, and the next start finds its place free."""
    for _ in range(2):
        listener = house.listener(settings(UnixAddress(str(path))))
        await listener.start()
        await listener.stop()
        assert not path.exists()


async def test_a_stale_socket_is_replaced(path: Path, house: House) -> None:
    """What a killed service left is no reason not to start."""
    leave_stale(path)
    listener = house.listener(settings(UnixAddress(str(path))))
    await listener.start()
    reader, writer = await asyncio.open_unix_connection(path)
    greeting = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await listener.stop()
    assert greeting.startswith(b"220 ")


async def test_another_program_keeps_its_socket(path: Path, house: House) -> None:
    """A socket on which somebody listens is not ours to take."""
    first = house.listener(settings(UnixAddress(str(path))))
    await first.start()
    with pytest.raises(CannotListen, match=rf"^Cannot listen on unix:{path}: another program listens there$"):
        await house.listener(settings(UnixAddress(str(path)))).start()
    reader, writer = await asyncio.open_unix_connection(path)
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"220 ")
    writer.close()
    await first.stop()


async def test_a_file_is_left_alone(path: Path, house: House) -> None:
    """A file that is no socket was put there by somebody."""
    path.write_text("mine")
    with pytest.raises(CannotListen, match=r"there is a file of that name that is no socket$"):
        await house.listener(settings(UnixAddress(str(path)))).start()
    assert path.read_text() == "mine"


async def test_a_socket_of_a_successor_is_left_alone(path: Path, house: House) -> None:
    """At the end only our own socket is taken away, not one that took its place."""
    listener = house.listener(settings(UnixAddress(str(path))))
    await listener.start()
    path.unlink()
    leave_stale(path)
    await listener.stop()
    assert path.exists()


@pytest.mark.parametrize("group", ["no-such-group-here"])
async def test_a_group_that_does_not_exist(group: str, path: Path, house: House) -> None:
    """The sentence names the path and the group; no socket stays."""
    with pytest.raises(CannotListen, match=group):
        await house.listener(settings(UnixAddress(str(path), group=group))).start()
    assert not path.exists()


async def test_all_or_none(path: Path, house: House) -> None:
    """When one address cannot be had none is kept."""
    listener = house.listener(settings(UnixAddress(str(path)), TcpAddress("no.such.host.invalid", 0)))
    with pytest.raises(CannotListen):
        await listener.start()
    assert not path.exists()
    await listener.stop()


async def test_several_addresses_share_their_limits(path: Path, house: House) -> None:
    """SMTP and LMTP at once, each with its own greeting, counted together."""
    both = (TcpAddress(port=0), UnixAddress(str(path)))
    listener = house.listener(ListenerSettings(both, max_connections=2, drain_seconds=2.0))
    smtp, _ = await listener.start()
    host, _, port = smtp.address.rpartition(":")
    lines = [await asyncio.open_connection(host, int(port)), await asyncio.open_unix_connection(path)]
    greetings = [await asyncio.wait_for(reader.readline(), 10) for reader, _ in lines]
    lines.append(await asyncio.open_unix_connection(path))
    refusal = await asyncio.wait_for(lines[2][0].readline(), 10)
    for _, writer in lines:
        writer.close()
    await listener.stop()
    assert [greeting.split()[2] for greeting in greetings] == [b"ESMTP", b"LMTP"]
    assert refusal.startswith(b"421 4.7.0 ")


async def test_an_inherited_socket_is_used(house: House) -> None:
    """A socket that the service manager opened is listened on as it is."""
    given = socket.create_server(("127.0.0.1", 0))
    given.setblocking(False)
    listener = house.listener(settings(InheritedSocket(given, Speech.LMTP)))
    (bound,) = await listener.start()
    host, _, port = bound.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    greeting = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    await listener.stop()
    assert (bound.speech, b"LMTP" in greeting) == (Speech.LMTP, True)


@pytest.mark.parametrize("environ", [{}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_PID": "7", "LISTEN_FDS": ""}])
def test_sockets_of_another_process_are_not_ours(environ: dict[str, str]) -> None:
    """Without our process id there is nothing for us; the variables are taken away in any case."""
    given = {**environ, "HOME": "/"}
    assert (inherited(given, 7), given) == ([], {"HOME": "/"})
