"""The protocol as dialogues, one rule and one file each in ``dialogs/`` (the format is in ``dialog.py``)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from intake.settings import Address, TcpAddress, UnixAddress
from intake.users import line_for, read_users
from tests.intake import dialog
from tests.intake.conftest import Open, server_context
from tests.intake.house import House

FILES = sorted(
    [*(Path(__file__).parent / "dialogs").glob("*.smtp"), *(Path(__file__).parent / "dialogs").glob("*.lmtp")]
)
USERS = read_users(line_for("relay", "open sesame", b"0123456789abcdef"))


@pytest.fixture
def short_directory() -> Iterator[Path]:
    """Return a directory whose path leaves room: a unix socket's may have 107 octets."""
    with tempfile.TemporaryDirectory(prefix="td-") as directory:
        yield Path(directory)


def test_there_are_dialogues() -> None:
    """Each rule has a file, for both protocols."""
    assert len(FILES) >= 110
    assert sum(path.suffix == ".lmtp" for path in FILES) >= 25


def test_each_dialogue_begins_with_its_rule() -> None:
    """The first line of a file is a sentence that says what it holds."""
    first = {path.name: path.read_text("utf-8").partition("\n")[0] for path in FILES}
    assert {name for name, line in first.items() if not (line.startswith("# ") and line.endswith("."))} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
async def test_dialogue(
    path: Path, house: House, open_door: Open, short_directory: Path, request: pytest.FixtureRequest
) -> None:
    """Each reply is the one that the file has, and what is stored is what it says."""
    script = dialog.read(path)
    for name, value in script.house.items():
        setattr(house, name, value)
    options: dict[str, object] = dict(script.limits)
    if "tls" in script.extras:
        options["tls"] = server_context(request.getfixturevalue("certificate"))
    if "users" in script.extras:
        options["users"] = USERS
    options["is_auth_required"] = "auth" in script.extras
    if "proxy" in script.extras:
        options["proxies"] = (ip_network("127.0.0.1"),)
    address: Address = TcpAddress(port=0, speech=script.speech)
    if "unix" in script.extras:
        address = UnixAddress(str(short_directory / "s"), script.speech)
        await open_door(listen=(address,), **options)
    else:
        host, port = await open_door(listen=(address,), **options)
        address = TcpAddress(host, port, script.speech)
    await dialog.Player(script, house, address).play()
    dialog.check_kept(script, house)
