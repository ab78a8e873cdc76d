"""What opens behind a console: the desk, the person, and the service where nobody runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.context import Context
from app.opening import Opening
from app.running import is_running
from app.service import ServiceError
from desk.errors import NotFound
from tests.fakes.smarthost import FakeSmarthost


def test_a_console_alone_runs_the_service(place: Path) -> None:
    """Where nobody runs the service the console does, and ends it with itself."""
    with Opening(Context()) as opening:
        desk, actor = opening.open()
        assert (is_running(desk), actor.login) == (True, "owner")
    with Opening(Context()) as again:
        again.open()


def test_a_second_console_joins_in(place: Path) -> None:
    """The second console of one store uses the service of the first and takes nothing from it."""
    with Opening(Context()) as first:
        desk, _ = first.open()
        with Opening(Context()) as second:
            second.open()
        assert is_running(desk)


def test_a_console_that_cannot_listen_says_so(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A taken port is a sentence, not a console that gets no mail; the store is free again."""
    with FakeSmarthost() as somebody:
        monkeypatch.setenv("TIERDESK_SMTP__LISTEN", f"127.0.0.1:{somebody.port}")
        with Opening(Context()) as opening, pytest.raises(ServiceError, match="Address already in use"):
            opening.open()
    with Opening(Context()) as again:
        again.open()


def test_who_is_unknown_starts_nothing(place: Path) -> None:
    """The person is known before a service starts in their name."""
    with Opening(Context(as_login="ghost")) as opening, pytest.raises(NotFound):
        opening.open()
