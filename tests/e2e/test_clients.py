"""Mail from the programs that people use: in, to a ticket, answered, and back to the same ticket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from desk import ledger
from procedure.terms import Fate
from tests.e2e.clients import CLIENTS, Letter, by_smtplib, client
from tests.e2e.conftest import new_office
from tests.e2e.office import Office, Service
from tests.fakes.desks import owner_of
from tests.fakes.smarthost import FakeSmarthost, Received

GREEK = "Δεν μπορώ να συνδεθώ στο webmail από το πρωί"
TEXT = "Καλημέρα σας,\n\nαπό το πρωί δεν ανοίγει.\n.\nΜε εκτίμηση\n"


class Post(FakeSmarthost):
    """The next hop, asked by recipient: the tests of this file share it."""

    def answer_to(self, address: str, count: int = 1) -> EmailMessage:
        """Return the last of ``count`` answers to an address; acknowledgements do not count."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self._answers(address)) >= count, 15)
            return self._answers(address)[count - 1]

    def _answers(self, address: str) -> list[EmailMessage]:
        mails = [read(one) for one in self.received if one.rcpt_to == address]
        return [mail for mail in mails if mail["Auto-Submitted"] is None]


def read(received: Received) -> EmailMessage:
    mail = message_from_bytes(received.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with Post() as found:
        yield found  # type: ignore[misc]  # __enter__ returns self


@pytest.fixture(scope="module")
def house(hasty_template: Path, tmp_path_factory: pytest.TempPathFactory, post: Post) -> Office:
    office = new_office(hasty_template, tmp_path_factory.mktemp("clients"))
    office.smarthost = post.port
    return office


@pytest.fixture(scope="module")
def service(house: Office) -> Iterator[Service]:
    with house.serving() as found:
        yield found


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "αναφορά.pdf"
    path.write_bytes(bytes(range(256)) * 20)
    return path


@pytest.mark.parametrize("name", list(CLIENTS))
def test_a_mail_is_answered_and_answered_again(
    name: str, house: Office, service: Service, post: Post, report: Path
) -> None:
    """Greek subject, name and attachment arrive whole; the answer is a proper reply; so is its reply."""
    send = client(name)
    sender = f"eleni-{name}@example.gr"
    send(service.port, Letter(f"{GREEK} {name}", TEXT, sender=sender, attachment=report))
    ref = house.ticket_of(f"webmail από το πρωί {name}")
    house.run("ticket", "reply", ref, "--text", "Δοκιμάστε ξανά, παρακαλώ.")
    answer = post.answer_to(sender)
    send(
        service.port,
        Letter(f"Re: {answer['Subject']}", "Ευχαριστώ, δουλεύει!", sender=sender, to=plain_reply_to(answer)),
    )
    ticket = house.wait_for_messages(ref, 2)
    word, thanks = (message for message in ticket["messages"] if message["kind"] == "customer")

    assert (ticket["subject"], ticket["requester"]) == (
        f"{GREEK} {name}", {"name": "Ελένη Γεωργίου", "address": sender}
    )  # fmt: skip
    assert word["text"].rstrip() == TEXT.rstrip()
    assert [(one["filename"], one["size"]) for one in word["attachments"]] == [(report.name, 5120)]
    assert (answer["Subject"], answer["In-Reply-To"]) == (f"Re: [{ref}] {GREEK} {name}", word["message_id"])
    assert answer["References"] == word["message_id"]
    assert "Δοκιμάστε ξανά, παρακαλώ." in answer.get_content()
    assert "> από το πρωί δεν ανοίγει." in answer.get_content()
    assert [message["kind"] for message in ticket["messages"] if message["kind"] != "system"] == [
        "customer", "staff", "customer"
    ]  # fmt: skip
    assert "Ευχαριστώ, δουλεύει!" in thanks["text"]
    assert (ticket["status"], ticket["waiting_since"] is not None) == ("open", True)


def plain_reply_to(answer: EmailMessage) -> str:
    return str(answer["Reply-To"].addresses[0].addr_spec)


def test_a_reply_finds_its_ticket_by_each_sign_alone(house: Office, service: Service, post: Post) -> None:
    """By Message-ID from anywhere, by the signed address without any header, by its number from who is in it."""
    nikos = "nikos@example.gr"
    by_smtplib(service.port, Letter("Quota of three mailboxes", "They are full.", sender=nikos, name="Nikos"))
    ref = house.ticket_of("three mailboxes")
    house.run("ticket", "reply", ref, "--text", "Which ones?")
    answer = post.answer_to(nikos)
    thread = {"In-Reply-To": str(answer["Message-ID"])}
    by_smtplib(service.port, Letter("From my phone", "First.", sender="n.private@example.org", headers=thread))
    by_smtplib(service.port, Letter("Something", "Second.", sender="wife@example.org", to=plain_reply_to(answer)))
    by_smtplib(service.port, Letter(f"AW: [{ref}] quota", "Third.", sender=nikos))
    by_smtplib(service.port, Letter(f"AW: [{ref}] quota from a stranger", "Not mine.", sender="stranger@example.net"))
    after = house.wait_for_messages(ref, 4)
    house.wait_until(lambda desk: bool(ledger.rows(owner_of(), desk, fate=Fate.QUARANTINED)))
    (held,) = house.json("ledger", "list", "--fate", "quarantined").rows
    words = [message["text"].strip() for message in after["messages"] if message["kind"] == "customer"]
    assert words == ["They are full.", "First.", "Second.", "Third."]
    assert (held["mail_from"], held["ticket"]) == ("stranger@example.net", None)


def test_nothing_is_left_over(house: Office, service: Service) -> None:
    """Whatever the tests of this file sent, the ledger is balanced and every law holds."""
    balance = house.json("ledger", "balance").row
    findings = house.json("doctor").rows
    assert balance["balanced"]
    assert [one for one in findings if one["verdict"] == "fail"] == []


@pytest.mark.skipif(not shutil.which("swaks"), reason="swaks is not installed")
def test_other_addresses_are_refused_to_swaks(service: Service) -> None:
    """Mail for nobody of ours is refused while the client still knows whom to tell."""
    send = client("swaks")
    with pytest.raises(AssertionError, match=r"550 5\.1\.1"):
        send(service.port, Letter("Hello", "x", to="nobody@example.net"))
