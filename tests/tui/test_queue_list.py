"""The list of a queue in a small app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual import events
from textual.geometry import Region
from textual.screen import Screen

from procedure.terms import Status, Turn
from tests.tui.shop import NOW, Shop, row, settled
from tui.widgets.queue_list import MARGIN, QueueList


async def test_a_line_tells_state_time_subject_and_people() -> None:
    """A line shows glyph, reference, time left, wait, subject, requester, agent and the state as a word."""
    shop = Shop([1042, 1051])
    shop.changed[1042] = row(1042, subject="Cannot log in", assignee="maria", due_at=NOW - timedelta(minutes=5))
    shop.changed[1051] = row(
        1051, status=Status.PENDING, turn=Turn.THEIRS, waiting_since=None, due_at=None, has_draft=True
    )
    async with shop.run_test(size=(110, 12)) as pilot:
        await settled(pilot, shop)
        first, second = (line.split() for line in shop.lines()[:2])
        assert " ".join(first) == "▌! TD-1042 -5 min 38 min Cannot log in N. Pappas maria open"
        assert " ".join(second) == "~✎ TD-1051 – – Subject 1051 N. Pappas – pending"
        assert all(len(line) == 108 for line in shop.lines()[:2])


async def test_columns_give_way_in_their_order() -> None:
    """Sixty cells still hold reference, times and subject; thirty the reference and the subject."""
    shop = Shop([1])
    async with shop.run_test(size=(62, 12)) as pilot:
        await settled(pilot, shop)
        assert shop.queue.render_line(0).text.split() == ["ref", "left", "waits", "subject", "agent"]
        await pilot.resize_terminal(36, 12)
        await settled(pilot, shop)
        assert shop.queue.render_line(0).text.split() == ["ref", "subject"]
        await pilot.resize_terminal(4, 3)
        await settled(pilot, shop)
        assert shop.queue.render_line(0).cell_length == 2


async def test_hostile_words_become_harmless() -> None:
    """Escapes, markup and line breaks in a subject are plain text on one line."""
    shop = Shop([1])
    shop.changed[1] = row(1, subject="\x1b]52;c;eA==\x07[@click=app.quit()]x[/] \u202egnp\r\ninjected")
    async with shop.run_test(size=(140, 12)) as pilot:
        await settled(pilot, shop)
        assert "␛]52;c;eA==␇[@click=app.quit()]x[/] <U+202E>gnp injected" in shop.lines()[0]


async def test_keys_move_the_cursor_and_enter_opens() -> None:
    """Arrows and letters step, g and G jump, enter opens; the screen is told which ticket is meant."""
    shop = Shop(list(range(100, 200)))
    async with shop.run_test(size=(80, 23)) as pilot:
        await settled(pilot, shop)
        for keys, expected in (
            (("j", "down"), 102),
            (("k", "up"), 100),
            (("G",), 199),
            (("home",), 100),
            (("end",), 199),
            (("g",), 100),
            (("pagedown",), 119),
            (("pageup",), 100),
        ):
            await pilot.press(*keys)
            assert shop.queue.selected_id == expected
        await pilot.press("enter")
        assert shop.said[0] == ("highlighted", 100)
        assert shop.said[-1] == ("opened", 100)


async def test_the_cursor_leaves_the_view_by_half_a_page() -> None:
    """One repaint of the whole list per half page, not one per line."""
    shop = Shop(list(range(100)))
    async with shop.run_test(size=(80, 23)) as pilot:
        await settled(pilot, shop)
        assert shop.queue.window.height == 20
        await pilot.press(*["j"] * 20)
        assert (shop.queue.window.top, shop.queue.window.row_of(20)) == (10, 10)


async def test_new_rows_above_do_not_move_the_line() -> None:
    """The line under the cursor keeps its screen row; what came above is counted until somebody looks."""
    shop = Shop(list(range(100, 110)))
    async with shop.run_test(size=(80, 23)) as pilot:
        await settled(pilot, shop)
        await pilot.press("j", "j")
        shop.queue.set_ids([1, 2, 3, *range(100, 110)])
        await settled(pilot, shop)
        assert shop.queue.window.row_of(102) == 2
        assert shop.queue.new_above == 3
        assert shop.queue.border_subtitle == "3 new above · press g"
        await pilot.press("g")
        assert (shop.queue.selected_id, shop.queue.new_above) == (1, 0)
        assert not shop.queue.border_subtitle


async def test_a_ticket_that_left_stays_marked_until_the_cursor_moves() -> None:
    """Nobody acts on another ticket because the one they meant was taken away."""
    shop = Shop([1, 2, 3, 4])
    async with shop.run_test(size=(80, 12)) as pilot:
        await settled(pilot, shop)
        await pilot.press("j")
        shop.queue.set_ids([1, 3, 4])
        await settled(pilot, shop)
        assert shop.queue.selected_id == 2
        assert "(left this queue)" in shop.lines()[1]
        await pilot.press("j")
        assert shop.queue.window.ids == [1, 3, 4]
        assert shop.queue.selected_id == 3


async def test_changes_are_painted_together() -> None:
    """A hundred changes in a moment are one fetch and not a hundred."""
    shop = Shop(list(range(50)))
    async with shop.run_test(size=(80, 23)) as pilot:
        await settled(pilot, shop)
        shop.asked.clear()
        for ticket_id in range(50):
            shop.changed[ticket_id] = row(ticket_id, version=2, subject="changed")
            shop.queue.invalidate([ticket_id])
        await settled(pilot, shop)
        assert len(shop.asked) == 2
        assert all("changed" in line for line in shop.lines() if line.strip())


async def test_only_changed_lines_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed row in view refreshes one line; one out of view refreshes none."""
    shop = Shop(list(range(100)))
    async with shop.run_test(size=(80, 23)) as pilot:
        await settled(pilot, shop)
        painted: list[tuple[Region, ...]] = []
        monkeypatch.setattr(shop.queue, "refresh", lambda *regions, **how: painted.append(regions))
        shop.queue.apply_rows({4: row(4, version=2, subject="new"), 70: row(70, version=2), 5: row(5)})
        assert painted == [(Region(0, 5, 78, 1),)]


async def test_placeholders_until_the_store_answers() -> None:
    """Lines are there at once, with the references, and are filled when the rows come."""
    shop = Shop([7, 8])
    shop.gone = {8}
    shop.answering.clear()
    async with shop.run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        assert [line.split() for line in shop.lines()[:2]] == [["▌", "TD-7", "…"], ["TD-8", "…"]]
        shop.answering.set()
        await settled(pilot, shop)
        assert "Subject 7" in shop.lines()[0]
        assert "no longer here" in shop.lines()[1]
        assert len(shop.asked) == 1


async def test_a_change_during_a_fetch_is_fetched_again() -> None:
    """An answer that was on its way when the ticket changed is not taken for the last word."""
    shop = Shop([1])
    async with shop.run_test(size=(80, 12)) as pilot:
        await settled(pilot, shop)
        shop.answering.clear()
        shop.queue.invalidate([1])
        await pilot.pause()
        shop.queue._rows.invalidate([1])
        shop.changed[1] = row(1, version=3, subject="the last word")
        shop.answering.set()
        await settled(pilot, shop)
        assert "the last word" in shop.lines()[0]
        assert shop.asked == [[1], [1], [1]]


async def test_a_failing_store_keeps_the_list() -> None:
    """Trouble is told to the screen, the rows stay, and catching up asks again."""
    shop = Shop([1])
    async with shop.run_test(size=(80, 12)) as pilot:
        await settled(pilot, shop)
        shop.trouble = OSError("away")
        shop.queue.invalidate([1])
        await settled(pilot, shop)
        await pilot.pause()
        assert shop.said[-1] is shop.trouble
        assert "Subject 1" in shop.lines()[0]
        shop.trouble, shop.changed[1] = None, row(1, subject="back again")
        shop.queue.catch_up()
        await settled(pilot, shop)
        assert "back again" in shop.lines()[0]


async def test_only_the_surroundings_are_fetched() -> None:
    """Of fifty thousand tickets the store is asked for the view and its margin, also after a jump to the end."""
    shop = Shop(list(range(50_000)))
    async with shop.run_test(size=(80, 23)) as pilot:
        await settled(pilot, shop)
        await pilot.press("G")
        await settled(pilot, shop)
        assert [len(ids) for ids in shop.asked] == [20 + MARGIN, 20 + MARGIN]
        assert "Subject 49999" in shop.lines()[19]


async def test_a_hidden_list_does_not_paint() -> None:
    """Changes wait while another screen is shown, and are there when the list is."""
    shop = Shop([1, 2])
    async with shop.run_test(size=(80, 12)) as pilot:
        await settled(pilot, shop)
        asked = len(shop.asked)
        await shop.push_screen(Screen())
        shop.changed[1] = row(1, subject="meanwhile")
        queue = shop.screen_stack[0].query_one(QueueList)
        queue.invalidate([1])
        await pilot.pause()
        assert len(shop.asked) == asked
        await shop.pop_screen()
        queue._cooled()
        await settled(pilot, shop)
        assert "meanwhile" in shop.lines()[0]


async def test_minutes_pass() -> None:
    """When the minute changes, only the lines that read differently are drawn anew."""
    shop = Shop([1, 2])
    shop.changed[2] = row(2, waiting_since=None, due_at=None, status=Status.PENDING, turn=Turn.THEIRS)
    async with shop.run_test(size=(80, 12)) as pilot:
        await settled(pilot, shop)
        shop.now += timedelta(minutes=1)
        shop.queue.count_minutes()
        assert "39 min" in shop.lines()[0]


async def test_mouse_selects_opens_and_scrolls() -> None:
    """A click selects, a second one opens, the wheel moves the view and not the cursor."""
    shop = Shop(list(range(100)))
    async with shop.run_test(size=(80, 23)) as pilot:
        await settled(pilot, shop)
        await pilot.click(QueueList, offset=(10, 6))
        assert shop.queue.selected_id == 4
        await pilot.click(QueueList, offset=(10, 7), times=2)
        assert shop.said[-1] == ("opened", 5)
        shop.queue._wheel(_wheel_event(shop.queue), 3)
        assert (shop.queue.window.top, shop.queue.selected_id) == (3, 5)


def _wheel_event(queue: QueueList) -> Any:
    return events.MouseScrollDown(queue, 5, 5, 0, 0, 0, False, False, False)


async def test_an_empty_list_says_why() -> None:
    """The empty state names the reason and the way on."""
    shop = Shop([])
    async with shop.run_test(size=(80, 12)) as pilot:
        await settled(pilot, shop)
        assert [line.strip() for line in shop.lines()[1:3]] == ["No ticket waits.", "Press 2 for level two."]
        assert shop.queue.selected_id is None
