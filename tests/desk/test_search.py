"""Looking for tickets, on both engines."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from sqlmodel import Session

from desk import opening, people, replies, search, tickets, undo
from desk.actors import Actor
from desk.context import Desk
from desk.errors import BadSearch, Refused
from procedure.mail import Address
from procedure.terms import Channel, Level, Priority, Role, Status
from store import search_index
from store.tables import Ticket
from tests.fakes.desks import START, FakeClock, Group, engage


@pytest.fixture
def group(any_desk: Desk) -> Group:
    return engage(any_desk)


def opened(
    desk: Desk, who: Actor, subject: str, text: str = "x", sender: str = "eva@example.org", **more: object
) -> int:
    address = Address("Eva Nord", sender)
    return opening.open_ticket(who, desk, subject, text, address, channel=Channel.PHONE, **more)  # type: ignore[arg-type]


def found(desk: Desk, who: Actor, text: str) -> list[int]:
    ids: list[int] = []
    before = None
    while True:
        page = search.search(who, desk, text, before=before)
        ids += page.ids
        if page.next_before is None:
            return ids
        before = page.next_before


def test_words_are_found_in_subject_message_and_requester(any_desk: Desk, group: Group) -> None:
    """All words must stand in one message or in what its ticket is called and whose it is; newest first."""
    first = opened(any_desk, group.maria, "The certificate", "has run out\nsince Monday", "nikos@shop.example")
    second = opened(any_desk, group.maria, "Webmail", "the certificate is not trusted")
    replies.note(group.maria, any_desk, first, "renewed, see the wiki")
    asked = {
        "certificate": [second, first],
        "certificate monday": [first],
        "certificate trusted monday": [],
        "certificate wiki": [first],
        "nikos shop wiki": [first],
        "from:nikos": [first],
        "from:certificate": [],
        "subject:certificate": [first],
        "subject:monday": [],
        '"run out"': [first],
        '"out run"': [],
        '"certificate has"': [],
        "cert": [],
        "cert*": [second, first],
        '"not trus"': [],
        "subject:webm*": [second],
        "from:nik*": [first],
    }
    assert {text: found(any_desk, group.maria, text) for text in asked} == asked


def test_case_accents_and_final_sigma_make_no_difference(any_desk: Desk, group: Group) -> None:
    """What is folded alike is found alike, in every direction."""
    one = opened(any_desk, group.maria, "Ο λογαριασμός μου", "Δεν λαμβάνω e-mail στο Café")
    for text in (
        "ΛΟΓΑΡΙΑΣΜΟΣ",
        "λογαριασμοσ",
        "Λογαριασμός",
        "λαμβανω",
        "ΛΑΜΒΆΝΩ",
        "cafe",
        "CAFÉ",
        "e-mail",
        "λογαριασμ*",
    ):
        assert found(any_desk, group.maria, text) == [one]


def test_minus_or_and_parentheses(any_desk: Desk, group: Group) -> None:
    """A minus leaves out a ticket when any of its messages holds the words; OR joins words and fields."""
    plain = opened(any_desk, group.maria, "dns wrong", "please look")
    talked = opened(any_desk, group.maria, "dns slow", "please look")
    replies.note(group.maria, any_desk, talked, "it was the cache")
    urgent = opened(any_desk, group.maria, "site down", "now", priority=Priority.URGENT)
    asked = {
        "dns -cache": [plain],
        "-dns": [urgent],
        "-cache": [urgent, plain],
        "cache OR wrong": [talked, plain],
        "cache OR priority:urgent": [urgent, talked],
        "(cache OR wrong) dns": [talked, plain],
        "dns -(cache OR wrong)": [],
        "(dns cache) OR (dns wrong) OR priority:low": [plain],
        "": [urgent, talked, plain],
    }
    # The two words of "dns cache" stand in one message only by the subject, which counts to each.
    asked["(dns cache) OR (dns wrong) OR priority:low"] = [talked, plain]
    assert {text: found(any_desk, group.maria, text) for text in asked} == asked


def test_fields(any_desk: Desk, group: Group, clock: FakeClock) -> None:
    """Each field asks what it says."""
    old = opened(any_desk, group.maria, "old one", level=Level.SECOND)
    clock.advance(days=3)
    new = opened(any_desk, group.maria, "new one", level=Level.FIRST, priority=Priority.HIGH)
    tickets.set_tags(group.maria, any_desk, old, ["dns", "vip"])
    tickets.set_difficulty(group.maria, any_desk, new, 5)
    tickets.claim(group.maria, any_desk, new)
    tickets.set_status(group.kostas, any_desk, old, Status.ON_HOLD, clock.now() + timedelta(days=1))
    asked = {
        "level:2": [old], "level:1,2": [new, old], "level<2": [new], "difficulty:5": [new],
        "priority>normal": [new], "status:on_hold": [old], "status:open": [new], "channel:phone": [new, old],
        "channel:mail": [], "tag:dns": [old], "-tag:dns": [new], "assignee:maria": [new], "assignee:ME": [new],
        "assignee:none": [old], "-assignee:maria": [old], f"ref:TD-{old}": [old], "is:open": [new, old],
        "is:closed": [], "is:claimed": [new], "is:mine": [new], "-is:claimed": [old], "is:breached": [old],
        "is:unanswered": [new, old], "has:attachment": [], "-has:attachment": [new, old],
        "waits>2d": [old], "waits<2d": [new], "-waits>2d": [new], "created<1d": [new], "created>1d": [old],
        "updated<1h": [new, old], "created:2026-11-20": [old], "created>2026-11-20": [new],
        "created<=2026-11-20": [old], "created>=2026-11-20": [new, old], "to:support": [], "tag:dns level:2 one": [old],
        "one level:1": [new], "assignee:nobody": [],
    }  # fmt: skip
    assert {text: found(any_desk, group.maria, text) for text in asked} == asked


def test_who_waits_for_nobody_waits_neither_long_nor_short(any_desk: Desk, group: Group, clock: FakeClock) -> None:
    """What has no such moment is not found by it, and is found by a minus."""
    one = opened(any_desk, group.maria, "one")
    replies.send(group.maria, any_desk, one, "done")
    clock.advance(hours=1)
    assert found(any_desk, group.maria, "waits>1m") == found(any_desk, group.maria, "waits<9d") == []
    assert (
        found(any_desk, group.maria, "-waits>1m") == found(any_desk, group.maria, "-is:breached -is:claimed") == [one]
    )


def test_to_is_an_address_or_its_part_before_the_at(any_desk: Desk, group: Group) -> None:
    """Where a mail came to is found by the whole address and by its name."""
    one = opened(any_desk, group.maria, "one")

    def came_to_billing(session: Session) -> None:
        session.get_one(Ticket, one).mailbox = "billing@example.com"

    any_desk.database.write(came_to_billing)
    for text in ("to:billing", "to:Billing@example.com", "mailbox:support,billing"):
        assert found(any_desk, group.maria, text) == [one]
    for text in ("to:bill", "to:support", "to:b%", "to:example.com"):
        assert found(any_desk, group.maria, text) == []


def test_mine_and_me_are_those_of_who_asks(any_desk: Desk, group: Group) -> None:
    """Two people asking the same get their own."""
    one = opened(any_desk, group.maria, "one")
    tickets.claim(group.kostas, any_desk, one)
    assert found(any_desk, group.kostas, "assignee:me") == found(any_desk, group.kostas, "is:mine") == [one]
    assert found(any_desk, group.maria, "assignee:me") == found(any_desk, group.maria, "is:mine") == []
    assert found(any_desk, group.owner, "assignee:me OR is:mine") == []


def test_days_begin_where_the_person_is(any_desk: Desk, group: Group, clock: FakeClock) -> None:
    """Half past midnight in Athens is the day before in UTC."""
    clock.at = START.replace(hour=22, minute=30)
    one = opened(any_desk, group.maria, "late")
    east = timezone(timedelta(hours=2))
    assert search.search(group.maria, any_desk, "created:2026-11-21", zone=east).ids == (one,)
    assert search.search(group.maria, any_desk, "created:2026-11-21", zone=UTC).ids == ()


@pytest.mark.parametrize("text", ["certificate", "", "level:1", "certificate level:1", "tag:x", "certificate -missing"])
def test_pages_join_without_gap_or_repetition(any_desk: Desk, group: Group, text: str) -> None:
    """Page after page gives every ticket once, newest first, also those with several messages."""
    made = [opened(any_desk, group.maria, f"certificate {n}", level=Level.FIRST) for n in range(7)]
    for ticket in made:
        tickets.set_tags(group.maria, any_desk, ticket, ["x"])
        replies.note(group.maria, any_desk, ticket, "certificate again")
    seen: list[int] = []
    before = None
    for _ in range(9):
        page = search.search(group.maria, any_desk, text, before=before, limit=2)
        assert len(page.ids) <= 2
        seen += page.ids
        before = page.next_before
        if before is None:
            break
    assert seen == made[::-1]


def test_a_look_has_an_end_and_can_go_on(any_desk: Desk, group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is found among so many candidates the page says how far it came; going on finds the rest."""
    made = [opened(any_desk, group.maria, "certificate", level=Level.SECOND) for _ in range(5)]
    for _ in range(30):
        opened(any_desk, group.maria, "certificate", level=Level.FIRST)
    for name, value in {"CANDIDATES": 10, "DEPTH": 10, "_PIECES": (4,), "_WINDOW": 10, "FEW": 1}.items():
        monkeypatch.setattr(f"store.searching.{name}", value)
    for text in ("certificate level:2", "level:2"):
        first = search.search(group.maria, any_desk, text)
        assert first.ids == ()
        assert first.next_before is not None
        assert found(any_desk, group.maria, text) == made[::-1]


def test_what_is_called_back_is_not_found(any_desk: Desk, group: Group) -> None:
    """An answer that is undone leaves the index with its words; the others stay."""
    one = opened(any_desk, group.maria, "quota", "please raise it")
    replies.send(group.maria, any_desk, one, "raised to zweihundert")
    assert found(any_desk, group.maria, "zweihundert") == [one]
    undo.undo(group.maria, any_desk)
    assert found(any_desk, group.maria, "zweihundert") == []
    assert found(any_desk, group.maria, "quota please") == [one]


def test_a_mistake_names_its_place(any_desk: Desk, group: Group) -> None:
    """The desk's error has the sentence and the place of the language's."""
    with pytest.raises(BadSearch, match="not closed") as refused:
        search.search(group.maria, any_desk, 'level:1 "ssl')
    assert (refused.value.start, refused.value.end) == (8, 9)


def test_nothing_is_looked_for_without_permission(any_desk: Desk, group: Group) -> None:
    """Who may not read tickets finds none."""
    with pytest.raises(Refused):
        search.search(Actor("nobody", "No Body", frozenset()), any_desk, "ssl")


def test_nothing_that_is_typed_upsets_an_engine(any_desk: Desk, group: Group) -> None:
    """Signs that mean something to an engine's own language are words or nothing here."""
    one = opened(any_desk, group.maria, "it's 100% \\ NEAR(a b) AND", "a:b & c | !d <-> 'e' \x00")
    for text in ('"it\'s 100%"', "it's", "NEAR", "and", '"a:b & c | !d"', "\"'e'\"", "a\x00b OR it"):
        assert found(any_desk, group.maria, text) == [one]


def test_a_rebuilt_index_finds_the_same(any_desk: Desk, group: Group) -> None:
    """The index written anew holds what it held, tells its progress, and lacks nothing."""
    made = [opened(any_desk, group.maria, f"word{n} λέξη", f"text {n}") for n in range(5)]
    told: list[tuple[int, int]] = []
    assert search_index.rebuild(any_desk.database, lambda done, last: told.append((done, last))) == 5
    assert told[-1][0] == told[-1][1]
    assert any_desk.database.read(search_index.missing) == 0
    assert found(any_desk, group.maria, "λεξη") == made[::-1]
    assert found(any_desk, group.maria, '"text 3"') == [made[3]]


def test_a_login_in_capitals_is_the_same_person(any_desk: Desk, group: Group) -> None:
    """What is typed is compared without case."""
    people.add(group.owner, any_desk, "zoe", "Zoe", "zoe@example.com", [Role.LEVEL1])
    one = opened(any_desk, group.maria, "one")
    tickets.assign(group.maria, any_desk, one, "zoe")
    assert found(any_desk, group.maria, "assignee:Zoe") == [one]
