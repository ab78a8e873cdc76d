"""A ticket whose every word is hostile, on every screen and in every question."""

from __future__ import annotations

import re
from functools import partial

import pytest
from textual.command import CommandList

from desk import reading
from desk.context import Desk
from procedure.terms import MessageKind
from tests.fakes.desks import Group, owner_of
from tests.fakes.mails import arrive, letter
from tests.tui.console import Seat, seated
from tests.tui.scenes import PAYLOAD, attack
from tui.safe import ControlFilter
from tui.screens.dialogs import AskLine, AskText, Choose, Confirm

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@pytest.fixture(autouse=True)
def without_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the net under everything that is painted: it would hide a place that forgot to clean its words."""
    monkeypatch.setattr(ControlFilter, "apply", lambda self, segments, background: segments)


def controls(seat: Seat) -> list[str]:
    """Return the lines that hold more than a picture of a control character."""
    lines = [strip.text for strip in seat.app.screen._compositor.render_strips()]
    return [line for line in lines if CONTROL.search(line)]


@pytest.mark.parametrize("size", [(60, 16), (100, 30), (140, 45)])
async def test_no_place_shows_it_as_it_is(desk: Desk, actors: Group, size: tuple[int, int]) -> None:
    """Queue, preview, conversation, history, help, palette: pictures of control characters, and none of them."""
    ticket = attack(desk, actors)
    async with seated(desk, actors.maria, size) as seat:
        await seat.sees("TD-1001", "␛]52")
        assert controls(seat) == []
        await seat.press("p")
        assert controls(seat) == []
        await seat.open(ticket)
        for keys in (("g",), ("v",), ("G",), ("h",), ("h", "question_mark"), ("escape", "ctrl+p")):
            await seat.press(*keys)
            assert controls(seat) == []
        await seat.write("subject")
        await seat.until(lambda: seat.app.screen.query_one(CommandList).option_count == 1)
        await seat.pilot.pause()
        assert controls(seat) == []
        assert seat.app.is_running


async def test_no_question_shows_it_as_it_is(desk: Desk, actors: Group) -> None:
    """What is asked about a hostile ticket, and of hostile staff, is as harmless as the ticket."""
    ticket = attack(desk, actors)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        for key, kind in (("a", Choose), ("number_sign", AskLine), ("e", AskText), ("z", Choose), ("l", Choose)):
            await seat.press(key)
            await seat.until(partial(seat.has, kind))
            assert controls(seat) == []
            await seat.press("escape")
        await seat.press("a")
        await seat.sees("mallory · ␛]52;c;SGVsbG8=␇")


async def test_writing_to_it(desk: Desk, actors: Group) -> None:
    """The frame, the warning and the question before a late answer name the hostile writer harmlessly."""
    ticket = attack(desk, actors)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.write("Hello")
        assert controls(seat) == []
        first = next(m for m in reading.show(owner_of(), desk, ticket).messages if m.kind is MessageKind.CUSTOMER)
        arrive(desk, letter("evil@example.org", text=PAYLOAD, name=PAYLOAD, in_reply_to=(first.message_id,)))
        await seat.sees("wrote while you were writing")
        assert controls(seat) == []
        await seat.press("ctrl+s")
        await seat.until(lambda: isinstance(seat.app.screen, Confirm))
        assert controls(seat) == []


async def test_markup_in_it_cannot_be_clicked(desk: Desk, actors: Group) -> None:
    """A click on ``[@click=app.quit()]`` is a click on words, wherever they stand."""
    ticket = attack(desk, actors)
    async with seated(desk, actors.maria, (140, 45)) as seat:
        clicked = 0
        for place in ("queue", "ticket", "history"):
            if place == "ticket":
                await seat.open(ticket)
                await seat.press("g")
            elif place == "history":
                await seat.press("h")
            for y, line in enumerate(seat.text().split("\n")):
                for found in re.finditer(r"@click=app.quit\(\)\]click", line):
                    clicked += 1
                    await seat.pilot.click(offset=(found.end() - 2, y))
            assert seat.app._exit is False
        assert clicked >= 3
