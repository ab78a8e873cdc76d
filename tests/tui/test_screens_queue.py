"""The queue on the screen: what is seen, moved, filtered and taken there."""

from __future__ import annotations

import threading

from desk import replies, tickets
from desk.actors import Actor
from desk.context import Desk
from procedure.terms import Level, MessageKind, Status
from tests.fakes.desks import FakeClock, Group
from tests.fakes.mails import arrive, letter
from tests.tui.console import clock_of, opened, seated
from tui.app import ConsoleApp
from tui.screens.queue import QueueScreen


async def test_it_opens_on_the_first_level(desk: Desk, actors: Group) -> None:
    """The console shows the first queue with its counts, who is there, and the first keys."""
    opened(desk, "Mailbox quota")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("▸1st 1", "2nd 0", "TD-1001", "Mailbox quota", "maria · 1st", "enter open", "? help")


async def test_number_keys_go_to_the_levels(desk: Desk, actors: Group) -> None:
    """Each level has its queue, and says so when nothing waits there."""
    opened(desk, "First one")
    opened(desk, "Second one", level=Level.SECOND)
    async with seated(desk, actors.maria) as seat:
        await seat.sees("First one")
        await seat.press("2")
        await seat.sees("▸2nd 1", "Second one")
        assert "First one" not in seat.text()
        await seat.press("3")
        await seat.sees("Nothing waits on the 3rd level", "1 2 3 show the other queues")
        await seat.press("1")
        await seat.sees("▸1st 1", "First one")


async def test_the_filter_works_as_one_types(desk: Desk, actors: Group) -> None:
    """Only what holds the words is left, words and count stay in view, and esc brings everything back."""
    for subject in ("Mailbox quota", "Mailbox full", "Webmail slow"):
        opened(desk, subject)
    async with seated(desk, actors.maria) as seat:
        await seat.press("slash")
        await seat.sees("words in reference")
        await seat.write("mailbox")
        await seat.loses("Webmail slow")
        await seat.sees("Mailbox quota", "Mailbox full", "2 with “mailbox”")
        await seat.press("enter")
        await seat.sees("2 with “mailbox”")
        await seat.press("slash")
        await seat.write("xyz")
        await seat.sees("Nothing on the 1st level holds “mailboxxyz”", "esc clears it")
        await seat.press("escape")
        await seat.sees("Webmail slow", "Mailbox quota", "Mailbox full")
        assert "with “" not in seat.text()


async def test_take_next_takes_what_is_due_first(desk: Desk, actors: Group) -> None:
    """``t`` takes the ticket that is due first and opens it; when none is left it says so."""
    first = opened(desk, "Waits longest")
    clock_of(desk).advance(minutes=5)
    opened(desk, "Came later")
    async with seated(desk, actors.maria) as seat:
        await seat.press("j", "t")
        await seat.hears("TD-1001 is yours")
        await seat.sees("TD-1001  Waits longest", "with maria")
        assert seat.shown(first).assignee == "maria"
        await seat.press("escape", "t")
        await seat.hears("TD-1002 is yours")
        await seat.press("escape", "t")
        await seat.hears("Nothing waits for anybody on the 1st level")


async def test_a_key_pressed_twice_takes_one_ticket(desk: Desk, actors: Group) -> None:
    """A nervous finger does not take two tickets."""
    for number in range(3):
        opened(desk, f"Number {number}")
    async with seated(desk, actors.maria) as seat:
        place = seat.queue
        place.action_queue_take()
        place.action_queue_take()
        await seat.hears("TD-1001 is yours")
        assert [seat.shown(i).assignee for i in (1001, 1002)] == ["maria", None]


async def test_claiming_what_somebody_has_tells_who(desk: Desk, actors: Group) -> None:
    """The loser of a race is told who has the ticket."""
    ticket = opened(desk, "Wanted by both")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("Wanted by both")
        tickets.claim(actors.kostas, desk, ticket)
        await seat.press("c")
        await seat.hears("TD-1001 is with kostas already.")
        await seat.sees("kostas")


async def test_claim_and_release(desk: Desk, actors: Group) -> None:
    """``c`` takes, ``C`` gives back, ``u`` takes that back."""
    ticket = opened(desk, "One")
    async with seated(desk, actors.maria) as seat:
        await seat.press("c")
        await seat.hears("TD-1001 is yours.")
        await seat.press("C")
        await seat.hears("TD-1001 is nobody's")
        assert seat.shown(ticket).assignee is None
        await seat.press("u")
        await seat.hears("Undone: releasing TD-1001.")
        assert seat.shown(ticket).assignee == "maria"


async def test_a_change_from_elsewhere_appears_and_moves_nothing(desk: Desk, actors: Group) -> None:
    """Mail that arrives is on the screen by itself; the line under the cursor stays where it is."""
    for number in range(3):
        opened(desk, f"Number {number}")
    async with seated(desk, actors.maria) as seat:
        await seat.press("j")
        queue = seat.queue.queue_list
        row = queue.window.row_of(1002)
        clock_of(desk).advance(days=-1)
        arrive(desk, letter(subject="Urgent from yesterday"))
        await seat.sees("▸1st 4")
        await seat.until(lambda: len(queue.window.ids) == 4)
        assert (queue.selected_id, queue.window.row_of(1002)) == (1002, row)


async def test_a_ticket_that_leaves_stays_marked_until_one_moves(desk: Desk, actors: Group) -> None:
    """What is under the cursor never vanishes by itself: it says that it left."""
    for number in range(3):
        opened(desk, f"Number {number}")
    async with seated(desk, actors.maria) as seat:
        await seat.press("j")
        tickets.set_level(actors.kostas, desk, 1002, Level.SECOND, "needs a look at the server")
        await seat.sees("(left this queue) Number 1")
        assert seat.queue.ticket_id == 1002
        await seat.press("j")
        await seat.loses("Number 1")
        assert seat.queue.ticket_id == 1003


async def test_claims_of_others_and_own_drafts_show_on_the_line(desk: Desk, actors: Group) -> None:
    """Whoever else is at a ticket is seen before one begins to write, and where one's own words wait as well."""
    first, second = opened(desk, "One"), opened(desk, "Two")
    async with seated(desk, actors.maria) as seat:
        await seat.sees("*  TD-1001", "*  TD-1002")
        tickets.claim(actors.kostas, desk, first)
        await seat.sees("·▸ TD-1001", "kostas")
        replies.save_draft(actors.maria, desk, second, MessageKind.STAFF, "Dear")
        tickets.set_difficulty(actors.kostas, desk, second, 3)
        await seat.sees("*✎ TD-1002")


async def test_the_preview_shows_the_ticket_under_the_cursor(desk: Desk, actors: Group) -> None:
    """Beside the list where there is room, below it on ``p``."""
    opened(desk, "One", "The words of the first.")
    opened(desk, "Two", "The words of the second.")
    async with seated(desk, actors.maria, (140, 45)) as seat:
        await seat.sees("The words of the first.")
        await seat.press("j")
        await seat.sees("The words of the second.")
        await seat.press("p")
        await seat.loses("The words of the second.")
    async with seated(desk, actors.maria, (80, 24)) as seat:
        assert "The words of the first." not in seat.text()
        await seat.press("p")
        await seat.sees("The words of the first.")


async def test_a_sleeping_ticket_is_told_from_a_waiting_one(desk: Desk, actors: Group) -> None:
    """A pending ticket says so in glyph and word."""
    ticket = opened(desk, "One")
    tickets.set_status(actors.maria, desk, ticket, Status.PENDING)
    async with seated(desk, actors.maria, (140, 45)) as seat:
        await seat.press("p")
        await seat.sees("~  TD-1001", "pending")


async def test_trouble_at_the_start_ends_it_with_one_sentence() -> None:
    """A store that cannot be opened is one sentence, read as it stands, and exit status 1, not a traceback."""

    def connect() -> tuple[Desk, Actor]:
        raise RuntimeError("the store is [/x from a newer version")

    app = ConsoleApp(connect, FakeClock().now)
    async with app.run_test(notifications=True) as pilot:
        while not app._exit_renderables:
            await pilot.pause()
        [said] = app._exit_renderables
    assert (app.return_code, str(said)) == (1, "tierdesk: the store is [/x from a newer version")


async def test_before_the_store_is_open_no_key_does_harm(desk: Desk, actors: Group) -> None:
    """Keys pressed into the first frame do nothing and break nothing."""
    opened(desk, "One")
    gate = threading.Event()

    def connect() -> tuple[Desk, Actor]:
        gate.wait(10)
        return desk, actors.maria

    app = ConsoleApp(connect, desk.clock.now)
    async with app.run_test(notifications=True) as pilot:
        await pilot.press("t", "r", "c", "x", "u", "enter", "2", "1", "slash", "a", "escape", "question_mark", "escape")
        assert isinstance(app.screen, QueueScreen)
        gate.set()
        while not app.top.counts:
            await pilot.pause()
