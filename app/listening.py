"""From the settings to a listener bound to the desk: where it listens, its limits, its certificate and its users."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import ssl
import sys
from collections.abc import Iterator, MutableMapping
from functools import partial
from pathlib import Path

from app.endpoints import UnixPath
from app.errors import SettingsError
from app.settings_listener import LmtpSettings, SmtpSettings
from app.settings_model import Settings
from desk import ledger
from desk.actors import LISTENER
from desk.context import Desk
from desk.raw_mail import LARGE
from intake.listener import Listener
from intake.pace import Pace
from intake.recorder import Recorder
from intake.settings import Address, ListenerSettings, Speech, TcpAddress, UnixAddress
from intake.sockets import inherited
from intake.users import Users, read_users


def make_listener(
    desk: Desk,
    settings: Settings,
    environ: MutableMapping[str, str] | None = None,
    pace: Pace | None = None,
) -> Listener | None:
    """Return the listener of the settings, None when it is off. Raises SettingsError for files that cannot be used.

    ``pace`` is told of each mail.

    Sockets of the service manager (``environ``, by default that of the process) stand in for ``listen`` of their
    protocol.
    """
    listen = tuple(_addresses(settings, os.environ if environ is None else environ))
    if not listen:
        return None
    record, keep = partial(ledger.record, LISTENER, desk), partial(ledger.keep, LISTENER, desk)
    recorder = Recorder(record, keep=keep, large=LARGE, pace=pace)
    accepts = partial(ledger.accepts, LISTENER, desk)
    space = partial(free_bytes, desk)
    return Listener(limits(settings.smtp, listen), recorder, accepts, desk.clock.now, space, desk.chance.token)


def limits(smtp: SmtpSettings, listen: tuple[Address, ...]) -> ListenerSettings:
    """Return what the listener may take and give. Raises SettingsError."""
    return ListenerSettings(
        listen=listen,
        hostname=smtp.hostname or socket.gethostname(),
        max_message_bytes=smtp.max_message_bytes,
        max_header_bytes=smtp.max_header_bytes,
        max_line_bytes=smtp.max_line_bytes,
        max_lines=smtp.max_lines,
        max_bytes_in_memory=smtp.max_bytes_in_memory,
        max_recipients=smtp.max_recipients,
        max_connections=smtp.max_connections,
        max_connections_per_peer=smtp.max_connections_per_peer,
        max_commands=smtp.max_commands,
        max_errors=smtp.max_errors,
        free_space_floor=smtp.free_space_floor_bytes,
        command_seconds=smtp.command_seconds,
        block_seconds=smtp.block_seconds,
        data_seconds=smtp.data_seconds,
        tls=_tls(smtp),
        users=_users(smtp),
        is_auth_required=smtp.auth_required,
        proxies=tuple(ipaddress.ip_network(one) for one in smtp.proxy_peers),
    )


def free_bytes(desk: Desk) -> int:
    """Return the free space on the disk of an embedded store; a server looks after its own."""
    file = desk.database.engine.url.database
    return shutil.disk_usage(Path(file).parent).free if desk.database.is_embedded and file else sys.maxsize


def _addresses(settings: Settings, environ: MutableMapping[str, str]) -> Iterator[Address]:
    try:
        passed = inherited(environ, os.getpid())
    except OSError as error:
        raise SettingsError([f"LISTEN_FDS: {error.strerror}."]) from None
    yield from passed
    sections: dict[Speech, SmtpSettings | LmtpSettings] = {Speech.SMTP: settings.smtp, Speech.LMTP: settings.lmtp}
    for speech, section in sections.items():
        if any(one.speech is speech for one in passed):
            continue
        for place in section.places:
            if isinstance(place, UnixPath):
                yield UnixAddress(place.path, speech, int(section.socket_mode, 8), section.socket_group)
            else:
                yield TcpAddress(place.host, place.port, speech)


def _tls(smtp: SmtpSettings) -> ssl.SSLContext | None:
    if not smtp.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(smtp.tls_certificate, smtp.tls_key or None, password=_no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; which file it is, it does not say
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise SettingsError([f"smtp.tls_certificate {smtp.tls_certificate} cannot be used: {reason}."]) from None
    return context


def _no_password() -> str:
    raise ValueError("its key is locked with a password")


def _users(smtp: SmtpSettings) -> Users | None:
    if not smtp.users_file:
        return None
    try:
        return read_users(Path(smtp.users_file).read_text("utf-8"))
    except UnicodeDecodeError:
        raise SettingsError([f"smtp.users_file {smtp.users_file} cannot be read: it is not text."]) from None
    except OSError as error:
        raise SettingsError([f"smtp.users_file {smtp.users_file} cannot be read: {error.strerror}."]) from None
    except ValueError as error:
        raise SettingsError([f"smtp.users_file {smtp.users_file} {error}."]) from None
