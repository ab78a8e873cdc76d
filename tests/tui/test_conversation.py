"""Reading a ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.app import App, ComposeResult

from desk.views import AttachmentView, EventView, MessageView, TicketView
from procedure.terms import Channel, Level, MessageKind, OutboxState, Priority, Status
from tui.widgets.conversation import BATCH, Conversation
from tui.widgets.conversation_lines import PORTION, Look, event_lines, message_lines
from tui.widgets.hints import HintBar

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
LOOK = Look(62, NOW, UTC)
QUOTED = "Still broken.\n\nOn Mon, 2 Mar 2026 at 13:00, Maria wrote:\n> Please try again\n> now\n"


def message(number: int, text: str = "Hello", **changes: Any) -> MessageView:
    """Return a customer's message."""
    values: dict[str, Any] = {
        "kind": MessageKind.CUSTOMER,
        "author_name": "Nikos Pappas",
        "author_address": "nikos@example.org",
        "at": NOW - timedelta(minutes=36),
        "message_id": f"<{number}@example.org>",
        "ledger_id": None,
    }
    return MessageView(id=number, text=text, **(values | changes))


def ticket(*messages: MessageView, **changes: Any) -> TicketView:
    """Return a ticket with these messages."""
    values: dict[str, Any] = {
        "version": 1,
        "subject": "Cannot log in",
        "status": Status.OPEN,
        "level": Level.FIRST,
        "difficulty": 1,
        "priority": Priority.NORMAL,
        "channel": Channel.MAIL,
        "requester_name": "Nikos Pappas",
        "requester_address": "nikos@example.org",
        "assignee": None,
        "claimed_by": None,
        "claimed_until": None,
        "tags": (),
        "created_at": NOW,
        "waiting_since": NOW,
        "due_at": None,
        "wake_at": None,
        "rules": (),
        "messages": messages,
    }
    return TicketView(id=1042, **(values | changes))


class Reader(App[None]):
    def compose(self) -> ComposeResult:
        yield Conversation(lambda: NOW, zone=UTC)
        yield HintBar()

    def on_mount(self) -> None:
        self.pane.focus()

    @property
    def pane(self) -> Conversation:
        return self.query_one(Conversation)

    def lines(self) -> list[str]:
        return [self.pane.render_line(y).text.rstrip() for y in range(self.pane.size.height)]


def texts(made: MessageView, *unfolded: int) -> list[str]:
    """Return a message's lines as they are read."""
    return [line.gutter + line.text for line in message_lines(made, LOOK, frozenset(unfolded))]


def test_who_speaks_is_said_in_words() -> None:
    """Each kind of message has a glyph, a word and, when internal, a mark on every line."""
    assert texts(message(1))[:2] == ["◂ customer · 13:24 · Nikos Pappas", "  Hello"]
    note = message(1, "Ask Kostas\nfirst", kind=MessageKind.NOTE, author_name="maria")
    assert texts(note)[:3] == [
        "# internal note · 13:24 · maria · the customer does not see it",
        "# Ask Kostas",
        "# first",
    ]


def test_delivery_of_an_answer_is_told() -> None:
    """An answer says where it is on its way; one that did not arrive says what the other side said."""
    sent = message(1, kind=MessageKind.STAFF, author_name="maria", delivery=OutboxState.SENT, delivery_reply="250 ok")
    assert texts(sent)[0] == "▸ our answer · ✓ sent · 13:24 · maria"
    assert texts(sent)[1] == "▏ Hello"
    dead = replace(sent, delivery=OutboxState.DEAD, delivery_reply="550 no such\x1b[2J user")
    assert texts(dead)[:2] == [
        "▸ our answer · ✗ not delivered · 13:24 · maria",
        "▏ the next mail server said: 550 no such␛[2J user",
    ]


def test_attachments_are_listed() -> None:
    """Name, type and size; a name cannot pretend to be another one, nor hide its ending."""
    made = message(1, attachments=(AttachmentView(1, "the-invoice\u202efdp.exe", "application/pdf", 12_400, ""),))
    assert texts(made)[1:3] == ["  attached: the-invoice<U+202E>fdp.exe (application/pdf, 12", "  KB)"]


def test_quotes_are_folded_and_never_cut() -> None:
    """A quote is one line until somebody opens it, and then all there."""
    folded, opened = texts(message(1, QUOTED)), texts(message(1, QUOTED), 0)
    assert folded[1:4] == ["  Still broken.", "  ", "  ▸ 3 quoted lines"]
    assert opened[3:7] == [
        "  ▾ 3 quoted lines",
        "  On Mon, 2 Mar 2026 at 13:00, Maria wrote:",
        "  > Please try again",
        "  > now",
    ]


def test_words_inside_a_quote_are_pointed_at() -> None:
    """What a customer wrote between our lines is open and marked, also where the quote has no marks."""
    assert texts(message(1, "Hi\n> one\nanswer\n> two\nbye"))[2:6] == [
        "  ▸ 1 quoted line",
        "  ✎ written inside the quote",
        "  answer",
        "  ▸ 1 quoted line",
    ]
    block = "Hi\n\nFrom: Maria\nSent: Monday\nSubject: x\n\nWhich domain is it?\nshop.example\nSince when?\nThank you"
    said = ("Which domain is it?\nSince when?\nThank you",)
    lines = [line.text for line in message_lines(message(1, block), LOOK, frozenset(), earlier=said)]
    assert lines[3:] == [
        "▸ 5 quoted lines",
        "✎ written inside the quote",
        "shop.example",
        "▸ 2 quoted lines",
        "",
    ]


def test_escapes_in_a_body_are_pictures() -> None:
    """Nothing in a message acts on the terminal."""
    assert texts(message(1, "a\x1b]52;c;eA==\x07b", author_name="x\x1by"))[:2] == [
        "◂ customer · 13:24 · x␛y",
        "  a␛]52;c;eA==␇b",
    ]


def test_history_is_told_in_sentences() -> None:
    """An event is one line, who and what, wrapped under itself; what follows from other fields is left out."""
    data = {"set": {"status": "on_hold", "turn": 1, "wake_at": "2026-03-02T18:30:00+00:00"}, "was": {"status": "open"}}
    event = EventView(1, NOW, "maria", "status", data)
    assert [line.gutter + line.text for line in event_lines(event, Look(50, NOW, UTC))] == [
        "       14:00  maria: status open → on hold, comes",
        "              back 18:30",
    ]


async def test_a_ticket_opens_at_its_last_message() -> None:
    """The latest word is at the top of the view when there is more than fits."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.show(ticket(*(message(i, f"line {i}\n" * 30) for i in range(3))))
        await pilot.pause()
        assert app.lines()[1] == "  line 2"


async def test_enter_opens_the_quote_in_view() -> None:
    """The first folded line in view is marked; enter opens it and folds it again."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.show(ticket(message(1, QUOTED)))
        await pilot.pause()
        assert "  ▸ 3 quoted lines" in app.lines()
        await pilot.press("enter")
        assert "  > now" in app.lines()
        await pilot.press("enter")
        assert "  > now" not in app.lines()


async def test_our_own_words_tell_what_is_new_in_a_quote() -> None:
    """What a customer quotes is compared with what was said in the ticket before, not with our notes."""
    ours = "Which domain is it?\nSince when?\nThank you"
    answer = "Hi\n\nFrom: Maria\nSent: Monday\nSubject: x\n\nWhich domain is it?\nshop.example\nSince when?\nThank you"
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.show(ticket(message(1, ours, kind=MessageKind.STAFF), message(2, answer)))
        await pilot.pause()
        assert "  ✎ written inside the quote" in app.lines()
        app.pane.show(ticket(message(1, ours, kind=MessageKind.NOTE), message(2, answer)))
        await pilot.pause()
        assert "  ✎ written inside the quote" not in app.lines()


async def test_folds_are_reached_one_after_the_other() -> None:
    """Brackets move the mark, also out of view; v opens and folds all."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.show(ticket(*(message(i, QUOTED + "\nmore words\n" * 6) for i in range(5))))
        await pilot.press("g", "]", "]", "enter")
        await pilot.pause()
        assert app.pane._unfolded == {2: frozenset({0})}
        assert "  > now" in app.lines()
        await pilot.press("[", "enter")
        assert app.pane._unfolded[1] == frozenset({0})
        await pilot.press("v")
        assert set(app.pane._unfolded) == set(range(5))
        await pilot.press("v")
        assert app.pane._unfolded == {}


async def test_older_messages_come_on_demand_and_move_nothing() -> None:
    """Thirty messages are laid out first; asking for older ones keeps what is read in its place."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.show(ticket(*(message(i, f"word {i}") for i in range(BATCH + 12))))
        await pilot.press("g")
        assert app.lines()[0] == "▸ 12 older messages"
        assert app.lines()[2] == "  word 12"
        await pilot.press("enter")
        await pilot.pause()
        assert app.lines()[2] == "  word 12"
        assert len(app.pane._starts) == BATCH + 12


async def test_a_huge_message_is_shown_in_portions() -> None:
    """The rest of a body stays within reach, one portion at a time."""
    app = Reader()
    async with app.run_test(size=(80, 20)) as pilot:
        app.pane.show(ticket(message(1, "word " * (PORTION // 4))))
        await pilot.press("end")
        assert "▸ 64 KB more of this message" in "\n".join(app.lines())
        before = len(app.pane._lines)
        await pilot.press("enter")
        assert len(app.pane._lines) > before
        assert "more of this message" not in "\n".join(line.text for line in app.pane._lines)


async def test_a_live_change_moves_nothing() -> None:
    """A new message below is announced; place and folds stay."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        messages = [message(i, f"line {i}\n" * 30) for i in range(3)]
        app.pane.show(ticket(*messages))
        await pilot.press("g", "j")
        before = app.lines()
        app.pane.show(ticket(*messages, message(9), version=2))
        await pilot.pause()
        assert app.lines() == before
        assert app.pane.border_subtitle == "1 new below · press G"
        await pilot.press("G")
        await pilot.pause()
        assert not app.pane.border_subtitle


async def test_who_reads_at_the_end_is_told_of_what_comes_below() -> None:
    """A new message is announced at the end of the conversation too, where it would else be out of view unsaid."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        messages = [message(i, f"line {i}\n" * 30) for i in range(3)]
        app.pane.show(ticket(*messages))
        await pilot.press("G")
        app.pane.show(ticket(*messages, message(9), version=2))
        await pilot.pause()
        assert app.pane.border_subtitle == "1 new below · press G"


async def test_reading_begins_at_the_newest_word_of_a_person() -> None:
    """On a small screen the acknowledgement does not hide what the customer wrote."""
    app = Reader()
    async with app.run_test(size=(60, 12)):
        thanks = message(2, "Your message has arrived.\n" * 20, kind=MessageKind.SYSTEM)
        app.pane.show(ticket(message(1, "My mailbox is full."), thanks))
        assert app.lines()[1] == "  My mailbox is full."


async def test_another_width_lays_out_anew() -> None:
    """Long lines are wrapped for the width there is, down to a sliver."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.show(ticket(message(1, "one two three four five six seven eight")))
        for width in (30, 12, 3, 60):
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
            assert {app.pane.render_line(y).cell_length for y in range(18)} == {max(0, width - 3)}
        assert "  one two three four five six seven eight" in app.lines()


async def test_history_is_the_other_side() -> None:
    """The same pane shows the ticket's events; another ticket is shown as a conversation again."""
    app = Reader()
    async with app.run_test(size=(60, 20)) as pilot:
        made = ticket(message(1), events=(EventView(1, NOW, "maria", "claimed", {}),))
        app.pane.show(made)
        app.pane.mode = "history"
        await pilot.pause()
        assert app.lines()[0] == "       14:00  maria: took it"
        app.pane.show(replace(made, id=7))
        await pilot.pause()
        assert app.lines()[1] == "  Hello"


async def test_the_hint_line_follows_keys_and_focus() -> None:
    """Hints are those of the focused widget, with the keys of the keymap."""
    app = Reader()
    app.set_keymap({"reading.unfold": "f5"})
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert app.query_one(HintBar).hints == [("f5", "unfold")]
        app.set_focus(None)
        await pilot.pause()
        assert app.query_one(HintBar).hints == []
