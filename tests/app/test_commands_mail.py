"""``tierdesk ledger`` and ``tierdesk outbox``: every mail that came in and every mail that goes out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from desk import filing, ledger, outgoing, policies
from desk.actors import COURIER, FILER, LISTENER
from desk.context import Desk
from intake.parsing.mail import parse
from procedure.mail import Deferred, Envelope, Rejected, Sent
from tests.app.conftest import Run
from tests.fakes.desks import SUPPORT, FakeClock, opened, owner_of

LEDGER_FIELDS = [
    "id", "received_at", "peer", "mail_from", "rcpt_to", "size", "digest", "fate", "reason", "ticket", "attempts",
    "duplicate_of", "wants_ticket", "decision",
]  # fmt: skip
OUTBOX_FIELDS = ["id", "ticket", "to", "subject", "state", "attempts", "due_at", "last_reply", "message_id"]
FATES = ["new_ticket", "appended", "duplicate", "automatic", "quarantined", "poison"]
MAIL = "From: Nikos <nikos@example.gr>\r\nSubject: Βοήθεια\r\nMessage-ID: <1@example.gr>\r\n\r\nHelp\r\n".encode()


@pytest.fixture
def service_desk(place: Path, sqlite_url: str) -> Iterator[Desk]:
    """Return the desk behind the commands, for what the service does."""
    found = opened(sqlite_url, FakeClock())
    yield found
    found.close()


def accept(desk: Desk, raw: bytes = MAIL) -> int:
    """Do what the listener and the filer do."""
    envelope = Envelope(desk.clock.now(), "192.0.2.7", "nikos@example.gr", (SUPPORT,), raw)
    (number,) = ledger.record(LISTENER, desk, [envelope])
    for mail in filing.claim(FILER, desk):
        filing.file(FILER, desk, mail.ledger_id, parse(mail.envelope.raw))
    return number


def test_a_mail_has_its_fields(run: Run, service_desk: Desk) -> None:
    """``ledger list --json`` prints one object a line with the fields that are promised, in that order."""
    number = accept(service_desk)
    row = run("ledger", "list", "--json").row
    assert list(row) == LEDGER_FIELDS
    assert (row["id"], row["mail_from"], row["rcpt_to"], row["size"]) == (
        number,
        "nikos@example.gr",
        [SUPPORT],
        len(MAIL),
    )
    assert (row["peer"], row["fate"], row["ticket"]) == ("192.0.2.7", "new_ticket", "TD-1001")


def test_a_ticket_knows_its_mail(run: Run, service_desk: Desk) -> None:
    """Each message that came by mail names its row in the ledger."""
    number = accept(service_desk)
    messages = run("ticket", "show", "TD-1001", "--json").row["messages"]
    assert [(message["kind"], message["ledger_id"]) for message in messages] == [("customer", number), ("system", None)]


def test_ledger_show_says_the_rules(run: Run, service_desk: Desk) -> None:
    """``ledger show`` adds the rules that had a say, for people and for programs."""
    number = str(accept(service_desk))
    row = run("ledger", "show", number, "--json").row
    assert list(row) == [*LEDGER_FIELDS, "user", "flood_of", "folded", "rules"] and row["rules"]
    assert "new_ticket" in run("ledger", "show", number).out


def test_the_list_is_newest_first_and_can_be_chosen_from(run: Run, service_desk: Desk) -> None:
    """--fate and --limit choose."""
    first, second = accept(service_desk), accept(service_desk)
    assert [row["id"] for row in run("ledger", "list", "--json").rows] == [second, first]
    assert [row["id"] for row in run("ledger", "list", "--json", "--fate", "duplicate").rows] == [second]
    assert [row["id"] for row in run("ledger", "list", "--json", "--limit", "1").rows] == [second]


def test_a_long_ledger_is_listed_whole(run: Run, service_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is read in pages leaves none out and tells none twice."""
    monkeypatch.setattr("app.pages.PAGE", 2)
    expected = [accept(service_desk, MAIL + bytes([65 + number])) for number in range(5)]
    assert [row["id"] for row in run("ledger", "list", "--json").rows] == expected[::-1]
    assert [row["id"] for row in run("ledger", "list", "--json", "--limit", "3").rows] == expected[:1:-1]


def test_the_balance_has_its_fields(run: Run, service_desk: Desk) -> None:
    """``balance --json`` is one object, and status 0 says that it is balanced."""
    accept(service_desk)
    accept(service_desk)
    ran = run("ledger", "balance", "--json")
    assert list(ran.row) == ["accepted", "fates", "pending", "balanced"] and list(ran.row["fates"]) == FATES
    assert (ran.status, ran.row["accepted"], ran.row["pending"], ran.row["balanced"]) == (0, 2, 0, True)
    assert {fate: mails for fate, mails in ran.row["fates"].items() if mails} == {"new_ticket": 1, "duplicate": 1}


def test_a_lost_mail_is_seen(run: Run, service_desk: Desk, sqlite_url: str) -> None:
    """A row that disappeared makes the balance fail with status 1, in words and as JSON."""
    accept(service_desk)
    service_desk.close()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as store, store:
        store.execute("UPDATE ledger_count SET mails = mails + 1 WHERE word = 'accepted'")
    ran, words = run("ledger", "balance", "--json"), run("ledger", "balance")
    assert (ran.status, ran.row["balanced"], words.status) == (1, False, 1)
    assert words.out.endswith("NOT BALANCED\n")


def test_raw_is_bit_for_bit(run: Run, service_desk: Desk, place: Path) -> None:
    """``ledger raw`` gives back the bytes as they came, line ends included."""
    number = accept(service_desk)
    assert run("ledger", "raw", str(number)).out == MAIL.decode()


@pytest.mark.parametrize("arguments", [["ledger", "show", "9"], ["ledger", "raw", "9"], ["outbox", "retry", "9"]])
def test_what_is_not_there(arguments: list[str], run: Run) -> None:
    """A number that nothing has is status 1 and one line."""
    ran = run(*arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "There is no mail 9" in ran.err


def test_an_outgoing_mail_has_its_fields(run: Run, service_desk: Desk) -> None:
    """``outbox list --json`` prints one object a line with the fields that are promised, in that order."""
    accept(service_desk)
    row = run("outbox", "list", "--json").row
    assert list(row) == OUTBOX_FIELDS
    assert (row["ticket"], row["to"], row["state"], row["attempts"]) == ("TD-1001", "nikos@example.gr", "queued", 0)


def test_a_dead_mail_is_sent_again(run: Run, service_desk: Desk) -> None:
    """``outbox retry`` puts a mail that was given up back into the queue; one that was sent is refused."""
    accept(service_desk)
    (mail,) = outgoing.claim(COURIER, service_desk)
    outgoing.record_outcome(COURIER, service_desk, mail.outbox_id, Rejected("550 no such user"))
    dead = run("outbox", "list", "--json", "--state", "dead").row
    retried = run("outbox", "retry", str(mail.outbox_id))
    queued = run("outbox", "list", "--json", "--state", "queued", "--ticket", "1001").row
    assert (dead["last_reply"], retried.status, queued["id"]) == ("550 no such user", 0, mail.outbox_id)


def test_a_sent_mail_is_not_sent_again(run: Run, service_desk: Desk) -> None:
    """What the next hop took is not repeated."""
    accept(service_desk)
    (mail,) = outgoing.claim(COURIER, service_desk)
    outgoing.record_outcome(COURIER, service_desk, mail.outbox_id, Sent("250 ok"))
    ran = run("outbox", "retry", str(mail.outbox_id))
    assert (ran.status, "was sent already" in ran.err) == (1, True)


def test_a_deferred_mail_says_when(run: Run, service_desk: Desk) -> None:
    """The table shows what the next hop said and when the next attempt is."""
    accept(service_desk)
    (mail,) = outgoing.claim(COURIER, service_desk)
    outgoing.record_outcome(COURIER, service_desk, mail.outbox_id, Deferred("451 later"))
    head, line = run("outbox", "list").out.splitlines()
    assert head.split()[-2:] == ["LAST", "REPLY"] and "451 later" in line


JOINING = MAIL.replace(b"nikos@", b"stranger@").replace(b"Subject: ", b"Subject: [TD-1001] ")


def joining(desk: Desk) -> int:
    """Return a mail whose sender is a stranger to the ticket that it names."""
    accept(desk)
    return accept(desk, JOINING)


def test_a_quarantined_mail_is_released_joined_or_marked(run: Run, service_desk: Desk) -> None:
    """Each decision prints id, decision, fate and ticket; ``ledger show`` has who decided what."""
    mail = joining(service_desk)
    number = str(mail)
    assert run("ledger", "show", number, "--json").row["wants_ticket"] == "TD-1001"
    marked = run("ledger", "spam", number, "--json").row
    assert marked == {"id": mail, "decision": "spam", "fate": "quarantined", "ticket": None}
    decision = run("ledger", "show", number, "--json").row["decision"]
    assert (list(decision), decision["act"], decision["ticket"]) == (["act", "by", "at", "ticket"], "spam", None)
    assert "spam by" in run("ledger", "show", number).out
    taken = run("ledger", "spam", number, "--undo", "--json").row
    assert taken == {"id": mail, "decision": "take_back", "fate": "quarantined", "ticket": None}
    joined = run("ledger", "join", number, "--ticket", "TD-1001", "--json").row
    assert joined == {"id": mail, "decision": "join", "fate": "pending", "ticket": None}
    for one in filing.claim(FILER, service_desk):
        filing.file(FILER, service_desk, one.ledger_id, parse(one.envelope.raw))
    row = run("ledger", "show", number, "--json").row
    assert (row["fate"], row["ticket"], row["decision"]["ticket"]) == ("appended", "TD-1001", "TD-1001")
    assert run("ledger", "join", number, "--json").row["fate"] == "appended"


def test_a_flood_is_decided_on_as_one(run: Run, service_desk: Desk) -> None:
    """--flood says how many mails were marked, released or taken back; ``show`` says behind which a mail stands."""
    policies.load(owner_of(), service_desk, policies.shipped_text().replace("same = 100", "same = 1"))
    first, second, third, _ = (accept(service_desk, MAIL + b"%d" % number) for number in range(4))
    assert run("ledger", "show", str(third), "--json").row["flood_of"] == second
    assert run("ledger", "show", str(second), "--json").row["folded"] == 2
    marked = run("ledger", "spam", "--flood", str(second), "--json").row
    assert marked == {"id": second, "decision": "spam", "mails": 3}
    assert run("ledger", "spam", "--flood", "--undo", str(second), "--json").row["mails"] == 3
    assert "decision=release mails=3" in run("ledger", "release", "--flood", str(second)).out
    assert run("ledger", "release", "--flood", str(first)).status == 1


def test_a_decision_that_cannot_be_is_refused_in_words(run: Run, service_desk: Desk) -> None:
    """Exit status and sentence say why: the mail has another fate, was read, or the reference is none."""
    mail = joining(service_desk)
    number = str(mail)
    refused = run("ledger", "release", "1")
    assert (refused.status, "Mail 1 opened TD-1001; only quarantined" in refused.err) == (1, True)
    assert "could be read" in run("ledger", "retry", number).err
    assert "no reference" in run("ledger", "join", number, "--ticket", "me").err
    assert f"id={number} decision=release fate=pending ticket=-" in run("ledger", "release", number).out
