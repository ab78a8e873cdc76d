"""Programs that people send mail with, each as a function that delivers one mail to a port."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path

import pytest

from tests.fakes.desks import SUPPORT

SECONDS = 20.0


@dataclass(frozen=True)
class Letter:
    """What somebody wants to say; ``attachment`` is a file."""

    subject: str
    text: str
    sender: str = "eleni@example.gr"
    name: str = "Ελένη Γεωργίου"
    to: str = SUPPORT
    attachment: Path | None = None
    headers: Mapping[str, str] | None = None
    is_html: bool = False

    def as_mail(self) -> EmailMessage:
        """Return the mail as a mail program would write it."""
        mail = EmailMessage()
        user, _, domain = self.sender.partition("@")
        mail["From"] = Address(self.name, user, domain)
        mail["To"], mail["Subject"] = self.to, self.subject
        mail["Date"], mail["Message-ID"] = format_datetime(localtime()), make_msgid(domain="example.gr")
        for name, value in (self.headers or {}).items():
            mail[name] = value
        mail.set_content(self.text, subtype="html" if self.is_html else "plain")
        if self.attachment is not None:
            octets = self.attachment.read_bytes()
            mail.add_attachment(octets, maintype="application", subtype="pdf", filename=self.attachment.name)
        return mail


Send = Callable[[int, Letter], None]


def by_smtplib(port: int, letter: Letter) -> None:
    """Send with Python's own client."""
    with smtplib.SMTP("127.0.0.1", port, timeout=SECONDS, local_hostname="client.example.gr") as smtp:
        refused = smtp.send_message(letter.as_mail(), letter.sender, [letter.to])
    assert refused == {}


def by_swaks(port: int, letter: Letter) -> None:
    """Send with swaks, which writes what it is given."""
    _call(
        ["swaks", "--server", "127.0.0.1", "--port", str(port), "--helo", "client.example.gr", "--silent", "2",
         "--from", letter.sender, "--to", letter.to, "--data", "-"],
        letter.as_mail().as_bytes(),
    )  # fmt: skip


def by_msmtp(port: int, letter: Letter) -> None:
    """Send with msmtp, as sendmail for a program that writes the mail."""
    _call(
        ["msmtp", "--file=/dev/null", "--host=127.0.0.1", f"--port={port}", "--auth=off", "--tls=off",
         "--domain=client.example.gr", f"--from={letter.sender}", "--", letter.to],
        letter.as_mail().as_bytes(),
    )  # fmt: skip


def by_s_nail(port: int, letter: Letter) -> None:
    """Send with s-nail, which makes the mail itself."""
    attach = ["-a", str(letter.attachment)] if letter.attachment else []
    _call(
        ["s-nail", "-:/", "-S", "v15-compat", "-S", f"mta=smtp://127.0.0.1:{port}", "-S", "smtp-auth=none",
         "-S", "nosave", "-S", "sendwait", "-S", "ttycharset=utf-8", "-S", "sendcharsets=utf-8",
         "-S", "hostname=client.example.gr", "-r", f"{letter.name} <{letter.sender}>", *attach,
         "-s", letter.subject, letter.to],
        letter.text.encode(),
    )  # fmt: skip


CLIENTS: dict[str, Send] = {"smtplib": by_smtplib, "swaks": by_swaks, "msmtp": by_msmtp, "s-nail": by_s_nail}


def client(name: str) -> Send:
    """Return a client; skip the test where the program is not installed."""
    if name != "smtplib" and shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return CLIENTS[name]


def _call(command: list[str], octets: bytes) -> None:
    environ = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "HOME": "/nonexistent",
    }
    done = subprocess.run(command, input=octets, env=environ, capture_output=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
