"""A ticket on the screen: reading it and what is done to it, with the questions that are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from desk import tickets
from desk.context import Desk
from procedure.terms import Level, MessageKind, Priority, Status, ref
from procedure.tokens import note_address
from tests.fakes.desks import START, SUPPORT, Group
from tests.tui.console import opened, seated
from tui.screens.dialogs import AskText, Choose
from tui.screens.queue import QueueScreen


async def test_tickets_open_one_after_the_other(desk: Desk, actors: Group) -> None:
    """Enter opens, esc goes back, and the next one opens as well, each with its own words."""
    opened(desk, "First", "words of the first")
    opened(desk, "Second", "words of the second")
    async with seated(desk, actors.maria) as seat:
        await seat.press("enter")
        await seat.sees("TD-1001  First", "words of the first")
        await seat.press("h")
        await seat.sees("History")
        await seat.press("escape")
        assert isinstance(seat.app.screen, QueueScreen)
        await seat.press("j", "enter")
        await seat.sees("TD-1002  Second", "words of the second")
        assert "History" not in seat.text()
        await seat.press("q", "k", "enter")
        await seat.sees("TD-1001  First", "words of the first")


async def test_the_note_address_is_in_the_help(desk: Desk, actors: Group) -> None:
    """Where a mail can prove who wrote it, the ticket's help says where notes go; else it promises nothing."""
    ticket = opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("question_mark")
        await seat.sees("Keys · a ticket")
        assert "note by mail" not in seat.text()
    with_logins = replace(desk, mail=replace(desk.mail, has_logins=True))
    async with seated(with_logins, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("question_mark")
        await seat.sees("note by mail", note_address(desk.key, SUPPORT, ticket))


async def test_number_keys_lead_from_a_ticket_to_a_queue(desk: Desk, actors: Group) -> None:
    """A place is one key away wherever one is."""
    opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.open(1001)
        await seat.press("2")
        await seat.sees("▸2nd 0", "Nothing waits on the 2nd level")


async def test_a_handover_needs_a_note(desk: Desk, actors: Group) -> None:
    """Without words the question comes again and says why; with them the ticket is a level up and the note is there."""
    ticket = opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("e")
        await seat.sees("Hand TD-1001 up to the 2nd level", "ctrl+s takes it")
        await seat.press("ctrl+s")
        await seat.sees("a hand-over needs a note")
        await seat.write("tried a new password")
        await seat.press("ctrl+s")
        await seat.hears("TD-1001 is on the 2nd level. u undoes it.")
        view = seat.shown(ticket)
        assert (view.level, view.messages[-1].kind) == (Level.SECOND, MessageKind.NOTE)
        assert view.messages[-1].text == "tried a new password"
        await seat.press("d")
        await seat.sees("down to the 1st level: what is to be done?")


async def test_a_handover_note_survives_esc_and_a_refusal(desk: Desk, actors: Group) -> None:
    """Words of a handover come back when it is tried again, and a refusal says why above them."""
    ticket = opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("e")
        await seat.until(lambda: isinstance(seat.app.screen, AskText))
        await seat.write("tried a lot")
        await seat.press("escape", "e")
        await seat.sees("tried a lot")
        tickets.set_level(actors.kostas, desk, ticket, Level.SECOND, "I take it")
        await seat.press("ctrl+s")
        await seat.sees("TD-1001 is on the 2nd level already", "tried a lot")


async def test_there_is_nothing_above_the_3rd_level(desk: Desk, actors: Group) -> None:
    """The end of the stairs is said, not asked about."""
    ticket = opened(desk, level=Level.THIRD)
    async with seated(desk, actors.eleni) as seat:
        await seat.open(ticket)
        await seat.press("e")
        await seat.hears("The 3rd level is the highest.")


NAPS = [
    ("p", Status.PENDING, None),
    ("1", Status.ON_HOLD, START + timedelta(hours=1)),
    ("4", Status.ON_HOLD, START + timedelta(hours=4)),
    ("t", Status.ON_HOLD, START.replace(day=21, hour=9)),
    ("w", Status.ON_HOLD, START + timedelta(weeks=1)),
]


async def test_each_way_to_snooze(desk: Desk, actors: Group) -> None:
    """``z`` and one more key let a ticket sleep."""
    async with seated(desk, actors.maria) as seat:
        for key, status, wakes in NAPS:
            ticket = opened(desk)
            await seat.open(ticket)
            await seat.press("z")
            await seat.until(lambda: isinstance(seat.app.screen, Choose))
            await seat.press(key)
            await seat.hears(ref(ticket), "u undoes it")
            view = seat.shown(ticket)
            assert view.status is status
            assert wakes is None or view.wake_at == wakes


async def test_snooze_until_a_moment_one_types(desk: Desk, actors: Group) -> None:
    """A moment that cannot be read is asked for again with examples; a good one is taken."""
    ticket = opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("z")
        await seat.until(lambda: isinstance(seat.app.screen, Choose))
        await seat.press("o")
        await seat.sees("On hold until when?")
        await seat.write("soon")
        await seat.press("enter")
        await seat.sees("'soon' is not a moment")
        await seat.press(*["backspace"] * 4)
        await seat.write("18")
        await seat.press("colon")
        await seat.write("30")
        await seat.press("enter")
        await seat.hears("TD-1001 is on hold until 18:30.")
        assert seat.shown(ticket).wake_at == START.replace(hour=18, minute=30)
        await seat.sees("z on hold", "back 18:30")


async def test_solve_reopen_undo(desk: Desk, actors: Group) -> None:
    """``x`` solves, ``o`` opens again, ``u`` takes the last of them back."""
    ticket = opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("x")
        await seat.hears("TD-1001 is solved")
        await seat.sees("✓ solved")
        await seat.press("o")
        await seat.hears("TD-1001 is open")
        await seat.press("u")
        await seat.hears("Undone: the new status of TD-1001.")
        assert seat.shown(ticket).status is Status.SOLVED


async def test_priority_difficulty_level_and_assignee_are_chosen(desk: Desk, actors: Group) -> None:
    """Each opens a short list; a key or the cursor chooses, esc leaves things as they are."""
    ticket = opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("plus")
        await seat.sees("How soon must TD-1001 be looked at?")
        await seat.press("u")
        await seat.hears("TD-1001 has priority urgent")
        await seat.press("i")
        await seat.sees("How hard is TD-1001?")
        await seat.press("j", "j", "j", "enter")
        await seat.hears("TD-1001 has difficulty 4")
        await seat.press("a")
        await seat.sees("Give TD-1001 to whom?", "kostas · Kostas Level Two")
        await seat.press("escape", "a")
        await seat.sees("Give TD-1001 to whom?")
        await seat.press("2")
        await seat.hears("TD-1001 is with kostas")
        await seat.press("l")
        await seat.sees("Move the ticket to which level?")
        await seat.press("3")
        await seat.sees("Hand TD-1001 up to the 3rd level")
        await seat.press("escape")
        view = seat.shown(ticket)
        assert (view.priority, view.difficulty, view.assignee) == (Priority.URGENT, 4, "kostas")
        assert view.level is Level.FIRST


async def test_tags(desk: Desk, actors: Group) -> None:
    """Tags are edited as words; what is no tag is refused with a sentence."""
    ticket = opened(desk, "Quota")
    tickets.set_tags(actors.maria, desk, ticket, ["mail"])
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.press("number_sign")
        await seat.sees("Tags of TD-1001", "mail")
        await seat.write(" #vip")
        await seat.press("enter")
        await seat.hears("TD-1001 has new tags")
        await seat.sees("#mail #vip")


async def test_roles_hide_what_one_may_not_do(desk: Desk, actors: Group) -> None:
    """The owner alone does not answer customers once there is staff: no key, no hint, no help, no palette line."""
    ticket = opened(desk)
    async with seated(desk, actors.owner) as seat:
        await seat.open(ticket)
        assert "r reply" not in seat.text()
        await seat.press("r")
        await seat.press("question_mark")
        await seat.sees("Keys · a ticket", "internal note")
        assert "Write an answer" not in seat.text()
        await seat.press("escape", "ctrl+p")
        await seat.write("answer")
        await seat.pilot.pause(0.3)
        assert "Write an answer" not in seat.text()


async def test_help_is_what_the_keys_do_here(desk: Desk, actors: Group) -> None:
    """``?`` lists the live bindings of this place and no others, and typing narrows them down."""
    ticket = opened(desk)
    async with seated(desk, actors.maria, (100, 60)) as seat:
        await seat.press("question_mark")
        await seat.sees("Keys · a queue", "Show only what holds some words", "ctrl+p")
        assert "all quoted text" not in seat.text()
        await seat.press("escape")
        await seat.open(ticket)
        await seat.press("question_mark")
        await seat.sees("Keys · a ticket", "all quoted text")
        assert "Show only what" not in seat.text()
        await seat.write("hand")
        await seat.loses("all quoted text")
        await seat.sees("Hand the ticket up one level")
        await seat.press("escape")
        await seat.begin("r")
        await seat.press("f1")
        await seat.sees("Keys · writing", "Send the answer", "ctrl+s")
        assert "Take this ticket yourself" not in seat.text()


async def test_the_palette_finds_tickets_and_actions(desk: Desk, actors: Group) -> None:
    """Words find tickets by subject, names find actions, of the ticket and of the console."""
    opened(desk, "Mailbox quota")
    opened(desk, "Webmail slow")
    async with seated(desk, actors.maria) as seat:
        await seat.press("ctrl+p")
        await seat.write("webmail")
        await seat.sees("TD-1002  Webmail slow")
        await seat.press("enter")
        await seat.sees("TD-1002  Webmail slow", "* new · due")
        await seat.press("ctrl+p")
        await seat.write("solve")
        await seat.loses("Take this ticket yourself")
        await seat.sees("Mark the ticket as solved")
        await seat.press("enter")
        await seat.hears("TD-1002 is solved")
        await seat.press("ctrl+p")
        await seat.write("queue of the 3rd")
        await seat.loses("Go to the queue of the 2nd level")
        await seat.sees("Go to the queue of the 3rd level")
        await seat.press("enter")
        await seat.sees("▸3rd 0")


async def test_typed_commands(desk: Desk, actors: Group) -> None:
    """``:`` takes a reference or an action; a slip of the finger gets a suggestion."""
    ticket = opened(desk, "Mailbox quota")
    async with seated(desk, actors.maria) as seat:
        await seat.press("colon")
        await seat.sees("Command", "such as TD-1042")
        await seat.write("sovle")
        await seat.press("enter")
        await seat.sees("There is no command 'sovle'; did you mean 'solve'?")
        await seat.press(*["backspace"] * 5)
        await seat.write("td-1001")
        await seat.press("enter")
        await seat.sees("TD-1001  Mailbox quota")
        await seat.press("colon")
        await seat.write("solve")
        await seat.press("enter")
        await seat.hears("TD-1001 is solved")
        assert seat.shown(ticket).status is Status.SOLVED
        await seat.press("colon")
        await seat.write("TD-4711")
        await seat.press("enter")
        await seat.hears("There is no ticket TD-4711.")


async def test_enter_does_not_carry_out_what_was_found_for_other_words(desk: Desk, actors: Group) -> None:
    """A fast typist in the palette never takes a ticket by accident."""
    ticket = opened(desk)
    async with seated(desk, actors.maria) as seat:
        await seat.press("ctrl+p")
        await seat.sees("Take the ticket that is due next")
        await seat.press("z", "enter")
        await seat.press("escape")
        assert seat.shown(ticket).assignee is None
        assert isinstance(seat.app.screen, QueueScreen)
