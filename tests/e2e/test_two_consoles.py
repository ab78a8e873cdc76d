"""Two agents at one store: both see the same, and of two who grab one ticket exactly one has it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from desk import outgoing
from procedure.terms import OutboxState
from tests.e2e.clients import Letter, by_smtplib
from tests.e2e.conftest import put_in_force
from tests.e2e.office import COMMAND, Office
from tests.fakes import tmux
from tests.fakes.desks import owner_of
from tests.fakes.looks import kinds
from tests.fakes.smarthost import FakeSmarthost

AGENTS = {"maria": "Maria Dimou", "kostas": "Kostas Nikou"}
SIZE = (100, 30)
RACES = 2


@pytest.fixture
def server_office(postgres_url: str, tmp_path: Path, smarthost: FakeSmarthost) -> Iterator[Office]:
    """Return an office on a PostgreSQL database."""
    put_in_force(postgres_url)
    yield Office(postgres_url, tmp_path, smarthost.port)


def engage(office: Office) -> None:
    """Add the agents; the first one may add the second."""
    added = office.run("staff", "add", "maria", "--name", AGENTS["maria"], "--role", "level1", "--role", "owner")
    assert added.status == 0, added.err
    added = office.run("--as", "maria", "staff", "add", "kostas", "--name", AGENTS["kostas"])
    assert added.status == 0, added.err


def open_consoles(office: Office, terminals: tmux.Server, where: str) -> dict[str, tmux.Screen]:
    """Open a console for each agent and wait until it is live."""
    screens = {
        login: terminals.open(f"{where}-{login}", SIZE, (*COMMAND, "--as", login), office.environ) for login in AGENTS
    }
    for login, screen in screens.items():
        screen.wait_for("1st 0", login)
    return screens


def race(screens: dict[str, tmux.Screen], ref: str) -> str:
    """Let both claim the ticket under their cursor at once; return who has it, after both were told."""
    with ThreadPoolExecutor(len(screens)) as pool:
        list(pool.map(lambda screen: screen.press("c"), screens.values()))
    told = {}
    for login, screen in screens.items():
        screen.wait_until(lambda shown: f"{ref} is " in shown, "who has it")
        told[login] = screen.shown()
    winners = [login for login, shown in told.items() if f"{ref} is yours" in shown]
    assert len(winners) == 1, told
    (loser,) = set(AGENTS) - set(winners)
    assert f"{ref} is with {winners[0]} already." in told[loser]
    return winners[0]


def select(screen: tmux.Screen, words: str) -> None:
    """Filter the queue until only the ticket with these words is left."""
    screen.press("/")
    screen.wait_for("words in reference")
    screen.type(words)
    screen.wait_for(f"1 with “{words}”")
    screen.press("Enter")


def work(office: Office, terminals: tmux.Server, ports: list[int], where: str) -> None:
    """Race for some tickets; the winner answers the last from the keyboard and the other one sees it."""
    screens = open_consoles(office, terminals, where)
    for number in range(RACES):
        words = f"Mailbox {number} full"
        by_smtplib(ports[number % len(ports)], Letter(words, "Help.", sender=f"n{number}@example.gr", name="Nikos"))
        for screen in screens.values():
            screen.wait_for(words)
            select(screen, words)
        ref = office.ticket_of(words)
        winner = race(screens, ref)
        with office.look() as desk:
            claims = kinds(desk, int(ref.removeprefix("TD-"))).count("claimed")
        assert (office.json("--as", "maria", "ticket", "show", ref).row["assignee"], claims) == (winner, 1)
        if number < RACES - 1:
            for screen in screens.values():
                screen.press("Escape")
                screen.wait_until(lambda shown: "with “" not in shown, "the whole queue")
    (other,) = set(AGENTS) - {winner}
    screens[winner].press("r")
    screens[winner].wait_for("Answer to Nikos")
    screens[winner].type("Emptied.")
    screens[winner].press("C-s")
    screens[other].wait_for("~", "pending")


@pytest.mark.slow
def test_two_consoles_and_a_service(office: Office, terminals: tmux.Server) -> None:
    """On an embedded store: both consoles are live, one claim wins, the other agent is told by name who has it."""
    engage(office)
    with office.serving() as service:
        work(office, terminals, [service.port], "embedded")


@pytest.mark.slow
@pytest.mark.postgres
def test_two_consoles_and_two_services_on_a_server(
    server_office: Office, terminals: tmux.Server, smarthost: FakeSmarthost
) -> None:
    """On PostgreSQL with two services: the same, and no mail is filed, acknowledged or answered twice."""
    office = server_office
    engage(office)
    with ExitStack() as stack:
        ports = [stack.enter_context(office.serving()).port for _ in range(2)]
        work(office, terminals, ports, "server")
        smarthost.wait_for(RACES + 1)
        office.wait_until(lambda desk: len(outgoing.rows(owner_of(), desk, state=OutboxState.SENT)) > RACES)
    balance = office.json("--as", "maria", "ledger", "balance").row
    assert (balance["accepted"], balance["fates"]["new_ticket"], balance["balanced"]) == (RACES, RACES, True)
    assert len({mail.content for mail in smarthost.received}) == len(smarthost.received) == RACES + 1
