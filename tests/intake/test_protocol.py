"""The listener over real sockets: what is kept, and what happens when a peer leaves, crowds or outstays."""

from __future__ import annotations

import asyncio
import shutil
import smtplib
import socket
import subprocess
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from intake.listener import CannotListen
from intake.settings import ListenerSettings, TcpAddress
from tests.intake.conftest import Open
from tests.intake.house import NOW, House

GREETING = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\n"


async def until(holds: Callable[[], object]) -> None:
    """Wait for a condition with a deadline, without guessing how long it takes."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.001)


async def send_mail(host: str, port: int, body: bytes, mail_from: bytes = b"<a@b.example>") -> bytes:
    """Send one mail in one go; return the last reply."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(GREETING.replace(b"<a@b.example>", mail_from) + body + b"\r\n.\r\nQUIT\r\n")
    replies = (await asyncio.wait_for(reader.read(), 10)).split(b"\r\n")
    writer.close()
    return replies[-3]


async def test_what_is_kept_is_what_was_sent(house: House, open_door: Open) -> None:
    """The raw mail is bit for bit what came, doubled dots undone; the null sender is ''."""
    body = b"Subject: \xe1\r\n\r\n..dots\r\nbare \n lf \r cr \x00 nul\r\n. \r\n...\r\n"
    assert (await send_mail(*await open_door(), body, b"<>")).startswith(b"250 2.6.0 Queued as 1")
    (mail,) = house.stored
    assert mail.raw == b"Subject: \xe1\r\n\r\n.dots\r\nbare \n lf \r cr \x00 nul\r\n \r\n..\r\n\r\n"
    assert (mail.mail_from, mail.rcpt_to, mail.peer, mail.received_at) == ("", ("help@shop.example",), "127.0.0.1", NOW)


async def test_any_cut_of_the_stream_gives_the_same_mail(house: House, open_door: Open) -> None:
    """Where the network cuts the octets changes nothing."""
    host, port = await open_door()
    body = b"S: x\r\n\r\n..a\r\n.\n\r\n.b\r\n"
    for size in (1, 2, 3, 5):
        reader, writer = await asyncio.open_connection(host, port)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        octets = GREETING + body + b".\r\nQUIT\r\n"
        for start in range(0, len(octets), size):
            writer.write(octets[start : start + size])
            await asyncio.sleep(0)
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert [mail.raw for mail in house.stored] == [b"S: x\r\n\r\n.a\r\n\n\r\nb\r\n"] * 4


@pytest.mark.parametrize("goodbye", ["fin", "reset"])
async def test_a_peer_that_leaves_during_the_commit(goodbye: str, house: House, open_door: Open) -> None:
    """The mail is stored once, whether or not anybody hears the 250."""
    host, port = await open_door()
    house.gate.clear()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(GREETING + b"x\r\n.\r\n")
    await asyncio.to_thread(house.began.wait, 10)
    if goodbye == "fin":
        writer.write_eof()
    else:
        writer.transport.abort()
    house.gate.set()
    await until(lambda: house.stored)
    if goodbye == "fin":
        assert (await asyncio.wait_for(reader.read(), 10)).endswith(b"250 2.6.0 Queued as 1\r\n")
        writer.close()
    assert (await send_mail(host, port, b"y")).startswith(b"250 2.6.0 Queued as 2")


async def test_connections_are_capped(house: House, open_door: Open) -> None:
    """One connection too many hears 421 and goes; when one leaves there is room again."""
    host, port = await open_door(max_connections_per_peer=2)
    held = [await asyncio.open_connection(host, port) for _ in range(2)]
    for reader, _ in held:
        assert (await reader.readline()).startswith(b"220 ")
    reader, writer = await asyncio.open_connection(host, port)
    assert (await reader.read()).startswith(b"421 4.7.0 ")
    writer.close()
    for _, one in held:
        one.close()
    async with asyncio.timeout(10):
        while not (await send_mail_or_refusal(host, port)).startswith(b"250"):
            pass
    assert len(house.stored) == 1


async def send_mail_or_refusal(host: str, port: int) -> bytes:
    try:
        return await send_mail(host, port, b"x")
    except (IndexError, ConnectionError):
        return b""


async def test_stop_finishes_the_mail_in_hand(house: House) -> None:
    """A mail whose DATA has begun is taken and answered; an idle peer hears 421."""
    listener = house.listener(ListenerSettings((TcpAddress(port=0),)))
    (bound,) = await listener.start()
    host, _, port = bound.address.rpartition(":")
    idle_reader, idle_writer = await asyncio.open_connection(host, int(port))
    await idle_reader.readline()
    house.gate.clear()
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(GREETING + b"x\r\n.\r\n")
    await asyncio.to_thread(house.began.wait, 10)
    stopping = asyncio.create_task(listener.stop())
    assert (await asyncio.wait_for(idle_reader.read(), 10)).startswith(b"421 4.3.2 ")
    house.gate.set()
    assert (await asyncio.wait_for(reader.read(), 10)).endswith(b"250 2.6.0 Queued as 1\r\n")
    await stopping
    for one in (writer, idle_writer):
        one.close()


async def test_a_taken_port_is_one_clear_sentence(house: House, open_door: Open) -> None:
    """The sentence names the address and the reason."""
    _, port = await open_door()
    with pytest.raises(CannotListen, match=rf"^Cannot listen on 127.0.0.1:{port}: Address already in use$"):
        await house.listener(ListenerSettings((TcpAddress(port=port),))).start()


async def test_an_address_that_is_not_ours_to_bind(house: House) -> None:
    """A host name that does not exist is a sentence too."""
    with pytest.raises(CannotListen, match=r"^Cannot listen on no\.such\.host\.invalid:0: "):
        await house.listener(ListenerSettings((TcpAddress("no.such.host.invalid", 0),))).start()


async def test_smtplib_delivers(house: House, open_door: Open) -> None:
    """The standard library's client, with SMTPUTF8 and two recipients, is served."""
    host, port = await open_door()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "νίκος@b.example", "help@shop.example", "Καλημέρα"
    mail.set_content("Καλημέρα\n")

    def deliver() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP(host, port, timeout=10) as client:
            return client.send_message(mail, to_addrs=["help@shop.example", "nobody@shop.example"])

    assert list(await asyncio.to_thread(deliver)) == ["nobody@shop.example"]
    assert [(one.mail_from, one.rcpt_to) for one in house.stored] == [("νίκος@b.example", ("help@shop.example",))]


CLIENTS = {
    "swaks": ["swaks", "--server", "{host}", "--port", "{port}", "--from", "a@b.example", "--to", "help@shop.example"],
    "smtp-source": [
        "smtp-source", "-s", "5", "-m", "40", "-l", "9000", "-f", "a@b.example", "-t", "help@shop.example",
        "{host}:{port}",
    ],
    "msmtp": [
        "msmtp", "--host={host}", "--port={port}", "--from=a@b.example", "--auth=off", "--tls=off", "help@shop.example",
    ],
}  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS)
async def test_real_clients_deliver(client: str, house: House, open_door: Open) -> None:
    """Programs that people use deliver without a complaint."""
    if shutil.which(client) is None:
        pytest.skip(f"{client} is not on this machine")
    host, port = await open_door()
    command = [word.format(host=host, port=port) for word in CLIENTS[client]]
    done = await asyncio.to_thread(
        subprocess.run, command, input=b"Subject: x\n\nhello\n", capture_output=True, timeout=30, check=False
    )
    assert (done.returncode, len(house.stored)) == (0, 40 if client == "smtp-source" else 1), done.stderr
