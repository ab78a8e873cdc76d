"""Senders under a service that is killed: each keeps a mail until it got a 250, as every mail server does."""

from __future__ import annotations

import contextlib
import itertools
import smtplib
import threading
from dataclasses import dataclass, field
from types import TracebackType

from tests.fakes.desks import SUPPORT

SECONDS = 5.0
LARGE = 200 << 10
_PEOPLE = 100
"""Senders' addresses; neither the limit on acknowledgements to one address nor that on its mails must be reached."""
_LETTERS = str.maketrans("0123456789", "abcdefghij")
"""Subjects that differ in a number alone are one flood."""


@dataclass
class Senders:
    """Some threads that send to whatever port is told. A context manager; at its end nobody sends any more."""

    count: int = 6
    large_every: int = 0
    """One mail in so many is large: its bytes are kept in another way than those of the others. 0: none is."""
    acknowledged: dict[str, int] = field(default_factory=dict)
    """The tokens of the mails that got a 250, with the ledger id that it named."""
    refused: list[str] = field(default_factory=list)
    """Replies with 5xx: there must be none."""
    sent_again: int = 0
    known: dict[str, str] = field(default_factory=dict)
    """What ``accounts.count`` has read already."""

    def __enter__(self) -> Senders:
        self._numbers = itertools.count()
        self._port: int | None = None
        self._changed = threading.Condition()
        self._is_over = False
        self._threads = [threading.Thread(target=self._send_on, args=(number,)) for number in range(self.count)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._changed:
            self._is_over, self._port = True, self._port if kind is None else None
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def aim(self, port: int | None) -> None:
        """Tell the senders where the service is; None: nowhere for the moment."""
        with self._changed:
            self._port = port
            self._changed.notify_all()

    def wait_for(self, mails: int, seconds: float = 30.0) -> None:
        """Return once so many mails were acknowledged."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.acknowledged) >= mails, seconds), len(self.acknowledged)

    def _send_on(self, sender: int) -> None:
        token, tries = self._new_token(sender), 0
        while True:
            with self._changed:
                # A mail that was tried once is brought to its end even when no new ones are sent.
                self._changed.wait_for(lambda: self._is_over or self._port is not None)
                port = self._port
                if port is None or (self._is_over and not tries):
                    return
            tries += 1
            if self._send(port, token):
                self.sent_again += tries > 1
                token, tries = self._new_token(sender), 0

    def _new_token(self, sender: int) -> str:
        return f"token{sender}x{next(self._numbers)}z"

    def _send(self, port: int, token: str) -> bool:
        """Send one mail and tell whether it got its 250."""
        number = int(token.rpartition("x")[2][:-1])
        address = f"c{number % _PEOPLE}@example.gr"
        subject = token.translate(_LETTERS)
        head = f"From: {address}\r\nTo: {SUPPORT}\r\nSubject: {subject}\r\nMessage-ID: <{token}@example.gr>\r\n"
        with contextlib.suppress(OSError, smtplib.SMTPException):
            with smtplib.SMTP("127.0.0.1", port, local_hostname="load.example.gr", timeout=SECONDS) as smtp:
                smtp.ehlo()
                smtp.mail(address)
                smtp.rcpt(SUPPORT)
                code, reply = smtp.data(f"{head}\r\n{token}\r\n{self._padding(number)}")
            return self._note(token, code, reply.decode())
        return False

    def _padding(self, number: int) -> str:
        is_large = self.large_every and number % self.large_every == 0
        return f"{'words ' * 12}\r\n" * (LARGE // 74) if is_large else ""

    def _note(self, token: str, code: int, reply: str) -> bool:
        with self._changed:
            if code == 250:
                self.acknowledged[token] = int(reply.split()[-1])
                self._changed.notify_all()
            elif code >= 500:
                self.refused.append(f"{code} {reply}")
        return code == 250
