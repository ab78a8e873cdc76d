"""What the tests of outbox share: a mail to send and a certificate."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from procedure.mail import Address, OutgoingMail
from procedure.terms import OutboxKind
from tests.fakes.smarthost import make_certificate


@pytest.fixture
def mail() -> OutgoingMail:
    """Return an answer to a customer."""
    return OutgoingMail(
        outbox_id=77,
        kind=OutboxKind.ANSWER,
        envelope_from="support+b77.abc@example.com",
        sender=Address("Example Support", "support@example.com"),
        to=Address("Nikos Pappas", "nikos@example.gr"),
        reply_to="support+t1042.def@example.com",
        subject="[TD-1042] Re: Cannot log in to webmail",
        text="Hello Nikos,\n.\n..two dots\nMaria\n",
        message_id="<td.1042.n.mac@example.com>",
        in_reply_to="<q1@example.gr>",
        references=("<q1@example.gr>",),
        date=datetime(2026, 11, 20, 13, 24, 5, tzinfo=UTC),
        attempts=0,
    )


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a self-signed certificate for ``localhost`` with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command, which makes the certificate, is missing")
    return make_certificate(tmp_path_factory.mktemp("tls"))
