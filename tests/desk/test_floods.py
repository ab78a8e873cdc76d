"""A flood is one item: folded as it comes, decided on as a whole, and each mail keeps its own fate."""

from __future__ import annotations

import pytest

from desk import decisions, filing, flood_decisions, ledger, ledger_search, policies
from desk.actors import FILER
from desk.context import Desk
from desk.errors import Conflict, Invalid
from desk.undo import undo
from desk.views import Wanted
from procedure.mail import ParsedMail
from procedure.terms import Fate
from tests.fakes.desks import FakeClock, Group, owner_of
from tests.fakes.looks import events
from tests.fakes.mails import arrive, letter


def flood(desk: Desk, mails: int = 5) -> list[int]:
    """Return the waiting mails of a flood; one more was the first and is a ticket."""
    policies.load(owner_of(), desk, policies.shipped_text().replace("same = 100", "same = 1"))
    arrive(desk, letter(subject="Backup 0 failed"))
    came = [arrive(desk, letter(subject=f"Backup {number} failed")) for number in range(1, mails + 1)]
    assert {one.fate for one in came} == {Fate.QUARANTINED}
    return [one.ledger_id for one in came]


def listed(desk: Desk, actors: Group, wanted: Wanted | None = None) -> list[tuple[int, int]]:
    """Return what the list shows: ids with how many mails are folded behind each."""
    ids = ledger_search.page(actors.maria, desk, wanted or Wanted()).ids
    rows = ledger.some(actors.maria, desk, ids)
    return [(number, rows[number].folded) for number in ids]


def fates(desk: Desk, actors: Group, numbers: list[int]) -> list[Fate]:
    return [ledger.get(actors.maria, desk, number).fate for number in numbers]


def refile(desk: Desk, mail: ParsedMail) -> None:
    for claimed in filing.claim(FILER, desk, limit=100):
        filing.file(FILER, desk, claimed.ledger_id, mail)


def test_a_flood_is_one_line(desk: Desk, actors: Group) -> None:
    """The first waiting mail stands for all, with their number; opened it shows them; each is counted in the sum."""
    first, *rest = flood(desk)
    assert listed(desk, actors) == [(first, 4), (1, 0)]
    assert listed(desk, actors, Wanted(fate=Fate.QUARANTINED)) == [(first, 4)]
    assert [number for number, _ in listed(desk, actors, Wanted(flood=first))] == [*reversed(rest), first]
    assert ledger.balance(actors.maria, desk).fates[Fate.QUARANTINED] == 5


def test_a_flood_that_goes_on_is_one_line(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """What counts is the mail before, not the first; another flood is another line."""
    first, *_ = flood(desk, 2)
    for _ in range(10):
        clock.advance(minutes=5)
        arrive(desk, letter(subject="Backup 7 failed"))
    arrive(desk, letter("eve@example.gr", "Disk full"))
    other = arrive(desk, letter("eve@example.gr", "Disk full")).ledger_id
    assert [line for line in listed(desk, actors) if line[0] in (first, other)] == [(other, 0), (first, 11)]


def test_a_crowd_of_strangers_is_one_line(desk: Desk, actors: Group) -> None:
    """They have no ticket at which they are counted, and are one flood all the same."""
    policies.load(owner_of(), desk, policies.shipped_text().replace("strangers = 0", "strangers = 2"))
    came = [arrive(desk, letter(f"s{number}@example.org")).ledger_id for number in range(6)]
    assert listed(desk, actors)[0] == (came[2], 3)


def test_a_flood_is_released_as_one(desk: Desk, actors: Group) -> None:
    """Every mail opens its ticket by one act with one event, and stands by itself again."""
    numbers = flood(desk)
    done = flood_decisions.release(actors.moderator, desk, numbers[0])
    assert (done.mails, fates(desk, actors, numbers)) == (5, [Fate.PENDING] * 5)
    refile(desk, letter(subject="Backup failed"))
    assert fates(desk, actors, numbers) == [Fate.NEW_TICKET] * 5
    assert listed(desk, actors) == [(number, 0) for number in (*reversed(numbers), 1)]
    assert [e.data["mails"] for e in events(desk) if e.kind == "decided"] == [numbers]


@pytest.mark.parametrize("what", ["release", "spam"])
@pytest.mark.parametrize("by", ["undo", "take_back"])
def test_a_decision_on_a_flood_is_undone(desk: Desk, actors: Group, what: str, by: str) -> None:
    """All its mails wait again, folded as they were, and nobody's word about them is left."""
    numbers = flood(desk)
    (flood_decisions.release if what == "release" else flood_decisions.spam)(actors.moderator, desk, numbers[0])
    if by == "undo":
        assert undo(actors.moderator, desk) == "the decision on 5 mails"
    else:
        assert flood_decisions.take_back(actors.moderator, desk, numbers[0]).mails == 5
    assert listed(desk, actors)[0] == (numbers[0], 4)
    assert {row.decision for row in ledger.some(actors.maria, desk, numbers).values()} == {None}
    with pytest.raises(Invalid):
        flood_decisions.take_back(actors.moderator, desk, numbers[0])


def test_what_was_filed_stays_filed(desk: Desk, actors: Group) -> None:
    """Undo puts back what the filer has not carried out; when it has carried out all there is nothing to undo."""
    numbers = flood(desk)
    flood_decisions.release(actors.moderator, desk, numbers[0])
    for claimed in filing.claim(FILER, desk, limit=2):
        filing.file(FILER, desk, claimed.ledger_id, letter(subject="Backup failed"))
    assert undo(actors.moderator, desk) == "the decision on 3 mails"
    assert fates(desk, actors, numbers) == [Fate.NEW_TICKET] * 2 + [Fate.QUARANTINED] * 3
    assert listed(desk, actors, Wanted(fate=Fate.QUARANTINED)) == [(numbers[2], 2)]


def test_spam_is_one_line_and_what_comes_after_it_another(desk: Desk, actors: Group) -> None:
    """A person has decided about these and not about those; asked again nothing changes."""
    numbers = flood(desk)
    flood_decisions.spam(actors.moderator, desk, numbers[0])
    flood_decisions.spam(actors.moderator, desk, numbers[0])
    after = [arrive(desk, letter(subject="Backup 9 failed")).ledger_id for _ in range(3)]
    assert listed(desk, actors, Wanted(fate=Fate.QUARANTINED)) == [(after[0], 2), (numbers[0], 4)]
    assert fates(desk, actors, numbers) == [Fate.QUARANTINED] * 5
    assert len([e for e in events(desk) if e.kind == "decided"]) == 1


@pytest.mark.parametrize("which", [0, 2])
def test_a_decision_on_one_mail_takes_it_out(desk: Desk, actors: Group, which: int) -> None:
    """The others stay one item, even when it stood for them; taken back it stands by itself."""
    numbers = flood(desk)
    one = numbers.pop(which)
    decisions.spam(actors.moderator, desk, one)
    assert sorted(listed(desk, actors, Wanted(fate=Fate.QUARANTINED))) == sorted([(numbers[0], 3), (one, 0)])
    decisions.take_back(actors.moderator, desk, one)
    assert ledger.get(actors.maria, desk, one).flood_of is None


def test_a_great_flood_is_decided_on_in_parts(desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """One act holds the store for a moment only; the rest stays one item for the next."""
    monkeypatch.setattr(flood_decisions, "AT_ONCE", 3)
    numbers = flood(desk)
    for what in (flood_decisions.spam, flood_decisions.release):
        assert what(actors.moderator, desk, numbers[0]).mails == 3
        assert listed(desk, actors, Wanted(fate=Fate.QUARANTINED))[0] == (numbers[3], 1)


def test_only_the_first_stands_for_a_flood(desk: Desk, actors: Group) -> None:
    """A mail behind another, or one that waits for nobody, is no flood."""
    numbers = flood(desk)
    for wrong in (numbers[1], 1):
        with pytest.raises(Conflict):
            flood_decisions.spam(actors.moderator, desk, wrong)
