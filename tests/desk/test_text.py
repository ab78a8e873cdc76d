"""Text from outside can hold anything: a NUL, half a character, control characters. None of it may stop the desk."""

from __future__ import annotations

import pytest

from desk import opening, outgoing, people, policies, queues, reading, replies, tickets
from desk.actors import COURIER
from desk.context import Desk
from desk.errors import Invalid, NotFound
from procedure.mail import Address, Deferred, ParsedAttachment
from procedure.terms import Level, MessageKind, Role
from store.tables import Message, Outbox
from tests.fakes.desks import FakeClock, Group
from tests.fakes.looks import every
from tests.fakes.mails import NIKOS, arrive, letter

WILD = ["a\x00b", "a\ud800b", "\udcff", "\x1b]52;c;x\x07", "\u202e\u0085\u2028", "[@click=app.quit()]"]


@pytest.fixture(params=WILD, ids=["nul", "high", "low", "osc", "bidi", "markup"])
def wild(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_mail_of_wild_text_is_filed(desk: Desk, actors: Group, wild: str) -> None:
    """Wherever a mail carries such text, it becomes a ticket that can be shown and answered."""
    mail = letter(
        subject=f"password {wild}",
        text=f"password {wild}",
        name=wild,
        message_id=f"<{wild}@x>",
        references=(f"<{wild}@y>",),
        in_reply_to=(f"<{wild}@z>",),
        headers={"x-mailer": wild},
        attachments=(ParsedAttachment(wild, wild, b"\x00"),),
        defects=(wild,),
    )
    number = arrive(desk, mail).ticket
    view = reading.show(actors.maria, desk, number)
    assert len(view.messages[0].attachments) == 1
    assert reading.attachment(actors.maria, desk, view.messages[0].attachments[0].id)[1] == b"\x00"
    replies.send(actors.maria, desk, number, f"Hello {wild}")


@pytest.mark.parametrize("sender", ["a\x00b@example.gr", "a\ud800@example.gr", '"a b"@example.gr', "@", "ü@münchen.de"])
def test_a_sender_of_wild_text_is_filed(desk: Desk, actors: Group, sender: str) -> None:
    """An address that nobody can answer is still somebody who wrote."""
    number = arrive(desk, letter(sender)).ticket
    assert reading.show(actors.maria, desk, number).messages[0].author_address


def test_an_answer_of_wild_text_is_sent(desk: Desk, actors: Group, clock: FakeClock, wild: str) -> None:
    """What was pasted into an answer, a note or a draft is kept as far as a store can keep it."""
    number = arrive(desk).ticket
    replies.save_draft(actors.maria, desk, number, MessageKind.NOTE, wild)
    replies.note(actors.maria, desk, number, f"Note {wild}")
    replies.send(actors.maria, desk, number, f"Hello {wild}")
    tickets.set_level(actors.maria, desk, number, Level.SECOND, f"Note {wild}")
    clock.advance(minutes=1)
    mails = outgoing.claim(COURIER, desk)
    assert any(mail.text.startswith("Hello") for mail in mails)
    assert {m.text[:4] for m in every(desk, Message) if m.kind is MessageKind.NOTE} == {"Note"}


def test_what_a_next_hop_says_is_kept(desk: Desk, actors: Group, clock: FakeClock, wild: str) -> None:
    """A reply of wild bytes does not stop the courier."""
    arrive(desk)
    for mail in outgoing.claim(COURIER, desk):
        outgoing.record_outcome(COURIER, desk, mail.outbox_id, Deferred(f"451 {wild}"))
    assert [mail.last_reply[:4] for mail in every(desk, Outbox)] == ["451 "]


def test_a_call_of_wild_text_is_opened(desk: Desk, actors: Group, wild: str) -> None:
    """A ticket opened by hand takes whatever was pasted into it."""
    number = opening.open_ticket(
        actors.maria, desk, f"password {wild}", f"password {wild}", Address(wild, f"c{wild}@example.org")
    )
    assert reading.show(actors.maria, desk, number).subject.startswith("password")


def test_looking_for_wild_text_finds_nothing(desk: Desk, actors: Group, wild: str) -> None:
    """A filter, a login, a tag of wild text is refused or finds nothing; it is no trouble of the store."""
    number = arrive(desk).ticket
    assert queues.page(actors.maria, desk, text=f"zz{wild}") == []
    assert queues.ids(actors.maria, desk, Level.FIRST, f"zz{wild}") == []
    with pytest.raises(NotFound):
        people.member(desk, f"zz{wild}")
    with pytest.raises(NotFound):
        tickets.assign(actors.maria, desk, number, f"zz{wild}")


def test_staff_and_policies_of_wild_text(desk: Desk, actors: Group, wild: str) -> None:
    """A name is kept as far as a store can keep it; a policy of such text is kept or refused with its reason."""
    people.add(actors.owner, desk, "petros", f"Petros {wild}", f"p{wild}@example.com", [Role.LEVEL1])
    assert people.member(desk, "petros").name.startswith("Petros")
    try:
        version = policies.load(actors.owner, desk, f"# {wild}\n{policies.shipped_text()}")
    except Invalid as refusal:
        assert str(refusal).startswith("The policy")
    else:
        assert policies.show(actors.maria, desk)[0] == version


@pytest.mark.parametrize("address", [NIKOS.upper(), "Nikos@Example.GR"])
def test_one_person_is_one_contact(desk: Desk, actors: Group, address: str) -> None:
    """The case of an address does not make another requester."""
    first, second = (arrive(desk, letter(who)).ticket for who in (NIKOS, address))
    views = [reading.show(actors.maria, desk, number) for number in (first, second)]
    assert {view.requester_address for view in views} == {NIKOS}
