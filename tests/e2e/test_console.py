"""The console on a real terminal of each size: mail comes in, is answered from the keyboard, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.e2e.clients import Letter, by_smtplib
from tests.e2e.conftest import new_office
from tests.e2e.office import COMMAND, Office, Service
from tests.fakes import tmux
from tests.fakes.smarthost import FakeSmarthost

SIZES = {"60x16": (60, 16), "80x24": (80, 24), "100x30": (100, 30), "140x45": (140, 45)}
CUSTOMER = "nikos@example.gr"


@pytest.fixture(scope="module")
def smarthost() -> Iterator[FakeSmarthost]:
    with FakeSmarthost() as found:
        yield found


@pytest.fixture(scope="module")
def house(hasty_template: Path, tmp_path_factory: pytest.TempPathFactory, smarthost: FakeSmarthost) -> Office:
    office = new_office(hasty_template, tmp_path_factory.mktemp("console"))
    office.smarthost = smarthost.port
    return office


@pytest.fixture(scope="module")
def service(house: Office) -> Iterator[Service]:
    with house.serving() as found:
        yield found


@pytest.fixture(scope="module")
def consoles(house: Office, service: Service, terminals: tmux.Server) -> dict[str, tmux.Screen]:
    """Return a console of each size, all of them at work beside the service."""
    screens = {name: terminals.open(f"size-{name}", size, COMMAND, house.environ) for name, size in SIZES.items()}
    for screen in screens.values():
        screen.wait_for("wait for us")  # whatever another test has left in the queue
    return screens


@pytest.mark.parametrize("size", SIZES)
def test_the_main_job(
    size: str, house: Office, service: Service, consoles: dict[str, tmux.Screen], smarthost: FakeSmarthost
) -> None:
    """A mail shows up by itself, is answered with a few keys, leaves, and the reply shows up too."""
    screen = consoles[size]
    letter = Letter(f"Quota {size}", "Το γραμματοκιβώτιό μου είναι γεμάτο.", sender=CUSTOMER, name="Νίκος")
    by_smtplib(service.port, letter)
    screen.wait_for(f"Quota {size}")
    find(screen, f"Quota {size}")
    screen.press("Enter")
    screen.wait_for("Νίκος", "είναι γεμάτο")
    screen.press("r")
    screen.wait_for("Answer to Νίκος", "ctrl+s send")
    screen.type("Το άδειασα, δοκιμάστε.")
    screen.wait_for("Το άδειασα, δοκιμάστε.")
    screen.press("C-s")
    answer = answer_about(smarthost, size)
    screen.press("G")
    screen.wait_for("✓ sent", "Το άδειασα, δοκιμάστε.", "~ pending")
    by_smtplib(service.port, Letter("Re: ", f"Ευχαριστώ {size}!", sender=CUSTOMER, to=str(answer["Reply-To"])))
    screen.wait_until(lambda shown: "· open" in shown, "an open ticket")
    screen.press("G")
    screen.wait_for(f"Ευχαριστώ {size}!")
    ticket = house.show(house.ticket_of(f"Quota {size}"))
    assert screen.size == size
    assert [one["kind"] for one in ticket["messages"]] == ["customer", "system", "staff", "customer"]
    assert "Το άδειασα, δοκιμάστε." in answer.get_content() and "> Το γραμματοκιβώτιό" in answer.get_content()


def test_an_answer_typed_ahead_is_text(house: Office, service: Service, terminals: tmux.Server) -> None:
    """``r`` and the answer in one piece, as a slow line delivers them: no letter of it is obeyed as a command."""
    by_smtplib(service.port, Letter("Typed ahead", "Please?", sender="anna@example.gr", name="Anna"))
    screen = terminals.open("ahead", SIZES["80x24"], COMMAND, house.environ)
    screen.wait_for("Typed ahead")
    screen.type("/Typed ahead")
    screen.wait_for("1 with “Typed ahead”")
    screen.press("Enter")
    screen.type("rxolxzed a")
    screen.wait_for("Answer to Anna", "xolxzed a")
    ticket = house.show(house.ticket_of("Typed ahead"))
    assert ticket["status"] == "new"
    assert {event["kind"] for event in ticket["events"]} <= {"created", "acknowledged", "sent"}


def find(screen: tmux.Screen, words: str) -> None:
    """Filter the queue until only the ticket with these words is left, under the cursor."""
    screen.press("/")
    screen.wait_for("words in reference")
    screen.type(words)
    screen.wait_for(f"1 with “{words[:10]}")
    screen.press("Enter")


def answer_about(smarthost: FakeSmarthost, words: str) -> EmailMessage:
    """Return the answer with these words in its subject, once it was sent."""
    found: list[EmailMessage] = []

    def is_there() -> bool:
        for one in smarthost.received:
            mail = message_from_bytes(one.content, policy=policy.default)
            if mail["Auto-Submitted"] is None and words in str(mail["Subject"]) and isinstance(mail, EmailMessage):
                found.append(mail)
        return bool(found)

    with smarthost.changed:
        assert smarthost.changed.wait_for(is_there, 15)
    return found[0]
