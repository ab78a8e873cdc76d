"""From the settings to the listener: where it listens, what it refuses to start with, and sockets that it is given."""

from __future__ import annotations

import io
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.listening import make_listener
from app.settings import load
from desk.context import Desk
from intake.users import line_for
from tests.app.conftest import Run
from tests.app.serving import DEADLINE, ROOT, end, environment, start

LAUNCH = """
import os, sys
for number, fd in enumerate(sys.argv[1].split(",")):
    os.dup2(int(fd), 3 + number)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, "-m", "app.main", "serve"])
"""

REFUSED = {
    "key alone": ({"SMTP__TLS_KEY": "/k.pem"}, "TIERDESK_SMTP__TLS_KEY is set but smtp.tls_certificate is not."),
    "users without TLS": (
        {"SMTP__USERS_FILE": "/users"},
        "TIERDESK_SMTP__USERS_FILE needs smtp.tls_certificate: nobody logs in without TLS.",
    ),
    "AUTH for nobody": ({"SMTP__AUTH_REQUIRED": "yes"}, "TIERDESK_SMTP__AUTH_REQUIRED needs smtp.users_file."),
    "little memory": (
        {"SMTP__MAX_BYTES_IN_MEMORY": "30000000"},
        "TIERDESK_SMTP__MAX_BYTES_IN_MEMORY must be at least twice smtp.max_message_bytes.",
    ),
    "a path that is not from the root": (
        {"LMTP__LISTEN": "unix:lmtp"},
        "TIERDESK_LMTP__LISTEN must have a path from the root after unix:, as in unix:/run/tierdesk/lmtp, "
        'not "unix:lmtp".',
    ),
    "a path that is too long": (
        {"LMTP__LISTEN": "unix:/" + "x" * 200},
        "TIERDESK_LMTP__LISTEN has a path of more than 107 octets, too long for a unix socket, "
        f'not "unix:/{"x" * 54}…".',
    ),
    "a mode": (
        {"LMTP__SOCKET_MODE": "rw"},
        'TIERDESK_LMTP__SOCKET_MODE must be an octal mode such as 0660, not "rw".',
    ),
    "a network": (
        {"SMTP__PROXY_PEERS": "192.0.2.1,everybody"},
        "TIERDESK_SMTP__PROXY_PEERS must hold addresses or networks such as 192.0.2.7 or 192.0.2.0/24, "
        'not "everybody".',
    ),
    "no certificate there": (
        {"SMTP__TLS_CERTIFICATE": "/no/such.pem"},
        "smtp.tls_certificate /no/such.pem cannot be used: No such file or directory.",
    ),
}


@pytest.fixture
def directory() -> Iterator[Path]:
    """Return a directory whose path leaves room: a unix socket's may have 107 octets."""
    with tempfile.TemporaryDirectory(prefix="td-") as found:
        yield Path(found)


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(name: str, directory: Path) -> None:
    """The service does not start, and the sentence names the setting."""
    more, sentence = REFUSED[name]
    environ = environment(directory / "desk.db", directory, **{f"TIERDESK_{key}": value for key, value in more.items()})
    process = start("serve", environ=environ)
    _, err = process.communicate(timeout=DEADLINE)
    complaints = [line for line in err.splitlines() if line.startswith("tierdesk: ")]
    assert (process.returncode, complaints) == (78, [f"tierdesk: {sentence}"])


def test_a_users_file_with_a_bad_line(desk: Desk, tmp_path: Path) -> None:
    """The sentence has file and line."""
    from app.errors import SettingsError
    from tests.fakes.smarthost import make_certificate

    if shutil.which("openssl") is None:
        pytest.skip("the openssl command, which makes the certificate, is missing")
    users = tmp_path / "users"
    users.write_text("relay:secret\n")
    names = {"SMTP__TLS_CERTIFICATE": str(make_certificate(tmp_path)), "SMTP__USERS_FILE": str(users)}
    settings = load(environ={f"TIERDESK_{key}": value for key, value in names.items()}).settings
    with pytest.raises(SettingsError, match=rf"smtp\.users_file {users} has a line that is not .*, line 1\.$"):
        make_listener(desk, settings, {})
    users.write_text(line_for("relay", "x", b"salt"))
    assert make_listener(desk, settings, {}) is not None


def test_a_line_for_a_user(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command prints one line, which the users file takes; the password is asked for beside it."""
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda prompt: "open sesame")
    ran = run("config", "mail-user", "relay")
    assert (ran.status, ran.out.count("\n"), ran.out.startswith("relay:$scrypt$")) == (0, 1, True)
    assert run("config", "mail-user", "a b").status == 2


def test_a_line_for_each_place(directory: Path) -> None:
    """SMTP and LMTP at once, on TCP and on unix sockets; each place is one line, and mail comes in by all of them."""
    path = directory / "lmtp"
    environ = environment(
        directory / "desk.db", directory,
        TIERDESK_SMTP__LISTEN=f"127.0.0.1:0, unix:{directory}/smtp", TIERDESK_LMTP__LISTEN=f"unix:{path}",
    )  # fmt: skip
    process = start("serve", environ=environ)
    assert process.stdout is not None
    lines = [process.stdout.readline().rstrip() for _ in range(3)]
    with smtplib.LMTP(str(path), timeout=DEADLINE) as lmtp:
        lmtp.sendmail("a@example.gr", ["support@example.com"], "Subject: x\r\n\r\nx\r\n")
    assert end(process, signal.SIGTERM)[0] == 0
    assert lines[0].startswith("listening smtp 127.0.0.1:")
    assert lines[1:] == [f"listening smtp unix:{directory}/smtp", f"listening lmtp unix:{path}"]
    assert not path.exists()


def test_sockets_of_the_service_manager(directory: Path) -> None:
    """Sockets that were passed are used in place of those of the settings, each for the protocol in its name."""
    path = directory / "lmtp"
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(str(path))
        unix.listen()
        environ = environment(
            directory / "desk.db", directory, LISTEN_FDS="2", LISTEN_FDNAMES="smtp:tierdesk-lmtp.socket",
            TIERDESK_LMTP__LISTEN=f"unix:{directory}/other",
        )  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, f"{tcp.fileno()},{unix.fileno()}"],
            cwd=ROOT, env=environ, text=True, pass_fds=(tcp.fileno(), unix.fileno()), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        port = tcp.getsockname()[1]
    assert isinstance(process.stdout, io.TextIOBase)
    lines = [process.stdout.readline().rstrip() for _ in range(2)]
    with smtplib.LMTP(str(path), timeout=DEADLINE) as lmtp:
        lmtp.sendmail("a@example.gr", ["support@example.com"], "Subject: x\r\n\r\nx\r\n")
    status, out, err = end(process, signal.SIGTERM)
    assert lines == [f"listening smtp 127.0.0.1:{port}", f"listening lmtp unix:{path}"]
    assert (status, out, "Traceback" in err, os.path.exists(path)) == (0, "", False, True)


def test_the_doctor_calls_a_unix_socket(run: Run, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket without a service is a warning with the advice to start it."""
    monkeypatch.setenv("TIERDESK_SMTP__LISTEN", "")
    monkeypatch.setenv("TIERDESK_LMTP__LISTEN", f"unix:{directory}/lmtp")
    found = {row["check"]: row for row in run("doctor", "--json").rows}
    assert found["listener"]["verdict"] == "warn"
