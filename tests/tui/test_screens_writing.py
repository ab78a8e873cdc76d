"""Writing on a ticket: drafts that outlive everything, answers that leave once, and what is asked before."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from desk import replies
from desk.actors import Actor
from desk.context import Desk
from procedure.terms import MessageKind, OutboxState, Status
from tests.fakes.desks import Group
from tests.fakes.mails import NIKOS, arrive, letter
from tests.tui.console import opened, seated
from tests.tui.unsteady import Unsteady
from tui.screens.dialogs import Confirm
from tui.screens.queue import QueueScreen
from tui.widgets import writing


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store drafts at once instead of after two seconds."""
    monkeypatch.setattr("tui.widgets.composer.SAVE_AFTER", 0.1)


@pytest.fixture
def ticket(desk: Desk) -> int:
    """Return a ticket that came by mail."""
    return arrive(desk, letter(name="Nikos Pappas")).ticket


def drafts_of(actor: Actor, desk: Desk) -> list[str]:
    return [draft.text for draft in replies.drafts(actor, desk)]


@pytest.mark.usefixtures("soon")
async def test_the_draft_is_a_row_while_one_writes(desk: Desk, actors: Group, ticket: int) -> None:
    """Nobody asks for it: idle words are in the store, and the frame says since when."""
    async with seated(desk, actors.maria) as seat:
        await seat.press("enter")
        await seat.begin("r")
        await seat.sees("Answer to Nikos Pappas · then pending, the customer's turn")
        await seat.write("Good day")
        await seat.until(lambda: drafts_of(actors.maria, desk) == ["Good day"])
        await seat.sees("draft kept 09:00")


async def test_the_draft_comes_back_in_another_console(desk: Desk, actors: Group, ticket: int) -> None:
    """Quitting stores what is not stored yet, and the next console has it where it was."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.write("Good day")
        await seat.press("ctrl+q")
        await seat.until(lambda: seat.app._exit)
    assert drafts_of(actors.maria, desk) == ["Good day"]
    async with seated(desk, actors.maria) as seat:
        await seat.sees("✎ TD-1001")
        await seat.begin("r")
        await seat.sees("Good day", "draft restored")


async def test_an_answer_is_sent_and_can_be_called_back(desk: Desk, actors: Group, ticket: int) -> None:
    """ctrl+s sends once, however often it is pressed; ``u`` calls it back, and the words are a draft again."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.write("Please try again.")
        await seat.press("ctrl+s", "ctrl+s")
        await seat.hears("Answer on its way, TD-1001 is pending. u calls it back while it is held.")
        await seat.sees("▸ our answer", "waits to be sent", "Please try again.", "~ pending")
        answers = [m for m in seat.shown(ticket).messages if m.kind is MessageKind.STAFF]
        assert [(m.text, m.delivery) for m in answers] == [("Please try again.", OutboxState.QUEUED)]
        assert drafts_of(actors.maria, desk) == []
        await seat.press("u")
        await seat.hears("Undone: the answer in TD-1001.")
        await seat.loses("our answer")
        await seat.begin("r")
        await seat.sees("Please try again.", "draft restored")


async def test_what_comes_after_is_chosen_before(desk: Desk, actors: Group, ticket: int) -> None:
    """ctrl+t goes through what the ticket becomes, and the frame says it."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.press("ctrl+t")
        await seat.sees("then solved")
        await seat.press("ctrl+t")
        await seat.sees("then open, still our turn")
        await seat.press("ctrl+t", "ctrl+t")
        await seat.write("Done.")
        await seat.press("ctrl+s")
        await seat.hears("TD-1001 is solved")
        assert seat.shown(ticket).status is Status.SOLVED


async def test_an_answer_to_what_is_no_longer_the_last_word(desk: Desk, actors: Group, ticket: int) -> None:
    """When the customer wrote meanwhile the composer says so at once, and sending asks; no keeps the draft."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.write("Did you try it?")
        first = seat.shown(ticket).messages[0]
        arrive(desk, letter(text="It works now.", in_reply_to=(first.message_id,)))
        await seat.sees(f"! {NIKOS} wrote while you were writing", "then pending")
        await seat.press("ctrl+s")
        await seat.until(lambda: isinstance(seat.app.screen, Confirm))
        await seat.sees("your answer all the same?")
        await seat.press("n")
        assert [m.kind for m in seat.shown(ticket).messages].count(MessageKind.STAFF) == 0
        assert drafts_of(actors.maria, desk) == ["Did you try it?"]
        await seat.press("ctrl+s")
        await seat.until(lambda: isinstance(seat.app.screen, Confirm))
        await seat.press("y")
        await seat.hears("Answer on its way")


async def test_nothing_is_not_sent(desk: Desk, actors: Group, ticket: int) -> None:
    """An empty answer is refused with a sentence, and the composer stays."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.press("ctrl+s")
        await seat.hears("There is nothing to send")
        assert seat.composer.is_writing


async def test_a_note_is_for_us(desk: Desk, actors: Group, ticket: int) -> None:
    """A note says while it is written that the customer does not see it, and the turn stays where it is."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("n")
        await seat.sees("Internal note on TD-1001 · the customer does not see it")
        await seat.write("IMAP migration")
        await seat.press("ctrl+s")
        await seat.hears("Note written on TD-1001.")
        await seat.sees("# internal note", "IMAP migration")
        assert seat.shown(ticket).messages[-1].kind is MessageKind.NOTE


async def test_a_draft_is_thrown_away_only_after_a_question(desk: Desk, actors: Group, ticket: int) -> None:
    """ctrl+g asks; enter is the safe answer, y throws away."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.write("Hm")
        await seat.press("ctrl+g")
        await seat.sees("Throw this answer to TD-1001 away?")
        await seat.press("enter")
        assert seat.composer.text == "Hm"
        await seat.press("ctrl+g")
        await seat.until(lambda: isinstance(seat.app.screen, Confirm))
        await seat.press("y")
        await seat.hears("Draft thrown away")
        assert (drafts_of(actors.maria, desk), seat.composer.is_writing) == ([], False)


async def test_leaving_the_ticket_keeps_the_words(desk: Desk, actors: Group, ticket: int) -> None:
    """Going away with words in the composer stores them at once, and esc in it says how to get them back."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.write("Wait")
        await seat.press("tab", "q")
        await seat.until(lambda: isinstance(seat.app.screen, QueueScreen))
        await seat.until(lambda: drafts_of(actors.maria, desk) == ["Wait"])
        await seat.press("enter", "r")
        await seat.until(lambda: seat.composer.is_writing)
        await seat.press("escape")
        await seat.hears("Draft kept; r opens it again.")


async def test_another_ticket_never_gets_the_words_of_this_one(desk: Desk, actors: Group, ticket: int) -> None:
    """Opening another ticket closes the composer of the first and keeps its words there."""
    other = opened(desk, "Another")
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.write("For the first")
        await seat.open(other)
        assert not seat.composer.is_writing
        await seat.begin("r")
        assert seat.composer.text == ""
        assert [(d.ticket_id, d.text) for d in replies.drafts(actors.maria, desk)] == [(ticket, "For the first")]


@pytest.mark.usefixtures("soon")
async def test_a_draft_waits_for_a_store_that_is_away(desk: Desk, actors: Group, ticket: int) -> None:
    """Words that the store does not take are tried again by themselves; leaving meanwhile asks first."""
    unsteady = Unsteady(desk)
    async with seated(unsteady.desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        unsteady.is_away = True
        await seat.write("Good day")
        await seat.hears("cannot be read")
        await seat.press("ctrl+q")
        await seat.sees("as of 09:00", "The store does not take your unsent words now.")
        await seat.press("n")
        unsteady.is_away = False
        await seat.until(lambda: drafts_of(actors.maria, desk) == ["Good day"])


@pytest.mark.usefixtures("soon")
async def test_a_late_draft_does_not_come_after_its_answer(desk: Desk, actors: Group, ticket: int) -> None:
    """Saving and sending go one after the other: no draft is left of an answer that is sent."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        for _ in range(5):
            seat.composer.text += " more"
            seat.composer.action_composer_send()
            await asyncio.sleep(0)
            await seat.hears("Answer on its way")
            await seat.until(lambda: not seat.composer.is_writing)
            assert drafts_of(actors.maria, desk) == []
            await seat.begin("r")


async def test_a_paste_is_cleaned_and_a_huge_one_refused(desk: Desk, actors: Group, ticket: int) -> None:
    """What a terminal would act on becomes its picture; a file pasted by mistake is not inserted."""
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        field = seat.composer.query_one(writing.Writing)
        field.post_message(events.Paste("one\r\ntwo\x1b]52;c;aGk=\x07"))
        await seat.until(lambda: seat.composer.text == "one\ntwo␛]52;c;aGk=␇")
        field.post_message(events.Paste("x" * (writing.LARGE_PASTE + 1)))
        await seat.hears("A paste of 65,537 characters was refused")
        assert len(seat.composer.text) < 100


async def test_writing_on_what_somebody_else_has(desk: Desk, actors: Group, ticket: int) -> None:
    """Before the first letter one sees who may be answering already."""
    from desk import tickets

    tickets.claim(actors.kostas, desk, ticket)
    async with seated(desk, actors.maria) as seat:
        await seat.open(ticket)
        await seat.begin("r")
        await seat.sees("! kostas has taken this ticket and may be answering it")
