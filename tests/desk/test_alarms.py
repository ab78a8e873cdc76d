"""Warnings, breaches and time boxes: due work from a column, each told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk import alarms, clocks, due, outgoing, policies, recounting, replies, tickets
from desk.actors import COURIER, TIMERS
from desk.context import Desk
from desk.errors import Invalid
from procedure.clocks import Kind
from procedure.mail import Rejected
from procedure.terms import Level, OutboxKind, Priority, Status, Target
from store.tables import PolicyVersion
from tests.fakes.desks import START, FakeClock, Group, opened
from tests.fakes.looks import events, kinds, ticket
from tests.fakes.mails import arrive

HEAD = policies.shipped_text().split("[[rules]]")[0]
HOURS = '[calendars.hours]\nzone = "UTC"\nmon-sun = ["08:00-18:00"]\n'
IN_HOURS = HEAD.replace("time_box = 120", 'time_box = 120\ncalendar = "hours"')
MINUTE = timedelta(minutes=1)
TOLD = ("due_soon", "breached", "time_box_out")


def told(desk: Desk, number: int) -> list[tuple[str, Any]]:
    """Return what was told of a ticket: kind and target."""
    return [(event.kind, event.data["target"]) for event in events(desk, number) if event.kind in TOLD]


def ring(desk: Desk, clock: FakeClock, after: timedelta) -> int:
    clock.at = START + after
    return alarms.ring(TIMERS, desk) if due.alarms_to_ring(TIMERS, desk) else 0


def test_a_warning_then_a_breach_each_once(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A normal question of the 1st level has two hours: a warning after ninety minutes, a breach after the last."""
    number = arrive(desk).ticket
    assert ticket(desk, number).alarm_at == START + 90 * MINUTE
    rung = [ring(desk, clock, after * MINUTE) for after in (90, 91, 92, 120, 121, 122)]
    assert rung == [0, 1, 0, 0, 1, 0]
    assert told(desk, number) == [
        ("due_soon", "first_answer"), ("breached", "first_answer"), ("time_box_out", "time_box"),
    ]  # fmt: skip
    assert events(desk, number)[-1].actor == TIMERS.login


def test_what_is_late_is_not_warned_of(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A service that was away tells the breach alone."""
    number = arrive(desk).ticket
    ring(desk, clock, timedelta(hours=3))
    assert told(desk, number) == [("breached", "first_answer"), ("time_box_out", "time_box")]


def test_an_answer_ends_its_alarms(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Pending pauses resolution and time box, and the answer was given: nothing is before the ticket any more."""
    number = arrive(desk).ticket
    clock.at = START + 30 * MINUTE
    replies.send(actors.maria, desk, number, "Done")
    found = ticket(desk, number)
    assert (found.alarm_at, found.due_at) == (None, None)
    assert ring(desk, clock, timedelta(days=2)) == 0


def test_a_dead_answer_brings_the_alarm_back(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """The wait goes on as if nothing had been sent, and what was told of it is not told again."""
    number = arrive(desk).ticket
    ring(desk, clock, 91 * MINUTE)
    replies.send(actors.maria, desk, number, "Done")
    clock.at = START + 100 * MINUTE
    mail = next(mail for mail in outgoing.claim(COURIER, desk, 10) if mail.kind is OutboxKind.ANSWER)
    outgoing.record_outcome(COURIER, desk, mail.outbox_id, Rejected("550 no such user"))
    assert (ticket(desk, number).due_at, ticket(desk, number).alarm_at) == (START + 120 * MINUTE, START + 120 * MINUTE)
    ring(desk, clock, 200 * MINUTE)
    assert told(desk, number)[:2] == [("due_soon", "first_answer"), ("breached", "first_answer")]


def test_a_hand_up_begins_another_time_box(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Each stay on a level has its own box, and the highest level has none."""
    number = arrive(desk).ticket
    ring(desk, clock, 121 * MINUTE)
    tickets.set_level(actors.maria, desk, number, Level.SECOND, "tried everything")
    ring(desk, clock, (121 + 481) * MINUTE)
    tickets.set_level(actors.kostas, desk, number, Level.THIRD, "tried more")
    ring(desk, clock, timedelta(days=30))
    assert [kind for kind, _ in told(desk, number)].count("time_box_out") == 2


def test_two_services_tell_once(desk: Desk, actors: Group, clock: FakeClock, store_url: str) -> None:
    """Alarms are taken under the row's lock, and moved on in the same transaction."""
    numbers = [arrive(desk).ticket for _ in range(20)]
    clock.at = START + 121 * MINUTE
    other = opened(store_url, clock)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda one: alarms.ring(TIMERS, one), (desk, other, desk, other)))
    other.close()
    assert {tuple(told(desk, number)) for number in numbers} == {
        (("breached", "first_answer"), ("time_box_out", "time_box"))
    }


def test_an_alarm_is_nothing_that_happened(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A warning does not count as life in the ticket: mails join it by when people last did something."""
    number = arrive(desk).ticket
    before = ticket(desk, number)
    ring(desk, clock, 91 * MINUTE)
    after = ticket(desk, number)
    assert (after.changed_at, after.version) == (before.changed_at, before.version + 1)


def test_due_moments_go_by_the_calendar(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A question at half past five has half an hour today and the rest from eight tomorrow."""
    policies.load(actors.owner, desk, IN_HOURS + HOURS)
    clock.at = datetime(2026, 12, 1, 17, 30, tzinfo=UTC)
    found = ticket(desk, arrive(desk).ticket)
    assert found.due_at == found.next_at == datetime(2026, 12, 2, 9, 30, tzinfo=UTC)


def test_a_new_policy_moves_what_is_open(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """After loading, due moments follow in batches, each with its line of history; what is closed is left alone."""
    numbers = [arrive(desk).ticket for _ in range(53)]
    tickets.set_status(actors.maria, desk, numbers[0], Status.SOLVED)
    tickets.set_status(actors.maria, desk, numbers[0], Status.CLOSED)
    behind = [recounting.is_behind(TIMERS, desk)]
    policies.load(actors.owner, desk, HEAD.replace("normal = 120", "normal = 40"))
    behind.append(recounting.is_behind(TIMERS, desk))
    steps = [recounting.recount(TIMERS, desk) for _ in range(3)]
    behind.append(recounting.is_behind(TIMERS, desk))
    assert (behind, steps) == ([False, True, False], [50, 2, 0])
    assert {ticket(desk, number).due_at for number in numbers[1:]} == {START + 40 * MINUTE}
    assert [kinds(desk, number).count("clocks_corrected") for number in numbers] == [0] + [1] * 52


def test_a_policy_that_moves_nothing_writes_nothing(desk: Desk, actors: Group) -> None:
    """The same times again leave every row and its history as they are."""
    number = arrive(desk).ticket
    before = ticket(desk, number).version
    policies.load(actors.owner, desk, HEAD)
    assert (recounting.recount(TIMERS, desk), ticket(desk, number).version) == (1, before)


def test_a_restart_goes_on_where_it_was(desk: Desk, actors: Group, clock: FakeClock, store_url: str) -> None:
    """How far the recount came is kept in the store."""
    numbers = [arrive(desk).ticket for _ in range(53)]
    policies.load(actors.owner, desk, HEAD.replace("normal = 120", "normal = 40"))
    recounting.recount(TIMERS, desk)
    again = opened(store_url, clock)
    assert recounting.recount(TIMERS, again) == 3
    again.close()
    assert ticket(desk, numbers[-1]).due_at == START + 40 * MINUTE


def test_the_explanation(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Every clock of a ticket with its intervals; the column says what the explanation says."""
    number = arrive(desk).ticket
    clock.at = START + 30 * MINUTE
    replies.send(actors.maria, desk, number, "Which one?")
    clock.at = START + 90 * MINUTE
    tickets.set_status(actors.maria, desk, number, Status.OPEN)
    clock.at = START + 100 * MINUTE
    found = {clock.target: clock for clock in clocks.explain(actors.maria, desk, number)}
    whole = found[Target.RESOLUTION]
    assert [(i.kind, i.length // MINUTE, i.why) for i in whole.intervals] == [
        (Kind.COUNTED, 30, "24x7"), (Kind.PAUSED, 60, "pending"), (Kind.COUNTED, 10, "24x7"),
    ]  # fmt: skip
    assert (found[Target.FIRST_ANSWER].is_met, whole.due_at) == (True, START + timedelta(days=1, minutes=60))
    assert found[Target.TIME_BOX].due_at == START + 180 * MINUTE


def test_history_is_read_by_the_policy_of_its_time(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A ticket answered before a stricter policy keeps its limit; one that runs has the new one."""
    answered, waiting = arrive(desk).ticket, arrive(desk).ticket
    clock.at = START + 60 * MINUTE
    replies.send(actors.maria, desk, answered, "Done")
    policies.load(actors.owner, desk, HEAD.replace("normal = 120", "normal = 40"))
    first = [clocks.explain(actors.maria, desk, number)[0] for number in (answered, waiting)]
    assert [(clock.limit, clock.is_met) for clock in first] == [(120 * MINUTE, True), (40 * MINUTE, None)]


def test_an_older_policy_that_cannot_be_read(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A version that this program can no longer read stops nothing: the one before it holds for its time."""
    number = arrive(desk).ticket
    clock.at = START + 10 * MINUTE
    desk.database.write(lambda session: session.add(PolicyVersion(at=clock.at, actor="owner", toml="name = 7")))
    clock.at = START + 20 * MINUTE
    policies.load(actors.owner, desk, HEAD)
    tickets.set_priority(actors.maria, desk, number, Priority.URGENT)
    assert ticket(desk, number).due_at == START + 15 * MINUTE


def test_priority_moves_the_due_moment(desk: Desk, actors: Group) -> None:
    """Urgent is fifteen minutes from the customer's word."""
    number = arrive(desk).ticket
    tickets.set_priority(actors.maria, desk, number, Priority.URGENT)
    assert ticket(desk, number).due_at == START + 15 * MINUTE


def test_public_holidays_of_a_country(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """25 March is a holiday in Greece: what comes in the evening before is due the day after."""
    policies.load(actors.owner, desk, IN_HOURS + HOURS + 'countries = ["GR"]\n')
    clock.at = datetime(2027, 3, 24, 17, 0, tzinfo=UTC)
    assert ticket(desk, arrive(desk).ticket).due_at == datetime(2027, 3, 26, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("code", ["XX", "DE-XX"])
def test_a_country_that_is_not_known(desk: Desk, actors: Group, code: str) -> None:
    """A policy with holidays that nobody has written down is refused before it is in force."""
    with pytest.raises(Invalid, match=f"calendars.hours.countries has '{code}', whose holidays are not known here"):
        policies.load(actors.owner, desk, IN_HOURS + HOURS + f'countries = ["{code}"]\n')
