"""What the tests of intake share: a house and a listener at its door."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from intake.listener import Listener
from intake.settings import ListenerSettings, TcpAddress
from tests.fakes.smarthost import make_certificate
from tests.intake.house import House


def server_context(certificate: Path) -> ssl.SSLContext:
    """Return what a listener with this certificate and key has."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


Open = Callable[..., Awaitable[tuple[str, int]]]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a self-signed certificate for ``localhost`` with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command, which makes the certificate, is missing")
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def house() -> House:
    """Return a house with nothing stored."""
    return House()


@pytest.fixture
async def open_door(house: House) -> AsyncIterator[Open]:
    """Return a function that starts a listener with some settings and returns its host and port, or path and 0."""
    listeners: list[Listener] = []

    async def start(**limits: object) -> tuple[str, int]:
        usual = {"listen": (TcpAddress(port=0),), "hostname": "desk.example", "drain_seconds": 2.0}
        listener = house.listener(ListenerSettings(**{**usual, **limits}))  # type: ignore[arg-type]
        listeners.append(listener)
        (bound,) = await listener.start()
        host, _, port = bound.address.rpartition(":")
        return host, int(port) if port.isdigit() else 0

    yield start
    house.gate.set()
    for listener in listeners:
        await listener.stop()
