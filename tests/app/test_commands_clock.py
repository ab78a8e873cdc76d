"""``tierdesk ticket clock``: how a ticket's time was counted."""

from __future__ import annotations

from tests.app.conftest import Run


def test_the_clocks_of_a_ticket(run: Run) -> None:
    """A line for each target and each interval; with ``--json`` one object with every number."""
    ticket = run("ticket", "new", "--subject", "Cannot log in", "--name", "Nikos", "--text", "help").out.strip()
    told, found = run("ticket", "clock", ticket), run("ticket", "clock", ticket, "--json").row
    assert (told.status, told.err) == (0, "")
    assert [line.split(" (")[0] for line in told.out.splitlines() if not line.startswith(" ")] == [
        "first answer", "resolution", "time on 1st level",
    ]  # fmt: skip
    clocks = found["clocks"]
    assert (found["ref"], [clock["target"] for clock in clocks]) == (ticket, ["first_answer", "resolution", "time_box"])
    assert clocks[0]["limit"] > 0 and clocks[0]["due_at"] and clocks[0]["is_met"] is None


def test_no_such_ticket(run: Run) -> None:
    """A number that nobody has is one sentence."""
    ran = run("ticket", "clock", "TD-77")
    assert (ran.status, ran.err) == (1, "tierdesk: There is no ticket TD-77.\n")
