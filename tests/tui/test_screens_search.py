"""The search on the screen: typed, found, mistaken, left and come back to."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from desk.context import Desk
from procedure.search_fields import NAMES, Field
from procedure.terms import Level
from tests.fakes.desks import Group
from tests.tui.console import opened, seated
from tui.search_words import FACTS


async def test_it_finds_as_one_types(desk: Desk, actors: Group) -> None:
    """f opens the line, what it finds stands below, newest first, and enter opens a ticket."""
    opened(desk, "SSL expired")
    opened(desk, "Λήξη SSL", level=Level.SECOND)
    opened(desk, "Mailbox quota")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("Mailbox quota")
        await seat.press("f")
        await seat.sees("Type what to look for", "search")
        await seat.write("ssl")
        await seat.sees("SSL expired", "Λήξη SSL", "2 found, newest first")
        assert seat.text().index("Λήξη SSL") < seat.text().index("SSL expired")
        assert "Mailbox quota" not in seat.text()
        await seat.press("enter", "enter")
        await seat.sees("TD-1002", "Nikos Pappas")
        await seat.press("escape")
        await seat.sees("2 found, newest first")


async def test_a_mistake_is_marked_at_its_place(desk: Desk, actors: Group) -> None:
    """The sentence stands under the line with a mark below the mistake, and goes away with it."""
    opened(desk, "Mailbox quota")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("Mailbox quota")
        await seat.press("f")
        await seat.sees("Type what to look for")
        await seat.write("quota levl:2")
        await seat.sees("did you mean “level”?")
        lines = seat.text().splitlines()
        typed = next(line for line in lines if "levl:2" in line)
        marked = next(line for line in lines if "^" in line)
        assert marked.index("^") == typed.index("levl:2")
        seat.app.screen.query_one("#query", Input).value = "quota level:1"
        await seat.sees("Mailbox quota", "1 found")
        assert "^" not in seat.text()


async def test_nothing_found_says_what_to_do(desk: Desk, actors: Group) -> None:
    """An empty answer names the search and where its language is told."""
    opened(desk, "Mailbox quota")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("Mailbox quota")
        await seat.press("f")
        await seat.sees("Type what to look for")
        await seat.write("zarathustra")
        await seat.sees("Nothing found for zarathustra", "? shows what can be asked", "0 found")
        await seat.press("enter", "question_mark")
        await seat.sees("waits>2h", "is:breached", "assignee:me")
        await seat.press("escape", "escape")
        await seat.sees("1st level")


async def test_it_is_as_it_was_when_one_comes_back(desk: Desk, actors: Group) -> None:
    """Line and results stay; work on a ticket found is done there, and shows."""
    opened(desk, "SSL expired")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("SSL expired")
        await seat.press("f")
        await seat.sees("Type what to look for")
        await seat.write("ssl")
        await seat.sees("1 found")
        await seat.press("enter", "c")
        await seat.sees("TD-1001 is yours", "maria")
        await seat.press("1")
        await seat.sees("▸1st")
        await seat.press("f")
        await seat.sees("1 found")
        assert isinstance(seat.app.focused, Input)


async def test_it_goes_on_where_a_look_ended(desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short page is followed by the next one until there is enough or the end."""
    opened(desk, "the old one", level=Level.SECOND)
    for _ in range(12):
        opened(desk, "other")
    monkeypatch.setattr("store.searching.DEPTH", 3)
    async with seated(desk, actors.maria) as seat:
        await seat.sees("other")
        await seat.press("f")
        await seat.sees("Type what to look for")
        await seat.write("level:2")
        await seat.sees("the old one", "1 found")


async def test_what_was_found_cannot_control_the_terminal(desk: Desk, actors: Group) -> None:
    """Neither the typed line nor a subject reaches the terminal unsafe."""
    opened(desk, "evil \x1b[31m red")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("evil")
        await seat.press("f")
        await seat.sees("Type what to look for")
        await seat.write("evil \x9b31m")
        await seat.sees("1 found")
        assert "\x1b" not in seat.text()
        assert "\x9b" not in seat.text()


def test_the_help_names_every_field() -> None:
    """What can be asked is told."""
    told = " ".join(FACTS)
    assert [field.value for field in Field if field.value not in told] == []
    assert "from" in NAMES and "from:" in told
