"""The policy as numbered versions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import policies, reading
from desk.context import Desk
from desk.errors import Invalid
from tests.fakes.desks import Group
from tests.fakes.mails import arrive


def test_the_shipped_policy_is_in_force_until_a_first_is_loaded(desk: Desk, actors: Group) -> None:
    """Version 0 is the policy that comes with the program."""
    assert policies.show(actors.maria, desk) == (0, policies.shipped_text())


def test_a_bad_policy_is_refused_with_every_problem(desk: Desk, actors: Group) -> None:
    """All that is wrong is said at once, and the policy in force stays."""
    text = policies.shipped_text().replace("pending_days = 3", "pending_days = 0").replace("undo_seconds", "undo_secs")
    with pytest.raises(Invalid) as refusal:
        policies.load(actors.owner, desk, text)
    problems = str(refusal.value).splitlines()
    assert [key for key in ("pending_days", "undo_secs") if not any(key in line for line in problems)] == []
    assert policies.show(actors.maria, desk)[0] == 0


def test_a_loaded_policy_is_in_force_at_once(desk: Desk, actors: Group) -> None:
    """The next mail is routed and timed by the new version, though the old one had been read already."""
    first = arrive(desk)
    text = policies.shipped_text().replace(
        "normal = 120, high = 30, urgent = 15", "normal = 77, high = 30, urgent = 15"
    )
    text = text.replace('priority = "normal"          #', 'priority = "normal" #')
    assert policies.load(actors.supervisor, desk, text) == 1
    second = arrive(desk)
    views = [reading.show(actors.maria, desk, ticket) for ticket in (first.ticket, second.ticket)]
    targets = [view.due_at - view.waiting_since for view in views if view.due_at and view.waiting_since]
    assert targets == [timedelta(minutes=120), timedelta(minutes=77)]
    assert policies.show(actors.maria, desk) == (1, text)
