"""The ledger on the screen: what came in, why it is where it is, and what a person decides about it."""

from __future__ import annotations

import pytest

from desk import decisions, filing, ledger
from desk.actors import FILER, LISTENER
from desk.context import Desk
from procedure.mail import Envelope, ParsedMail
from procedure.terms import Fate
from tests.fakes.desks import START, SUPPORT, Group, owner_of
from tests.fakes.mails import accept, arrive, letter
from tests.tui.console import Seat, app_on, clock_of, seated, settle
from tests.tui.unsteady import Unsteady
from tui.screens.ledger import PAGE, LedgerScreen
from tui.screens.mail import PART, MailScreen, cut_well
from tui.widgets.ledger_list import LedgerList

STRANGER = "petros@example.org"


def park(desk: Desk) -> tuple[int, int, ParsedMail]:
    """Return a mail that wants to join a ticket, that ticket, and the mail as read."""
    ticket = arrive(desk).ticket
    mail = letter(STRANGER, subject=f"[TD-{ticket}] me too")
    return arrive(desk, mail).ledger_id, ticket, mail


def poison(desk: Desk) -> int:
    number = accept(desk, letter(STRANGER))
    for _ in range(3):
        filing.claim(FILER, desk)
        filing.fail(FILER, desk, number, "took too long")
        clock_of(desk).advance(minutes=5)
    return number


def fate(desk: Desk, number: int) -> Fate:
    return ledger.get(owner_of(), desk, number).fate


def shown(seat: Seat) -> LedgerList:
    screen = seat.app.place
    assert isinstance(screen, LedgerScreen), screen
    return screen.query_one(LedgerList)


async def go(seat: Seat) -> LedgerList:
    """Go to the ledger and wait until it is there."""
    await seat.press("7")
    await seat.sees("▸7 Ledger")
    await seat.loses("Opening …")
    return shown(seat)


async def test_the_ledger_shows_what_came(desk: Desk, actors: Group) -> None:
    """Key 7 shows each mail in a line, newest first, with its fate as a word; esc leads back to the queue."""
    park(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.sees("7 Ledger")
        await go(seat)
        await seat.sees("quarantined", "new ticket", "nikos@example.gr", "TD-1001", "1 quarantined")
        lines = [line for line in seat.text().splitlines() if "example" in line]
        assert "petros" in lines[0] and "nikos" in lines[1]
        await seat.press("escape")
        await seat.sees("▸1st")


async def test_an_empty_ledger_says_what_will_be_there(desk: Desk, actors: Group) -> None:
    """No mail is no blank screen, and one that comes shows by itself."""
    async with seated(desk, actors.maria) as seat:
        await go(seat)
        await seat.sees("No mail came in yet", "by itself")
        arrive(desk)
        await seat.sees("new ticket", "nikos@example.gr")


async def test_new_mail_stays_above_the_cursor(desk: Desk, actors: Group) -> None:
    """The line under the cursor does not move when mail comes; what is new is counted."""
    for _ in range(40):
        accept(desk, letter())
    async with seated(desk, actors.maria, size=(80, 24)) as seat:
        mails = await go(seat)
        await seat.until(lambda: len(mails.window.ids) == 40)
        await seat.press("G")
        at = (mails.selected_id, mails.window.row_of(mails.selected_id or 0))
        arrive(desk)
        await seat.sees("1 new above")
        assert (mails.selected_id, mails.window.row_of(mails.selected_id or 0)) == at


async def test_a_long_ledger_comes_page_by_page(desk: Desk, actors: Group) -> None:
    """What is not looked at is not asked for; going to the end brings the pages, each mail once and in order."""
    total = PAGE * 2 + 30
    envelopes = [Envelope(START, "", "a@example.com", (SUPPORT,), b"%d" % number) for number in range(total)]
    numbers = ledger.record(LISTENER, desk, envelopes)
    async with seated(desk, actors.maria, size=(80, 24)) as seat:
        mails = await go(seat)
        await seat.until(lambda: mails.window.ids)
        assert len(mails.window.ids) == PAGE
        while len(mails.window.ids) < total:
            length = len(mails.window.ids)
            await seat.press("G")
            await seat.until(lambda length=length: len(mails.window.ids) > length)  # type: ignore[misc]
        assert mails.window.ids == sorted(numbers, reverse=True)


async def test_fate_and_words_narrow_it_down(desk: Desk, actors: Group) -> None:
    """``f`` keeps one fate, ``/`` what holds words in an address; nothing found says so, esc shows all again."""
    park(desk)
    async with seated(desk, actors.maria) as seat:
        await go(seat)
        await seat.press("f")
        await seat.sees("Show which mails?", "quarantined 1")
        await seat.press("q")
        await seat.loses("nikos@example.gr")
        await seat.sees("petros@example.org", "Ledger · quarantined")
        await seat.press("slash")
        await seat.sees("words in sender")
        await seat.write("nobody@")
        await seat.sees("No quarantined mail that holds “nobody@”", "esc shows all")
        await seat.press("escape")
        await seat.sees("petros@example.org", "nikos@example.gr")


async def test_a_mail_says_why_it_is_where_it_is(desk: Desk, actors: Group) -> None:
    """Enter shows envelope, fate and every rule hit; who may not decide is not offered it."""
    number, ticket, _ = park(desk)
    async with seated(desk, actors.maria) as seat:
        await go(seat)
        await seat.sees("petros")
        await seat.press("enter")
        await seat.sees(f"Mail {number} · ? quarantined", "Why", "wants-to-join", f"to join TD-{ticket}", "192.0.2.7")
        await seat.press("question_mark")
        await seat.sees("Keys · a mail")
        assert "Mark a quarantined" not in seat.text()
        await seat.press("escape", "o")
        await seat.sees(f"TD-{ticket}", "Cannot log in", "customer")


async def test_release_asks_first(desk: Desk, actors: Group) -> None:
    """A ticket cannot be unmade, so release asks; no leaves the mail where it is, yes makes it due."""
    number, _, mail = park(desk)
    async with seated(desk, actors.moderator) as seat:
        await go(seat)
        await seat.sees("petros")
        await seat.press("r")
        await seat.sees("cannot be undone. Release?")
        await seat.press("n")
        await seat.loses("Release?")
        assert fate(desk, number) is Fate.QUARANTINED
        await seat.press("r")
        await seat.sees("Release?")
        await seat.press("y")
        await seat.hears("is released")
        filing.claim(FILER, desk)
        filed = filing.file(FILER, desk, number, mail)
        assert filed.fate is Fate.NEW_TICKET
        await seat.sees(f"TD-{filed.ticket_id}")


async def test_join_offers_the_ticket_that_it_wants(desk: Desk, actors: Group) -> None:
    """The question holds the reference; what is none is asked for again."""
    number, ticket, _ = park(desk)
    async with seated(desk, actors.moderator) as seat:
        await go(seat)
        await seat.sees("petros")
        await seat.press("J")
        await seat.sees(f"Mail {number} joins which ticket?", f"TD-{ticket}")
        await seat.write(" or so")
        await seat.press("enter")
        await seat.sees("a reference such as")
        await seat.press(*["backspace"] * 6, "enter")
        await seat.hears(f"joins TD-{ticket}")
        decision = ledger.get(actors.moderator, desk, number).decision
        assert decision is not None and (decision.act, decision.ticket_id) == ("join", ticket)


async def test_spam_is_marked_and_unmarked(desk: Desk, actors: Group) -> None:
    """Marking needs no question: ``u`` takes it back, and so does ``U`` on the mail, whoever marked it."""
    number, _, _ = park(desk)
    async with seated(desk, actors.moderator) as seat:
        await go(seat)
        await seat.sees("petros")
        await seat.press("s")
        await seat.sees("x   ", "spam")
        await seat.press("u")
        await seat.hears(f"the decision on mail {number}")
        decisions.spam(actors.eleni, desk, number)
        await seat.press("U")
        await seat.hears("is taken back")
        assert ledger.get(actors.moderator, desk, number).decision is None


async def test_poison_is_read_again(desk: Desk, actors: Group) -> None:
    """``a`` makes it pending; what is not parked is refused in a sentence."""
    number = poison(desk)
    async with seated(desk, actors.eleni) as seat:
        await go(seat)
        await seat.sees("! ", "poison")
        await seat.press("a")
        await seat.hears("will be read again")
        await seat.sees("pending")
        assert fate(desk, number) is Fate.PENDING
        await seat.press("s")
        await seat.hears("Only quarantined and poison mail is decided on")


async def test_the_bytes_are_shown_safely_and_by_the_part(desk: Desk, actors: Group) -> None:
    """Headers first, then a part at a time; escape sequences do nothing; one part is in memory."""
    raw = b"Subject: \x1b]0;forged\x07x\r\nX-Here: yes\r\n\r\n" + b"line of the body\r\n" * 4000
    [number] = ledger.record(LISTENER, desk, [Envelope(START, "", "a@example.com", (SUPPORT,), raw)])
    async with seated(desk, actors.eleni) as seat:
        await go(seat)
        await seat.sees("a@example.com")
        await seat.press("enter")
        await seat.sees("No rule had a say yet")
        await seat.press("w")
        await seat.sees("X-Here: yes", f"of {len(raw):,}")
        assert "line of the body" not in seat.text() and "\x1b]0" not in seat.text()
        await seat.press("n")
        await seat.sees("line of the body")
        await seat.press("n")
        await seat.sees("bytes 1")
        await seat.press("p", "p")
        await seat.sees("X-Here: yes")
        await seat.press("escape")
        await seat.sees(f"Mail {number} · … pending", "Why")
        await seat.press("escape")
        await seat.sees("▸7 Ledger")


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, PART * 3 + 5])
def test_parts_are_the_whole_mail(desk: Desk, actors: Group, size: int) -> None:
    """However parts are cut, together they are the mail, bit for bit."""
    for raw in (b"A: b\r\n\r\n" + b"x" * size, b"y\n" * size, b"no line at all" * size):
        [number] = ledger.record(LISTENER, desk, [Envelope(START, "", "", (SUPPORT,), raw)])
        found, start = b"", 0
        while start < len(raw):
            part = cut_well(ledger.part(actors.eleni, desk, number, start, PART))
            assert part.content
            found, start = found + part.content, start + len(part.content)
        assert found == raw


async def test_a_store_that_is_away_leaves_what_is_shown(desk: Desk, actors: Group) -> None:
    """The list stays and the top line says of when it is."""
    park(desk)
    store = Unsteady(desk)
    app = app_on(store.desk, actors.moderator)
    async with app.run_test(size=(100, 30)) as pilot:
        seat = Seat(app, pilot, store.desk, actors.moderator)
        await settle(seat)
        await go(seat)
        await seat.sees("petros")
        store.is_away = True
        await seat.press("s")
        await seat.sees("as of", "petros")
        await seat.press("enter")
        store.is_away = False
        await seat.until(lambda: isinstance(seat.app.place, MailScreen) and seat.app.place.mail is not None)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (140, 45)])
async def test_every_size_shows_the_work(desk: Desk, actors: Group, size: tuple[int, int]) -> None:
    """Fate, sender and keys are in view on the smallest terminal as on a large one."""
    park(desk)
    async with seated(desk, actors.moderator, size=size) as seat:
        await go(seat)
        await seat.sees("quarantined", "petros@example.org", "enter open", "r release", "? help")
        await seat.press("enter")
        await seat.sees("quarantined", "w raw", "? help")


async def test_commands_and_palette_know_the_ledger(desk: Desk, actors: Group) -> None:
    """It can be gone to by name."""
    park(desk)
    async with seated(desk, actors.moderator) as seat:
        await seat.press("colon")
        await seat.write("ledger")
        await seat.press("enter")
        await seat.sees("▸7 Ledger", "petros")
        await seat.press("colon")
        await seat.write("spam")
        await seat.press("enter")
        await seat.hears("is marked as spam")
