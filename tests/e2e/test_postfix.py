"""A real Postfix between the customer and us: mail in through it, answers out through it, bounces back through it."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.e2e.clients import Letter, by_smtplib
from tests.e2e.office import DEADLINE, SUPPORT, Office
from tests.fakes import postfix
from tests.fakes.looks import kinds
from tests.fakes.smarthost import FakeSmarthost

CUSTOMER = "nikos@example.gr"
pytestmark = pytest.mark.slow


@contextmanager
def relay(routes: dict[str, int | str]) -> Iterator[postfix.Relay]:
    """Run a Postfix; skip, with the reason, where that is not possible."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(postfix.relay(routes))
        except postfix.Missing as reason:
            pytest.skip(str(reason))
        yield found


def test_in_by_a_relay_and_out_by_another(office: Office, smarthost: FakeSmarthost) -> None:
    """A relay's own Received lines do not disturb: the mail is a ticket, the answer and its reply find their way."""
    with office.serving() as service, relay({"example.com": service.port}) as postal:
        by_smtplib(postal.port, Letter("Αλλαγή DNS", "Παρακαλώ αλλάξτε τα NS.", sender=CUSTOMER, name="Νίκος Παππάς"))
        ref = office.ticket_of("Αλλαγή DNS")
        office.run("ticket", "reply", ref, "--text", "Έγινε.")
        answer = message_from_bytes(smarthost.wait_for(2)[1].content, policy=policy.default)
        back = str(answer["Reply-To"])
        by_smtplib(postal.port, Letter("και πάλι", "Ευχαριστώ!", sender=CUSTOMER, to=back))
        ticket = office.wait_for_messages(ref, 2)
    assert ticket["requester"] == {"name": "Νίκος Παππάς", "address": CUSTOMER}
    assert [one["text"].strip() for one in ticket["messages"] if one["kind"] == "customer"][1] == "Ευχαριστώ!"
    assert answer["Subject"] == f"Re: [{ref}] Αλλαγή DNS"


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Return a path for a unix socket that Postfix can reach."""
    with tempfile.TemporaryDirectory(prefix="td-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory) / "lmtp"


def test_in_by_lmtp_over_a_unix_socket(office: Office, socket_path: Path) -> None:
    """Postfix's lmtp(8) delivers through a socket of its group: two recipients are one mail, a stranger bounces."""
    route = f"lmtp:unix:{socket_path}"
    listen = {"TIERDESK_LMTP__LISTEN": f"unix:{socket_path}", "TIERDESK_LMTP__SOCKET_GROUP": "postfix"}
    with relay({"example.com": route}) as postal:
        office.more = listen
        with office.serving():
            letter = Letter("Αλλαγή DNS", "Παρακαλώ αλλάξτε τα NS.", sender=CUSTOMER, name="Νίκος Παππάς")
            with smtplib.SMTP("127.0.0.1", postal.port, timeout=DEADLINE) as smtp:
                smtp.send_message(letter.as_mail(), CUSTOMER, [SUPPORT, "postmaster@example.com", "who@example.com"])
            office.ticket_of("Αλλαγή DNS")
            wait_for(postal.log, "550 5.1.1")
            assert postal.log.read_text(errors="replace").count("status=sent (250 2.6.0 Queued as 1)") == 2
    (row,) = office.json("ledger", "list").rows
    assert sorted(row["rcpt_to"]) == sorted([SUPPORT, "postmaster@example.com"])


def wait_for(log: Path, text: str) -> None:
    """Wait until Postfix has written something down."""
    until = time.monotonic() + DEADLINE
    while text not in log.read_text(errors="replace"):
        assert time.monotonic() < until, log.read_text(errors="replace")[-3000:]
        time.sleep(0.02)


def test_a_bounced_answer_gives_the_turn_back(office: Office) -> None:
    """The relay takes our answer, learns that nobody is there, and its bounce ends the answer: we are to act again."""
    port = postfix.free_port()
    refuses = FakeSmarthost(replies={"rcpt": "550 5.1.1 no such person"})
    with refuses as theirs, relay({"example.com": port, "example.gr": theirs.port}) as postal:
        office.smarthost, office.more = postal.port, {"TIERDESK_SMTP__LISTEN": f"127.0.0.1:{port}"}
        with office.serving() as service:
            by_smtplib(service.port, Letter("Cannot log in", "Help.", sender=CUSTOMER))
            ref = office.ticket_of("Cannot log in")
            office.run("ticket", "reply", ref, "--text", "Try again.")
            office.wait_until(lambda desk: "bounced" in kinds(desk, int(ref.removeprefix("TD-"))))
    ticket = office.show(ref)
    (answer,) = [one for one in ticket["messages"] if one["kind"] == "staff"]
    (mail,) = [row for row in office.json("outbox", "list").rows if row["message_id"] == answer["message_id"]]
    assert (mail["state"], "5.1.1" in mail["last_reply"]) == ("dead", True)
    assert (ticket["status"], ticket["waiting_since"] is not None, ticket["wake_at"]) == ("open", True, None)
    fates = office.json("ledger", "balance").row["fates"]
    assert (fates["new_ticket"], fates["automatic"] >= 1, fates["quarantined"]) == (1, True, 0)


@pytest.mark.skipif(not shutil.which("smtp-sink", path="/usr/sbin:/usr/bin"), reason="smtp-sink is not installed")
def test_out_to_smtp_sink(office: Office, tmp_path: Path) -> None:
    """Postfix's own sink takes the answer, and what it wrote down is the mail as it should be."""
    with sink(tmp_path / "dump") as port:
        office.smarthost = port
        with office.serving() as service:
            by_smtplib(service.port, Letter("Δίσκος γεμάτος", "Τι κάνω;", sender=CUSTOMER))
            ref = office.ticket_of("Δίσκος")
            office.run("ticket", "reply", ref, "--text", "Σβήστε τα παλιά.")
            office.wait_until(lambda desk: len(list((tmp_path / "dump").iterdir())) >= 2)
            dumped = [
                message_from_bytes(path.read_bytes(), policy=policy.default) for path in (tmp_path / "dump").iterdir()
            ]
    (answer,) = [mail for mail in dumped if mail["Auto-Submitted"] is None]
    body = answer.get_body()
    assert body is not None
    assert (answer["X-Rcpt-Args"], answer["Subject"]) == (f"<{CUSTOMER}>", f"Re: [{ref}] Δίσκος γεμάτος")
    assert "Σβήστε τα παλιά." in body.get_content() and "> Τι κάνω;" in body.get_content()


@contextmanager
def sink(folder: Path) -> Iterator[int]:
    """Run smtp-sink, which writes each mail into a file of ``folder``."""
    folder.mkdir()
    port = postfix.free_port()
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    assert program is not None
    who = ["-u", "root"] if os.geteuid() == 0 else []  # as root it asks as whom to write
    process = subprocess.Popen([program, *who, "-d", f"{folder}/%M.", f"127.0.0.1:{port}", "50"])
    try:
        until = time.monotonic() + DEADLINE
        while not postfix.greets(port):
            assert process.poll() is None and time.monotonic() < until
        yield port
    finally:
        process.terminate()
        process.wait(10)
