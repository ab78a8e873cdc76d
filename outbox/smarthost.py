"""The next hop: what is configured about it, and a session with it up to the point where a mail can be handed over.

Everything that goes wrong in here is between the smarthost and us, never about a recipient: it ends as ``OSError``
or ``smtplib.SMTPException``, and ``outbox.deliver`` makes a ``Deferred`` of it.

| ``tls``         | what happens                                                                                    |
|-----------------|-------------------------------------------------------------------------------------------------|
| `never`         | no TLS, even when offered; user and password go as they are                                     |
| `opportunistic` | STARTTLS when offered, certificate not checked; in clear otherwise, unless there is a password  |
| `required`      | STARTTLS with a checked certificate and host name, or nothing                                   |
| `implicit`      | TLS from the first octet (submissions, port 465), certificate and host name checked             |

Known limits: a TLS handshake that fails is never followed by an attempt in clear. User and password must be ASCII.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

QUIT_TIMEOUT = 2.0
"""Seconds for a goodbye that changes nothing any more."""


class Tls(StrEnum):
    """How the way to the smarthost is protected; see the table above."""

    NEVER = "never"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"
    IMPLICIT = "implicit"


@dataclass(frozen=True)
class Smarthost:
    """Where outgoing mail is handed over, and how.

    ``timeout`` is for each step and ``limit`` for a whole attempt, both in seconds; the outbox lease must be longer
    than ``limit``. ``helo`` '' introduces us by our address literal (RFC 5321 §4.1.4). ``ca_file`` replaces the
    system's authorities.
    """

    host: str
    port: int = 25
    tls: Tls = Tls.OPPORTUNISTIC
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0
    limit: float = 60.0
    helo: str = ""
    ca_file: str = ""


class SmarthostError(smtplib.SMTPException):
    """The smarthost and we cannot come to terms; the message is a sentence for the person who runs tierdesk."""


@contextmanager
def session(smarthost: Smarthost) -> Iterator[smtplib.SMTP]:
    """Connect, protect and sign in as configured; says QUIT at the end and does not care about the answer.

    Raises OSError, ValueError or smtplib.SMTPException when there is no session to be had or it breaks.
    """
    smtp = smtplib.SMTP(local_hostname="localhost", timeout=smarthost.timeout)
    with _time_limit(smtp, smarthost.limit):
        try:
            _connect(smtp, smarthost)
            _protect(smtp, smarthost)
            _sign_in(smtp, smarthost)
            yield smtp
            _quit(smtp)
        finally:
            smtp.close()


def _connect(smtp: smtplib.SMTP, smarthost: Smarthost) -> None:
    smtp.sock = socket.create_connection((smarthost.host, smarthost.port), smarthost.timeout)
    if smarthost.tls is Tls.IMPLICIT:
        _wrap(smtp, smarthost)
    _expect("greeting", smtp.getreply(), 220)
    smtp.local_hostname = smarthost.helo or _address_literal(smtp.sock)
    _introduce(smtp)


def _introduce(smtp: smtplib.SMTP) -> None:
    reply = smtp.ehlo(smtp.local_hostname)
    if reply[0] // 100 == 5:
        reply = smtp.helo(smtp.local_hostname)
    _expect("EHLO", reply, 250)


def _protect(smtp: smtplib.SMTP, smarthost: Smarthost) -> None:
    if smarthost.tls not in (Tls.OPPORTUNISTIC, Tls.REQUIRED):
        return
    code, text = smtp.docmd("STARTTLS") if smtp.has_extn("starttls") else (0, b"STARTTLS is not offered")
    if code == 220:
        _wrap(smtp, smarthost)
        _introduce(smtp)
    elif smarthost.tls is Tls.REQUIRED:
        raise SmarthostError(f"TLS is required and the smarthost does not give it: {_decoded(text)}")
    elif smarthost.user:
        raise SmarthostError(f"the password is not sent without TLS (tls = never would send it): {_decoded(text)}")


def _wrap(smtp: smtplib.SMTP, smarthost: Smarthost) -> None:
    """Go over to TLS and forget all that was said in clear (RFC 3207 §4.2), unread octets included."""
    assert smtp.sock is not None
    context = ssl.create_default_context(cafile=smarthost.ca_file or None)
    if smarthost.tls is Tls.OPPORTUNISTIC:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        smtp.sock = context.wrap_socket(smtp.sock, server_hostname=smarthost.host)
    except ssl.SSLError as error:
        raise SmarthostError(f"TLS with the smarthost failed: {error}") from error
    smtp.file = None  # With what was read ahead; ehlo() empties the list of extensions by itself.


def _sign_in(smtp: smtplib.SMTP, smarthost: Smarthost) -> None:
    if not smarthost.user:
        return
    try:
        smtp.login(smarthost.user, smarthost.password)
    except smtplib.SMTPAuthenticationError as error:
        raise SmarthostError(f"sign-in refused: {error.smtp_code} {_decoded(error.smtp_error)}") from error
    except UnicodeError:
        # Not chained: the error's text would hold the password.
        raise SmarthostError("user and password of the smarthost must be ASCII") from None


def _quit(smtp: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        if smtp.sock is not None:
            smtp.sock.settimeout(QUIT_TIMEOUT)
            smtp.docmd("QUIT")


def _expect(stage: str, reply: tuple[int, bytes], code: int) -> None:
    if reply[0] != code:
        raise SmarthostError(f"{stage}: {reply[0]} {_decoded(reply[1])}")


def _decoded(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def _address_literal(sock: socket.socket) -> str:
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


@contextmanager
def _time_limit(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection after so many seconds: a time-out for each step alone lets a slow peer hold us for ever."""
    done, passed = threading.Event(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            passed.set()
            with suppress(OSError, AttributeError):  # Not connected yet, or gone already: look again soon.
                smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
            wait = 0.1

    watcher = threading.Thread(target=watch, name="outbox-time-limit", daemon=True)
    watcher.start()
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        if passed.is_set():
            raise TimeoutError(f"no end after {seconds:g} s") from error
        raise
    finally:
        done.set()
        watcher.join()
