"""The index of the search is what the messages say, on both engines."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from desk import opening, replies, search
from desk.context import Desk
from desk.correspondence import add_message
from procedure.mail import Address, ParsedAttachment
from procedure.search_fields import MAX_INDEXED
from procedure.terms import MessageKind
from store import search_index
from tests.fakes.desks import START, Group, engage

EVA = Address("Eva", "eva@example.org")


@pytest.fixture
def group(any_desk: Desk) -> Group:
    return engage(any_desk)


def found(desk: Desk, group: Group, text: str) -> tuple[int, ...]:
    return search.search(group.maria, desk, text).ids


def test_names_of_files_are_found(any_desk: Desk, group: Group) -> None:
    """A file's name is a word of its message, also after the index was written anew."""
    ticket = opening.open_ticket(group.maria, any_desk, "a", "b", EVA)
    file = ParsedAttachment("Τιμολόγιο 2026.pdf", "application/pdf", b"x")

    def work(session: Session) -> None:
        add_message(session, ticket, MessageKind.CUSTOMER, START, EVA, "see there", attachments=[file])

    any_desk.database.write(work)
    assert found(any_desk, group, "τιμολογιο.2026.pdf") == found(any_desk, group, "has:attachment") == (ticket,)
    search_index.rebuild(any_desk.database)
    assert found(any_desk, group, "τιμολογιο there") == (ticket,)


def test_our_acknowledgements_are_not_found(any_desk: Desk, group: Group) -> None:
    """What the desk itself says to everybody tells no ticket from another; a machine's mail does."""
    ticket = opening.open_ticket(group.maria, any_desk, "a", "b", EVA)

    def work(session: Session) -> None:
        add_message(session, ticket, MessageKind.SYSTEM, START, EVA, "we received it")

    any_desk.database.write(work)
    for _ in range(2):
        assert found(any_desk, group, "received") == ()
        assert any_desk.database.read(search_index.missing) == 0
        search_index.rebuild(any_desk.database)


def test_an_endless_text_is_indexed_as_far_as_its_limit(any_desk: Desk, group: Group) -> None:
    """The beginning is found, the end is not, and nothing fails."""
    text = "first " + "λόγος " * MAX_INDEXED + " last"
    ticket = opening.open_ticket(group.maria, any_desk, "a", text, EVA)
    assert found(any_desk, group, "first λογοσ") == (ticket,)
    assert found(any_desk, group, "last") == ()


@pytest.mark.parametrize("folded", ["it's", "a\\", "'a':1 b'", "a\x00b \ud800", "x" * 5_000, "\\'", "a:b* | !c"])
def test_words_from_the_parser_are_not_trusted(any_desk: Desk, group: Group, folded: str) -> None:
    """Whatever the process that reads strangers' mail gives as words is indexed or ignored; the mail is kept."""
    ticket = opening.open_ticket(group.maria, any_desk, "a", "b", EVA)

    def work(session: Session) -> None:
        add_message(session, ticket, MessageKind.CUSTOMER, START, EVA, "text", folded=folded + " known")

    any_desk.database.write(work)
    assert found(any_desk, group, "known") == (ticket,)


def test_what_is_missing_is_counted(any_desk: Desk, group: Group) -> None:
    """The doctor can tell that an index is not whole."""
    ticket = opening.open_ticket(group.maria, any_desk, "a", "b", EVA)
    replies.note(group.maria, any_desk, ticket, "c")
    any_desk.database.write(search_index._empty)
    assert any_desk.database.read(search_index.missing) == 2
    assert search_index.rebuild(any_desk.database) == 2
    assert any_desk.database.read(search_index.missing) == 0


def test_an_answer_called_back_during_a_rebuild_harms_nothing(any_desk: Desk, group: Group) -> None:
    """Taking out what is not in the index leaves the index sound."""
    ticket = opening.open_ticket(group.maria, any_desk, "quota", "b", EVA)
    any_desk.database.write(search_index._empty)
    any_desk.database.write(lambda session: search_index.take(session, 1, ticket, "b"))
    search_index.rebuild(any_desk.database)
    assert found(any_desk, group, "quota b") == (ticket,)
