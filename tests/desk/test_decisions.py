"""What people decide about parked mail: one fate before, one after, and nothing deleted."""

from __future__ import annotations

from functools import partial

import pytest

from desk import decisions, filing, ledger, ledger_search, reading
from desk.actors import FILER, LISTENER
from desk.context import Desk
from desk.errors import Conflict, Invalid, NotFound
from desk.undo import undo
from desk.views import LedgerPage, LedgerRow, Wanted
from procedure.mail import ParsedMail
from procedure.terms import Fate, MessageKind
from tests.fakes.desks import FakeClock, Group
from tests.fakes.looks import events
from tests.fakes.mails import Arrival, accept, arrive, letter, wrap

STRANGER = "petros@example.org"
BULK = {"list-id": "<news.example.org>", "precedence": "bulk"}


def stranger(ticket: int) -> ParsedMail:
    return letter(STRANGER, subject=f"[TD-{ticket}] me too", text="Here as well.")


def quarantined(desk: Desk) -> tuple[int, ParsedMail, int]:
    """Return a mail that wants to join a ticket, and the ticket."""
    ticket = arrive(desk).ticket
    mail = stranger(ticket)
    came = arrive(desk, mail)
    assert came.fate is Fate.QUARANTINED
    return came.ledger_id, mail, ticket


def poison(desk: Desk, clock: FakeClock) -> tuple[int, ParsedMail]:
    mail = letter(STRANGER, subject="Broken")
    number = accept(desk, mail)
    for _ in range(3):
        filing.claim(FILER, desk)
        filing.fail(FILER, desk, number, "took too long")
        clock.advance(minutes=5)
    return number, mail


def refile(desk: Desk, number: int, mail: ParsedMail) -> Arrival:
    assert [claimed.ledger_id for claimed in filing.claim(FILER, desk)] == [number]
    filed = filing.file(FILER, desk, number, mail)
    return Arrival(number, filed.fate, filed.ticket_id)


def seen(desk: Desk, actors: Group, number: int) -> LedgerRow:
    return ledger.get(actors.moderator, desk, number)


def test_release_opens_a_new_ticket(desk: Desk, actors: Group) -> None:
    """A released mail is due at once and opens a ticket that is linked to the one it named; who decided is recorded."""
    number, mail, ticket = quarantined(desk)
    assert decisions.release(actors.moderator, desk, number).fate is Fate.PENDING
    came = refile(desk, number, mail)
    assert (came.fate, came.ticket != ticket) == (Fate.NEW_TICKET, True)
    row = seen(desk, actors, number)
    assert [hit.rule for hit in row.rules] == ["wants-to-join", "decided-release"]
    assert row.decision is not None
    assert (row.decision.act, row.decision.by) == ("release", "moderator")
    assert [(e.actor, e.data["decision"]) for e in events(desk) if e.kind == "decided"] == [("moderator", "release")]
    assert ledger.balance(actors.maria, desk).is_balanced


def test_join_goes_into_the_ticket_that_it_wants(desk: Desk, actors: Group) -> None:
    """A mail that joins is a customer's word there, and its sender's next mail needs no decision."""
    number, mail, ticket = quarantined(desk)
    assert seen(desk, actors, number).wants_ticket_id == ticket
    decisions.join(actors.moderator, desk, number)
    assert refile(desk, number, mail) == Arrival(number, Fate.APPENDED, ticket)
    words = [m for m in reading.show(actors.maria, desk, ticket).messages if m.kind is MessageKind.CUSTOMER]
    assert [m.ledger_id for m in words] == [number - 1, number]
    assert arrive(desk, stranger(ticket)).fate is Fate.APPENDED


def test_join_takes_another_ticket_too(desk: Desk, actors: Group) -> None:
    """A person knows better than a subject line; a ticket that is not there, or none at all, is refused."""
    number, mail, _ = quarantined(desk)
    other = arrive(desk).ticket
    with pytest.raises(NotFound, match="no ticket TD-4711"):
        decisions.join(actors.moderator, desk, number, 4711)
    decisions.join(actors.moderator, desk, number, other)
    assert refile(desk, number, mail).ticket == other
    bulk = arrive(desk, letter(headers=BULK))
    assert bulk.fate is Fate.QUARANTINED
    with pytest.raises(Invalid, match="names no ticket"):
        decisions.join(actors.moderator, desk, bulk.ledger_id)


def test_spam_stays_and_can_be_taken_back(desk: Desk, actors: Group) -> None:
    """Marked mail keeps its fate and its bytes; taking back unmarks it, and only once."""
    number, _, _ = quarantined(desk)
    before = seen(desk, actors, number)
    assert decisions.spam(actors.eleni, desk, number).fate is Fate.QUARANTINED
    marked = seen(desk, actors, number)
    assert marked.decision is not None
    assert (marked.decision.act, marked.decision.by) == ("spam", "eleni")
    assert ledger.raw(actors.eleni, desk, number)
    decisions.take_back(actors.moderator, desk, number)
    assert seen(desk, actors, number) == before
    with pytest.raises(Invalid, match=f"no decision on mail {number}"):
        decisions.take_back(actors.moderator, desk, number)


def test_retry_reads_poison_again(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Poison is pending with all its attempts; once it can be read the rules place it as any mail."""
    number, mail = poison(desk, clock)
    assert seen(desk, actors, number).fate is Fate.POISON
    decisions.retry(actors.moderator, desk, number)
    assert (seen(desk, actors, number).fate, seen(desk, actors, number).attempts) == (Fate.PENDING, 0)
    assert refile(desk, number, mail).fate is Fate.NEW_TICKET


def test_poison_that_cannot_be_read_is_poison_again(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A decision cannot make a mail readable: after three attempts it waits for a person again."""
    number, _ = poison(desk, clock)
    decisions.release(actors.moderator, desk, number)
    for _ in range(3):
        clock.advance(minutes=5)
        filing.claim(FILER, desk)
        filing.fail(FILER, desk, number, "took too long")
    row = seen(desk, actors, number)
    assert (row.fate, row.decision) == (Fate.POISON, None)
    decisions.retry(actors.moderator, desk, number)


@pytest.mark.parametrize("act", ["release", "join", "spam"])
def test_a_decision_said_twice_is_one(desk: Desk, actors: Group, act: str) -> None:
    """Asked again, before the filer came and after, a decision changes nothing and writes no event."""
    number, mail, _ = quarantined(desk)
    decide = getattr(decisions, act)
    decide(actors.moderator, desk, number)
    once = seen(desk, actors, number)
    decide(actors.moderator, desk, number, *([once.wants_ticket_id] if act == "join" else []))
    assert seen(desk, actors, number) == once
    if act != "spam":
        came = refile(desk, number, mail)
        assert decide(actors.moderator, desk, number).ticket_id == came.ticket_id
    assert [e.kind for e in events(desk)].count("decided") == 1


def test_another_fate_is_refused_in_words(desk: Desk, actors: Group) -> None:
    """What is filed, about to be filed, or was read, is not decided on; the sentence says where the mail is."""
    number, mail, ticket = quarantined(desk)
    with pytest.raises(Conflict, match="could be read and is quarantined"):
        decisions.retry(actors.moderator, desk, number)
    decisions.release(actors.moderator, desk, number)
    with pytest.raises(Conflict, match=f"Mail {number} is about to be filed"):
        decisions.join(actors.moderator, desk, number, ticket)
    came = refile(desk, number, mail)
    with pytest.raises(Conflict, match=f"Mail {number} opened TD-{came.ticket}; only quarantined"):
        decisions.spam(actors.moderator, desk, number)
    with pytest.raises(Invalid, match="already; that cannot be taken back"):
        decisions.take_back(actors.moderator, desk, number)
    with pytest.raises(NotFound, match="no mail 4711"):
        decisions.release(actors.moderator, desk, 4711)


def test_a_decision_taken_back_in_time_is_not_carried_out(desk: Desk, actors: Group) -> None:
    """A filer that is reading the mail already finds it parked again, and leaves it."""
    number, mail, _ = quarantined(desk)
    before = seen(desk, actors, number)
    decisions.release(actors.moderator, desk, number)
    filing.claim(FILER, desk)
    decisions.take_back(actors.supervisor, desk, number)
    assert filing.file(FILER, desk, number, mail) == filing.Filed(Fate.QUARANTINED, None)
    assert seen(desk, actors, number) == before


def test_spam_can_become_something_else(desk: Desk, actors: Group) -> None:
    """A mark is no end: the mail can still be released, and taking that back leads to where it was first."""
    number, mail, _ = quarantined(desk)
    before = seen(desk, actors, number)
    decisions.spam(actors.moderator, desk, number)
    decisions.release(actors.moderator, desk, number)
    decisions.take_back(actors.moderator, desk, number)
    assert seen(desk, actors, number) == before
    decisions.release(actors.moderator, desk, number)
    assert refile(desk, number, mail).fate is Fate.NEW_TICKET


def test_undo_takes_back_the_last_decision(desk: Desk, actors: Group) -> None:
    """``u`` knows decisions; one that somebody else has changed meanwhile is left alone."""
    number, _, ticket = quarantined(desk)
    decisions.spam(actors.moderator, desk, number)
    assert undo(actors.moderator, desk) == f"the decision on mail {number}"
    assert seen(desk, actors, number).decision is None
    with pytest.raises(Invalid):
        undo(actors.moderator, desk)
    decisions.spam(actors.moderator, desk, number)
    decisions.join(actors.eleni, desk, number, ticket)
    with pytest.raises(Conflict, match="something else"):
        undo(actors.moderator, desk)


@pytest.mark.parametrize("is_filed_first", [True, False])
def test_a_mail_received_again_shows_on_its_ticket(desk: Desk, actors: Group, is_filed_first: bool) -> None:
    """The history says it once for each time, whether the first was filed by then or not."""
    mail = letter()
    envelope = wrap(mail, desk.clock.now())
    [first] = ledger.record(LISTENER, desk, [envelope])
    if is_filed_first:
        ticket = refile(desk, first, mail).ticket
    again = ledger.record(LISTENER, desk, [envelope, envelope])
    if not is_filed_first:
        ticket = refile(desk, first, mail).ticket
    told = [e.data for e in reading.show(actors.maria, desk, ticket).events if e.kind == "received_again"]
    assert told == [{"ledger": number, "first": first} for number in again]
    assert [seen(desk, actors, number).ticket_id for number in again] == [ticket, ticket]


def test_the_same_message_id_with_other_bytes_is_flagged(desk: Desk, actors: Group) -> None:
    """It is a message of its own; its rules say that the Message-ID is known."""
    first = arrive(desk, letter(message_id="<same@example.gr>"))
    second = arrive(desk, letter(message_id="<same@example.gr>", text="Something else."))
    assert (second.fate, second.ticket != first.ticket) == (Fate.NEW_TICKET, True)
    hits = [hit for hit in seen(desk, actors, second.ledger_id).rules if hit.rule == "same-message-id"]
    assert [hit.because for hit in hits] == [
        f"Another mail with this Message-ID and other bytes is in TD-{first.ticket}."
    ]
    assert "same-message-id" not in {hit.rule for hit in seen(desk, actors, first.ledger_id).rules}


def test_pages_filters_and_parts_of_the_ledger(desk: Desk, actors: Group) -> None:
    """Ids come newest first by page, fate and words of an address; bytes come by the piece."""
    number, _, _ = quarantined(desk)
    show = partial(ledger_search.page, actors.maria, desk)
    assert show(Wanted()) == LedgerPage((number, number - 1))
    assert show(Wanted(), limit=1) == LedgerPage((number,), number)
    assert show(Wanted(), before_id=number, limit=5) == LedgerPage((number - 1,))
    assert show(Wanted(), down_to=number).ids == (number,)
    assert show(Wanted(fate=Fate.QUARANTINED)).ids == (number,)
    assert show(Wanted(text="PETROS support")).ids == (number,)
    assert show(Wanted(text="petros%")).ids == ()
    assert list(ledger.some(actors.maria, desk, [number, 4711])) == [number]
    whole = ledger.raw(actors.eleni, desk, number)
    parts = [ledger.part(actors.eleni, desk, number, start, 7) for start in range(0, len(whole), 7)]
    assert b"".join(part.content for part in parts) == whole
    assert {part.total for part in parts} == {len(whole)}
