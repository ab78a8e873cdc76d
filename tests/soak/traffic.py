"""What comes to a desk in a day: requests, replies, robots, mails sent twice, broken ones, and some made to do harm."""

from __future__ import annotations

import random
import re
import smtplib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.crash.load import SECONDS
from tests.e2e.clients import Letter
from tests.fakes.desks import SUPPORT
from tests.fakes.smarthost import FakeSmarthost
from tests.hostile.test_bombs import BOMBS
from tests.intake.test_mails import FILES

_MESSAGE_ID = re.compile(rb"^Message-ID:.*$", re.MULTILINE | re.IGNORECASE)
_MAX_BOMB = 1 << 20
_WORDS = (
    "the site does not open since this morning", "δεν μπορώ να συνδεθώ στο webmail", "please renew our domain",
    "το ηλεκτρονικό ταχυδρομείο γυρίζει πίσω", "the certificate has expired", "ευχαριστώ για την άμεση απάντηση",
)  # fmt: skip
# What comes, by how often; "lag" is measured on the kinds that a person waits for.
_KINDS = {"letter": 50, "case": 25, "reply": 12, "large": 5, "again": 4, "cut short": 2, "stranger": 1, "bomb": 1}
WAITED_FOR = ("letter", "reply", "large")


@dataclass(frozen=True)
class Accepted:
    """A mail that got its 250, at a moment of the monotonic clock."""

    ledger_id: int
    kind: str
    at: float


@dataclass
class Traffic:
    """Sends to a port, so many mails a second, until it is stopped."""

    port: int
    smarthost: FakeSmarthost
    a_second: float = 4.0
    seed: int = 20261122
    accepted: list[Accepted] = field(default_factory=list)
    codes: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Last codes by kind of mail."""

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._bombs = [bomb for bomb in (make() for make in BOMBS.values()) if len(bomb) <= _MAX_BOMB]
        self._cases = [path.read_bytes() for path in FILES]
        self._last = ("nikos@example.gr", b"Subject: the first\r\n\r\nwords\r\n")

    def run(self, stop: threading.Event) -> None:
        """Send at an even pace; what took long is not caught up."""
        number = 0
        while not stop.is_set():
            began = time.monotonic()
            number += 1
            self._send_one(number)
            stop.wait(max(0.0, 1 / self.a_second - (time.monotonic() - began)))

    def _send_one(self, number: int) -> None:
        (kind,) = self._dice.choices(list(_KINDS), list(_KINDS.values()))
        sender, octets = self._mail(kind, number)
        recipient = "nobody@example.com" if kind == "stranger" else SUPPORT
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="soak.example.gr", timeout=SECONDS * 4) as smtp:
            smtp.ehlo()
            smtp.mail(sender, ["BODY=8BITMIME"])
            code, reply = smtp.rcpt(recipient)
            if code == 250 and kind == "cut short":
                smtp.docmd("DATA")
                smtp.send(b"Subject: half a mail\r\n\r\n" + b"words\r\n" * 1_000)
                smtp.close()
                return
            if code == 250:
                code, reply = smtp.data(octets)
        self.codes[kind, code] += 1
        if code == 250:
            self.accepted.append(Accepted(int(reply.split()[-1]), kind, time.monotonic()))

    def _mail(self, kind: str, number: int) -> tuple[str, bytes]:
        """Return the sender and the bytes of a mail; each is new, but for those that come again."""
        sender = f"c{self._dice.randrange(2_000)}@customer{self._dice.randrange(300)}.example"
        if kind == "again":
            return self._last
        if kind in ("case", "bomb"):
            octets = self._dice.choice(self._cases if kind == "case" else self._bombs)
            new = b"Message-ID: <soak%d@example.gr>" % number
            octets = b"X-Number: %d\n" % number + _MESSAGE_ID.sub(new, octets, count=1)
            return ("" if self._dice.random() < 0.1 else sender), octets
        text = "\n".join(self._dice.choices(_WORDS, k=self._dice.choice((2, 5, 20, 200))))
        letter = Letter(f"{self._dice.choice(_WORDS)} {number}", text, sender, headers=self._thread(kind))
        mail = letter.as_mail()
        if kind == "large":
            size = self._dice.randrange(70 << 10, 700 << 10)
            mail.add_attachment(self._dice.randbytes(size), "image", "png", filename=f"screen{number}.png")
        self._last = sender, mail.as_bytes()
        return self._last

    def _thread(self, kind: str) -> dict[str, str]:
        """Return the header fields of a reply to a mail of ours that has left, if any has."""
        received = self.smarthost.received
        if kind != "reply" or not received:
            return {}
        found = re.search(rb"^Message-ID: (<[^>]+>)", self._dice.choice(received[-200:]).content, re.M | re.I)
        return {"In-Reply-To": found[1].decode(), "References": found[1].decode()} if found else {}
