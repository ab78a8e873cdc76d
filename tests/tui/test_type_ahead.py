"""Letters typed faster than the screen follows: they reach what they were meant for, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

import pytest
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input, Label

from tui import type_ahead
from tui.type_ahead import TypeAheadApp

DEADLINE = 10.0


class Desk(TypeAheadApp):
    """An app with a field that opens late, and with commands on letters."""

    BINDINGS: ClassVar[list[BindingType]] = [("r", "write", ""), ("x", "solve", ""), ("escape", "leave", "")]

    def __init__(self) -> None:
        super().__init__()
        self.obeyed: list[str] = []
        self.in_vain = 0
        self.is_about_to_open = False
        self.may_open = asyncio.Event()

    def compose(self) -> ComposeResult:
        label = Label("list")
        label.can_focus = True
        yield label
        yield Input()

    def on_mount(self) -> None:
        self.query_one(Label).focus()

    def is_opening(self) -> bool:
        return self.is_about_to_open

    def typed_in_vain(self) -> None:
        self.in_vain += 1

    def action_solve(self) -> None:
        self.obeyed.append("solve")

    def action_leave(self) -> None:
        self.obeyed.append("leave")
        self.is_about_to_open = False

    def action_write(self) -> None:
        self.obeyed.append("write")
        self.is_about_to_open = True
        self.run_worker(self._open())

    async def _open(self) -> None:
        await self.may_open.wait()
        self.query_one(Input).focus()
        self.is_about_to_open = False

    def type_at_once(self, *keys: str) -> None:
        """Let keys arrive as a slow line delivers them: all in one piece."""
        for key in keys:
            self.post_message(events.Key(key, key if len(key) == 1 else None))

    async def reaches(self, is_so: Callable[[], bool]) -> None:
        """Return once something is true; a test that waits in vain fails."""
        async with asyncio.timeout(DEADLINE):
            while not is_so():
                await asyncio.sleep(0.01)


async def test_letters_wait_for_what_they_are_meant_for() -> None:
    """What is typed behind ``r`` is text and no command, however late the field opens."""
    app = Desk()
    async with app.run_test():
        app.type_at_once(*"rxylophone")
        await app.reaches(lambda: app.obeyed == ["write"])
        app.may_open.set()
        await app.reaches(lambda: app.query_one(Input).value == "xylophone")
        assert (app.obeyed, app.in_vain) == (["write"], 0)


async def test_commands_are_obeyed_in_order() -> None:
    """Where nothing opens, each key is the command that it is."""
    app = Desk()
    async with app.run_test():
        app.type_at_once("x", "x", "escape", "x")
        await app.reaches(lambda: len(app.obeyed) == 4)
        assert app.obeyed == ["solve", "solve", "leave", "solve"]


async def test_letters_without_a_place_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing opens in time the letters are not taken for commands, and the person is told once."""
    monkeypatch.setattr(type_ahead, "PATIENCE", 0.05)
    app = Desk()
    async with app.run_test():
        app.type_at_once(*"rxxx")
        await app.reaches(lambda: app.in_vain == 1)
        app.is_about_to_open = False
        app.type_at_once("x")
        await app.reaches(lambda: len(app.obeyed) == 2)
        assert app.obeyed == ["write", "solve"]


async def test_escape_does_not_wait() -> None:
    """Who has changed their mind is heard at once: the letters before the escape are gone with what they were for."""
    app = Desk()
    async with app.run_test():
        app.type_at_once(*"rxx", "escape")
        await app.reaches(lambda: app.obeyed[-1:] == ["leave"])
        assert app.obeyed == ["write", "leave"]


async def test_a_paste_keeps_its_turn() -> None:
    """Pasted text comes behind the letters before it, into the same field."""
    app = Desk()
    async with app.run_test():
        app.type_at_once(*"rab")
        app.post_message(events.Paste("cd"))
        app.type_at_once("e", "home", "f")
        app.may_open.set()
        await app.reaches(lambda: app.query_one(Input).value == "fabcde")
