"""A flood on the ledger's screen: one line with its number, decided on as one, opened to its mails."""

from __future__ import annotations

import pytest

from desk import ledger, ledger_search, policies
from desk.actors import LISTENER
from desk.context import Desk
from procedure.mail import Envelope
from procedure.terms import Fate
from tests.fakes.desks import START, SUPPORT, Group, owner_of
from tests.fakes.mails import arrive, letter
from tests.tui.console import Seat, seated
from tests.tui.test_screens_ledger import go, shown


def flood(desk: Desk, mails: int = 5) -> list[int]:
    """Return the waiting mails of a flood; one more was the first and is a ticket."""
    policies.load(owner_of(), desk, policies.shipped_text().replace("same = 100", "same = 1"))
    arrive(desk, letter(subject="Backup 0 failed"))
    return [arrive(desk, letter(subject=f"Backup {number} failed")).ledger_id for number in range(mails)]


def decisions_on(desk: Desk, numbers: list[int]) -> set[str | None]:
    rows = ledger.some(owner_of(), desk, numbers).values()
    return {row.decision.act if row.decision else None for row in rows}


async def only(seat: Seat, *numbers: int) -> None:
    """Wait until the list holds these mails and no others."""
    await seat.until(lambda: shown(seat).window.ids == list(numbers))


async def test_a_flood_is_a_line_that_opens(desk: Desk, actors: Group) -> None:
    """The line tells the number, enter shows the mails of it, enter again one mail, esc leads back to the line."""
    numbers = flood(desk)
    async with seated(desk, actors.moderator) as seat:
        await go(seat)
        await only(seat, numbers[0], 1)
        await seat.sees("×5 A flood", "5 quarantined")
        await seat.press("enter")
        await only(seat, *reversed(numbers))
        await seat.sees(f"the flood of mail {numbers[0]}")
        await seat.loses("×5")
        await seat.press("g", "enter")
        await seat.sees(f"Mail {numbers[-1]}", f"one of the flood of mail {numbers[0]}")
        await seat.press("escape", "escape")
        await only(seat, numbers[0], 1)
        assert shown(seat).selected_id == numbers[0]


async def test_a_flood_is_spam_as_one(desk: Desk, actors: Group) -> None:
    """The question names the number first; u takes it back for all of them, and so does U."""
    numbers = flood(desk)
    async with seated(desk, actors.moderator) as seat:
        await go(seat)
        await only(seat, numbers[0], 1)
        await seat.press("s")
        await seat.sees("All 5 mails of this flood are spam?")
        await seat.press("n")
        assert decisions_on(desk, numbers) == {None}
        for key, said in (("u", "the decision on 5 mails"), ("U", "The decision on 5 mails is taken back")):
            await seat.press("s")
            await seat.sees("All 5 mails of this flood are spam?")
            await seat.press("y")
            await seat.hears("5 mails are marked as spam. u undoes it.")
            assert decisions_on(desk, numbers) == {"spam"}
            await seat.sees("×5")
            await seat.press(key)
            await seat.hears(said)
            assert decisions_on(desk, numbers) == {None}


async def test_a_flood_is_released_as_one(desk: Desk, actors: Group) -> None:
    """Its mails stand by themselves at once, however far down they are; joining is for single mails."""
    numbers = flood(desk)
    async with seated(desk, actors.moderator) as seat:
        await go(seat)
        await only(seat, numbers[0], 1)
        await seat.press("J")
        await seat.hears("A flood is released or spam as a whole")
        await seat.press("r")
        await seat.sees("All 5 mails of this flood open a new ticket each")
        await seat.press("y")
        await seat.hears("5 mails are released.")
        await only(seat, *reversed(numbers), 1)
        assert ledger.sums(owner_of(), desk).pending == 5


async def test_a_mail_that_joins_a_flood_leaves_the_list(desk: Desk, actors: Group) -> None:
    """While it is pending it is a line of its own; then its flood counts one more."""
    numbers = flood(desk)
    async with seated(desk, actors.moderator) as seat:
        await go(seat)
        await only(seat, numbers[0], 1)
        arrive(desk, letter(subject="Backup 9 failed"))
        await seat.sees("×6 A flood")
        await only(seat, numbers[0], 1)


async def test_words_are_looked_for_further_back_when_asked(
    desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter without a hit reads so many mails and says since when; m reads on, to the end."""
    monkeypatch.setattr(ledger_search, "DEPTH", 10)
    envelopes = [
        Envelope(START, "", f"{'rare' if n == 0 else 'a'}@example.com", (SUPPORT,), b"%d" % n) for n in range(25)
    ]
    numbers = ledger.record(LISTENER, desk, envelopes)
    assert ledger.get(owner_of(), desk, numbers[0]).fate is Fate.PENDING
    async with seated(desk, actors.maria) as seat:
        await go(seat)
        await seat.press("slash")
        await seat.sees("words in sender")
        await seat.write("rare@")
        await seat.sees("No mail that holds “rare@” since", "m looks further back")
        await seat.press("enter", "m")
        await seat.press("m")
        await only(seat, numbers[0])
        await seat.loses("m looks further back")
