"""From the ledger to a ticket: each mail ends in exactly one fate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from desk import filing, ledger, outgoing, reading, replies, tickets
from desk.actors import COURIER, FILER, LISTENER
from desk.context import Desk
from desk.due import mail_to_file
from desk.errors import NotFound
from procedure import tokens
from procedure.mail import Address, ParsedAttachment, Sent
from procedure.terms import Channel, Fate, MessageKind, OutboxKind, OutboxState, Status, Turn
from store.tables import Blob, Contact, Ledger, Message, Outbox, Ticket
from tests.fakes.desks import BILLING, START, SUPPORT, FakeClock, Group, shipped
from tests.fakes.looks import events, every, kinds, row, ticket
from tests.fakes.mails import NIKOS, Arrival, accept, arrive, letter, wrap

LOST = tokens.message_id(b"another key", 7, "x", "example.com")


def answer_of(desk: Desk, number: int) -> Outbox:
    [mail] = [m for m in every(desk, Outbox) if m.kind is OutboxKind.ANSWER and m.ticket_id == number]
    return mail


def answered_and_sent(desk: Desk, actors: Group, clock: FakeClock) -> tuple[int, Outbox]:
    """Return a ticket whose answer the next hop took."""
    number = arrive(desk).ticket
    replies.send(actors.maria, desk, number, "Try again")
    clock.advance(minutes=1)
    for mail in outgoing.claim(COURIER, desk):
        outgoing.record_outcome(COURIER, desk, mail.outbox_id, Sent("250 ok"))
    return number, answer_of(desk, number)


def bounce(desk: Desk, mail: Outbox, **more: object) -> Arrival:
    """Let a bounce of ``mail`` arrive where its envelope sender said."""
    report = letter(
        "mailer-daemon@example.gr", subject="Undelivered Mail Returned to Sender", text="No such user",
        is_delivery_report=True, bounce_status="5.1.1", **more,
    )  # fmt: skip
    return arrive(desk, report, mail_from="", rcpt_to=(mail.envelope_from or SUPPORT,))


def test_a_request_is_a_new_ticket(desk: Desk, actors: Group) -> None:
    """It waits for us since the mail was accepted, in the queue that the policy says, with the rules that said so."""
    mail = letter(subject="Forgot my  password", text="Please reset my password.", name="N. Pappas")
    came = arrive(desk, mail, rcpt_to=(BILLING,))
    view = reading.show(actors.maria, desk, came.ticket)
    assert came.fate is Fate.NEW_TICKET
    assert (view.subject, view.requester_name, view.requester_address) == ("Forgot my password", "N. Pappas", NIKOS)
    assert (view.status, view.channel, view.level, view.waiting_since) == (Status.NEW, Channel.MAIL, 1, START)
    assert "password-reset" in {hit.rule for hit in view.rules}
    assert "access" in view.tags
    assert ticket(desk, came.ticket).mailbox == BILLING
    first = view.messages[0]
    assert (first.kind, first.text, first.ledger_id) == (
        MessageKind.CUSTOMER,
        "Please reset my password.",
        came.ledger_id,
    )


def test_the_customer_waits_since_the_mail_was_accepted(desk: Desk, clock: FakeClock) -> None:
    """A filer that was late does not shorten the wait."""
    mail = letter()
    number = accept(desk, mail)
    clock.advance(hours=3)
    filing.claim(FILER, desk)
    filed = filing.file(FILER, desk, number, mail)
    found = ticket(desk, filed.ticket_id or 0)
    assert (found.created_at, found.waiting_since) == (START, START)


def test_filing_twice_is_filing_once(desk: Desk) -> None:
    """A filer that comes back late is told what became of the mail, and nothing is written twice."""
    mail = letter()
    came = arrive(desk, mail)
    again = filing.file(FILER, desk, came.ledger_id, mail)
    assert (again.fate, again.ticket_id) == (came.fate, came.ticket_id)
    assert (len(every(desk, Ticket)), len(every(desk, Message)), len(every(desk, Outbox))) == (1, 2, 1)


def test_two_filers_of_one_mail_file_it_once(desk: Desk) -> None:
    """Also when both file at the same moment."""
    mail = letter()
    number = accept(desk, mail)
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(filing.file, FILER, desk, number, mail) for _ in range(2)]
        found = {end.result(20) for end in ends}
    assert (len(found), len(every(desk, Ticket))) == (1, 1)


def test_filers_at_once_make_one_contact(desk: Desk) -> None:
    """Eight mails of one new sender with one new attachment, filed at once: eight tickets, one contact, one blob."""
    file = ParsedAttachment("a.txt", "text/plain", b"the same bytes")
    mails = [letter("new@example.gr", attachments=(file,)) for _ in range(8)]
    numbers = [accept(desk, mail) for mail in mails]
    with ThreadPoolExecutor(4) as pool:
        fates = [
            f.fate for f in pool.map(lambda pair: filing.file(FILER, desk, *pair), zip(numbers, mails, strict=True))
        ]
    assert fates == [Fate.NEW_TICKET] * 8
    assert (len(every(desk, Contact)), len(every(desk, Blob)), len(every(desk, Ticket))) == (1, 1, 8)


@pytest.mark.parametrize("by", ["in_reply_to", "references", "reply address", "tag"])
def test_an_answer_joins_its_ticket(desk: Desk, actors: Group, clock: FakeClock, by: str) -> None:
    """By our Message-ID, by the address it was written to, by the tag in its subject from who takes part."""
    number, sent = answered_and_sent(desk, actors, clock)
    now = clock.advance(hours=1)
    mail = {
        "in_reply_to": letter(text="Thanks", in_reply_to=(sent.message_id,)),
        "references": letter(text="Thanks", references=("<other@x>", sent.message_id)),
        "tag": letter(text="Thanks", subject=f"AW: [TD-{number}] Cannot log in"),
    }.get(by, letter(text="Thanks"))
    came = arrive(desk, mail, rcpt_to=(sent.reply_to if by == "reply address" else SUPPORT,))
    found = ticket(desk, number)
    assert (came.fate, came.ticket_id) == (Fate.APPENDED, number)
    assert (found.status, found.turn, found.waiting_since, found.wake_at) == (Status.OPEN, Turn.OURS, now, None)
    assert kinds(desk, number)[-1] == "customer_wrote"


def test_a_closed_ticket_is_reopened_by_an_answer(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Within the policy's days an answer goes on with the ticket."""
    number, sent = answered_and_sent(desk, actors, clock)
    tickets.set_status(actors.maria, desk, number, Status.SOLVED)
    tickets.set_status(actors.maria, desk, number, Status.CLOSED)
    clock.advance(days=14)
    came = arrive(desk, letter(in_reply_to=(sent.message_id,)))
    found = ticket(desk, number)
    assert (came.ticket_id, found.status, found.closed_at, found.turn) == (number, Status.OPEN, None, Turn.OURS)


def test_an_answer_after_too_long_is_a_new_ticket(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """It is linked to the old one, which stays closed."""
    number, sent = answered_and_sent(desk, actors, clock)
    tickets.set_status(actors.maria, desk, number, Status.SOLVED)
    tickets.set_status(actors.maria, desk, number, Status.CLOSED)
    clock.advance(days=14, seconds=1)
    came = arrive(desk, letter(in_reply_to=(sent.message_id,)))
    assert (came.fate, ticket(desk, came.ticket).linked_ticket_id) == (Fate.NEW_TICKET, number)
    assert ticket(desk, number).status is Status.CLOSED


@pytest.mark.parametrize("by", ["envelope", "Message-ID"])
def test_a_bounce_ends_the_answer_and_gives_the_turn_back(desk: Desk, actors: Group, clock: FakeClock, by: str) -> None:
    """The answer that was thought sent is dead, the customer waits again since their own word, and it shows why."""
    number, sent = answered_and_sent(desk, actors, clock)
    if by == "envelope":
        came = bounce(desk, sent)
    else:
        sent.envelope_from = ""
        came = bounce(desk, sent, bounce_ids=(sent.message_id,))
    found, mail = ticket(desk, number), answer_of(desk, number)
    assert (came.fate, came.ticket_id) == (Fate.AUTOMATIC, number)
    assert (mail.state, mail.last_reply) == (OutboxState.DEAD, "Bounced: 5.1.1 Undelivered Mail Returned to Sender")
    assert (found.status, found.turn, found.waiting_since) == (Status.OPEN, Turn.OURS, START)
    assert "bounced" in kinds(desk, number)
    assert ledger.get(actors.maria, desk, came.ledger_id).ticket_id == number


def test_a_second_bounce_changes_nothing_more(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """One answer dies once."""
    number, sent = answered_and_sent(desk, actors, clock)
    bounce(desk, sent)
    bounce(desk, sent)
    assert kinds(desk, number).count("bounced") == 1


def test_a_bounce_of_nothing_of_ours_waits_for_a_person(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A bounce that proves nothing marks no customer as unreachable; one for a row that is gone is filed."""
    answered_and_sent(desk, actors, clock)
    foreign = letter("mailer-daemon@x.org", subject="Undelivered Mail", is_delivery_report=True, bounce_ids=(LOST,))
    gone = tokens.bounce_address(desk.key, SUPPORT, 2**40)
    report = letter("mailer-daemon@x.org", subject="Undelivered Mail", is_delivery_report=True)
    fates = [arrive(desk, foreign, mail_from="").fate, arrive(desk, report, mail_from="", rcpt_to=(gone,)).fate]
    assert fates == [Fate.QUARANTINED, Fate.AUTOMATIC]
    assert [mail.state for mail in every(desk, Outbox)] == [OutboxState.SENT] * 2


def test_an_answering_machine_changes_no_turn(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A vacation notice is shown on its ticket as a system message; nobody waits, nobody is answered."""
    number, sent = answered_and_sent(desk, actors, clock)
    before = ticket(desk, number)
    notice = letter(subject="Out of office", in_reply_to=(sent.message_id,), headers={"auto-submitted": "auto-replied"})
    came = arrive(desk, notice, mail_from="")
    after = ticket(desk, number)
    assert (came.fate, came.ticket_id) == (Fate.AUTOMATIC, number)
    assert (after.status, after.waiting_since, after.wake_at) == (before.status, None, before.wake_at)
    assert reading.show(actors.maria, desk, number).messages[-1].kind is MessageKind.SYSTEM
    assert len(every(desk, Outbox)) == 2


def test_a_proof_from_a_stranger_is_marked(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A colleague of the customer who answers from elsewhere joins, and the history says that nobody knows them."""
    number, sent = answered_and_sent(desk, actors, clock)
    came = arrive(desk, letter("friend@elsewhere.org", in_reply_to=(sent.message_id,)))
    assert (came.fate, came.ticket_id) == (Fate.APPENDED, number)
    assert events(desk, number)[-1].data["unverified"] is True


def test_a_number_alone_from_a_stranger_waits_for_a_person(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Anybody can write [TD-1042]: who takes no part joins nothing by it, and loses nothing."""
    number, _ = answered_and_sent(desk, actors, clock)
    came = arrive(desk, letter("stranger@elsewhere.org", subject=f"[TD-{number}] Give me the password"))
    found = ledger.get(actors.maria, desk, came.ledger_id)
    assert (came.fate, came.ticket_id) == (Fate.QUARANTINED, None)
    assert f"TD-{number}" in found.reason
    assert found.rules[0].rule == "wants-to-join"


@pytest.mark.parametrize("number", ["999999999", "2147483648", "99999999999999"])
def test_a_number_that_no_ticket_has_is_a_new_request(desk: Desk, actors: Group, number: str) -> None:
    """A made-up reference is no reason to lose or to stop a mail."""
    assert arrive(desk, letter(subject=f"[TD-{number}] Hello")).fate is Fate.NEW_TICKET


def test_every_fate_has_its_event(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """A mail that makes no ticket leaves a line of history all the same, with an actor and its reason (law 5)."""
    came = arrive(desk, letter(headers={"list-id": "<news.example.org>"}))
    [line] = [event for event in events(desk) if event.kind == "filed"]
    assert (came.fate, line.actor, line.data["ledger"]) == (Fate.QUARANTINED, FILER.login, came.ledger_id)
    assert line.data["reason"]


def test_a_request_is_acknowledged_once(desk: Desk) -> None:
    """In the transaction that files it, under the null sender, with nothing of the customer's in it."""
    number = arrive(desk, letter(text="ECHO-ME", subject="ECHO-ME too")).ticket
    [mail] = every(desk, Outbox)
    assert (mail.kind, mail.envelope_from, mail.to_address) == (OutboxKind.ACKNOWLEDGEMENT, "", NIKOS)
    assert f"TD-{number}" in mail.subject
    assert "ECHO-ME" not in mail.subject + mail.text
    assert ticket(desk, number).waiting_since == START


@pytest.mark.parametrize(
    ("mail", "mail_from"),
    [
        (letter(headers={"auto-submitted": "auto-generated"}), NIKOS),
        (letter("noreply@example.gr"), "noreply@example.gr"),
        (letter(), "someone-else@example.gr"),
    ],
    ids=["generated", "noreply", "other-envelope"],
)
def test_machines_and_forged_senders_are_not_acknowledged(desk: Desk, mail: object, mail_from: str) -> None:
    """A ticket yes, a mail to somebody who did not write no."""
    came = arrive(desk, mail, mail_from=mail_from)  # type: ignore[arg-type]  # a ParsedMail
    assert (came.fate, every(desk, Outbox)) == (Fate.NEW_TICKET, [])


def test_acknowledgements_to_one_address_are_few(desk: Desk, clock: FakeClock) -> None:
    """Two desks do not talk to each other for ever: five an hour, then silence and a line of history."""
    numbers = [arrive(desk).ticket for _ in range(shipped().acknowledging.per_address + 1)]
    arrive(desk, letter("other@example.gr"))
    assert len(every(desk, Outbox)) == shipped().acknowledging.per_address + 1
    assert kinds(desk, numbers[-1]) == ["created", "not_acknowledged"]
    clock.advance(hours=1)
    arrive(desk)
    assert len(every(desk, Outbox)) == shipped().acknowledging.per_address + 2


def test_a_filer_that_disappears_ten_times_makes_poison(desk: Desk, clock: FakeClock) -> None:
    """What kills a filer must not kill it for ever: the claim after the tenth parks the mail for a person."""
    number = accept(desk, letter())
    seen = []
    for _ in range(filing.MAX_DISAPPEARANCES + 2):
        seen += [mail.attempts for mail in filing.claim(FILER, desk)]
        clock.advance(seconds=filing.LEASE.total_seconds())
    found = row(desk, Ledger, number)
    assert (seen, found.fate, found.lease_until) == (list(range(1, 11)), Fate.POISON, None)
    assert "ten times" in found.reason


def test_a_mail_that_cannot_be_read_three_times_is_poison(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Each failure is tried again a little later; the third is the last, with its reason."""
    number = accept(desk, letter())
    fates = []
    for attempt in range(1, 4):
        assert len(filing.claim(FILER, desk)) == 1
        fates.append(filing.fail(FILER, desk, number, f"took too long {attempt}"))
        assert filing.claim(FILER, desk) == []
        clock.advance(seconds=filing.RETRY_AFTER.total_seconds() * attempt)
    assert fates == [Fate.PENDING, Fate.PENDING, Fate.POISON]
    assert ledger.get(actors.maria, desk, number).reason == "took too long 3"
    assert (filing.claim(FILER, desk), ledger.raw(actors.eleni, desk, number)[:10]) == ([], b"Message-ID")
    assert ledger.balance(actors.maria, desk).is_balanced


def test_a_mail_that_failed_once_can_still_be_filed(desk: Desk, clock: FakeClock) -> None:
    """Trouble that passes costs half a minute and no mail."""
    mail = letter()
    number = accept(desk, mail)
    filing.claim(FILER, desk)
    filing.fail(FILER, desk, number, "no memory")
    clock.advance(seconds=30)
    filing.claim(FILER, desk)
    assert filing.file(FILER, desk, number, mail).fate is Fate.NEW_TICKET
    assert filing.fail(FILER, desk, number, "late") is Fate.NEW_TICKET


def test_what_is_leased_is_not_claimed_again(desk: Desk, clock: FakeClock) -> None:
    """One filer has a mail until its lease ends; small lots, oldest first."""
    numbers = [accept(desk, letter()) for _ in range(3)]
    lots = [[mail.ledger_id for mail in filing.claim(FILER, desk, limit=2)] for _ in range(3)]
    idle = mail_to_file(FILER, desk)
    clock.advance(seconds=filing.LEASE.total_seconds())
    assert (lots, idle, mail_to_file(FILER, desk)) == ([numbers[:2], numbers[2:], []], False, True)
    assert {mail.attempts for mail in filing.claim(FILER, desk)} == {2}


def test_a_claimed_mail_is_as_it_came(desk: Desk) -> None:
    """The filer gets the envelope and the bytes that the ledger has."""
    accept(desk, letter(text="Ω"), mail_from="", rcpt_to=(BILLING, SUPPORT))
    [mail] = filing.claim(FILER, desk)
    assert (mail.envelope.mail_from, mail.envelope.rcpt_to, mail.envelope.received_at) == (
        "",
        (BILLING, SUPPORT),
        START,
    )
    assert mail.envelope.raw.endswith("\r\n\r\nΩ".encode())


def test_half_a_filing_is_none(desk: Desk, actors: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticket, message, acknowledgement and fate are one transaction."""
    mail = letter()
    number = accept(desk, mail)
    monkeypatch.setattr(filing, "_settle", _fail)
    with pytest.raises(RuntimeError):
        filing.file(FILER, desk, number, mail)
    assert (every(desk, Ticket), every(desk, Message), every(desk, Outbox)) == ([], [], [])
    assert row(desk, Ledger, number).fate is Fate.PENDING


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("the machine stops here")


def test_a_mail_that_is_not_there_is_not_found(desk: Desk) -> None:
    """Neither filed nor failed."""
    with pytest.raises(NotFound):
        filing.file(FILER, desk, 4711, letter())
    with pytest.raises(NotFound):
        filing.fail(FILER, desk, 4711, "why")


def test_senders_that_cannot_be_answered_wait_for_a_person(desk: Desk) -> None:
    """Ourselves, nobody and several at once: none is a ticket, none is lost."""
    two = (Address("", "a@example.gr"), Address("", "b@example.gr"))
    fates = [arrive(desk, mail).fate for mail in (letter(SUPPORT), letter(""), letter(senders=two))]
    assert (fates, every(desk, Ticket)) == ([Fate.QUARANTINED] * 3, [])


def test_a_batch_ends_early_for_an_arriving_mail(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a 250 waits for one mail to be filed at most; the rest of the batch is still pending."""
    mails = [letter(text=str(number)) for number in range(3)]
    numbers = ledger.record(LISTENER, desk, [wrap(mail) for mail in mails])
    filing.claim(FILER, desk)
    batch = list(zip(numbers, mails, strict=True))
    monkeypatch.setattr(type(desk.database), "is_wanted", property(lambda _: True))
    assert len(filing.file_all(FILER, desk, batch)) == 1
    assert [row(desk, Ledger, number).fate for number in numbers] == [Fate.NEW_TICKET, Fate.PENDING, Fate.PENDING]
    monkeypatch.undo()
    assert len(filing.file_all(FILER, desk, batch[1:])) == 2


def test_a_mail_that_was_claimed_before_is_claimed_alone(desk: Desk, clock: FakeClock) -> None:
    """What killed its filer is not claimed with others again: each of them would be counted with it."""
    numbers = [accept(desk, letter(text=str(number))) for number in range(3)]
    assert len(filing.claim(FILER, desk, 2)) == 2
    clock.advance(seconds=61)
    assert [[mail.ledger_id for mail in filing.claim(FILER, desk)] for _ in range(3)] == [[one] for one in numbers]


def test_a_claim_is_no_more_than_memory_holds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large mails are claimed few at a time, at least one."""
    monkeypatch.setattr(filing, "AT_ONCE", 300)
    for number in range(3):
        accept(desk, letter(text="x" * 200 + str(number)))
    assert [len(filing.claim(FILER, desk)) for _ in range(4)] == [1, 1, 1, 0]
