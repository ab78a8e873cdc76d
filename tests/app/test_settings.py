"""Settings: what is accepted, where it comes from, and what a person reads when it is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.endpoints import Endpoint, parse_endpoint
from app.errors import SettingsError
from app.main import main
from app.settings import LoadedSettings, all_settings, load
from app.settings_model import Settings
from app.settings_reference import starter_toml


@pytest.fixture(autouse=True)
def _no_file_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("app.settings_sources.SYSTEM_FILE", tmp_path / "etc" / "tierdesk.toml")


def load_text(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> LoadedSettings:
    path = tmp_path / "tierdesk.toml"
    path.write_text(text, "utf-8")
    return load(path, environ or {})


# A broken file (its text) and what is said about it; FILE stands for its path.
BROKEN_FILES = {
    "unknown section": (
        '[smpt]\nlisten = "127.0.0.1:1"',
        "FILE: smpt is not a setting; the nearest is smtp.",
    ),
    "unknown key": ('[smtp]\nlisen = "127.0.0.1:1"', "FILE: smtp.lisen is not a setting; the nearest is smtp.listen."),
    "key outside its table": (
        'smarthost = "mx:25"',
        "FILE: smarthost is not a setting; the nearest is outbox.smarthost.",
    ),
    "key in the wrong table": (
        "[desk]\nmouse = true",
        "FILE: desk.mouse is not a setting; the nearest is console.mouse.",
    ),
    "like nothing": ("[smtp]\nzzz = 1", "FILE: smtp.zzz is not a setting."),
    "syntax": ("[smtp]\nlisten 5", "FILE, line 2, column 8: Expected '=' after a key in a key/value pair."),
    "syntax at the end": ('[smtp]\nlisten = "', "FILE, end of document: Unterminated string."),
    "key twice": ('[log]\nlevel = "info"\nlevel = "info"\n', "FILE, line 3, column 15: Cannot overwrite a value."),
    "text for a number": (
        '[smtp]\nmax_connections = "many"',
        'FILE: smtp.max_connections must be a whole number, not "many".',
    ),
    "quoted number": (
        '[smtp]\nmax_connections = "5"',
        'FILE: smtp.max_connections must be a whole number, not "5".',
    ),
    "fraction": ("[smtp]\nmax_connections = 1.5", "FILE: smtp.max_connections must be a whole number, not 1.5."),
    "boolean for a number": (
        "[smtp]\nmax_connections = true",
        "FILE: smtp.max_connections must be a whole number, not true.",
    ),
    "too small": ("[smtp]\nmax_message_bytes = 10", "FILE: smtp.max_message_bytes must be at least 1024, not 10."),
    "too great": ("[outbox]\ntimeout_seconds = 900", "FILE: outbox.timeout_seconds must be at most 120.0, not 900."),
    "not finite": ("[outbox]\ntimeout_seconds = nan", "FILE: outbox.timeout_seconds must be a number, not nan."),
    "number for text": ("[desk]\nname = 5", "FILE: desk.name must be text in quotes, not 5."),
    "empty name": ('[desk]\nname = ""', 'FILE: desk.name must not be empty, not "".'),
    "text for a list": (
        '[desk]\naddresses = "a@b.example"',
        'FILE: desk.addresses must be a list of texts, not "a@b.example".',
    ),
    "number in a list": ("[desk]\naddresses = [1]", "FILE: desk.addresses must be text in quotes, not 1."),
    "not an address": (
        '[desk]\naddresses = ["support"]',
        "FILE: desk.addresses must be a mail address without a name and without '+', such as support@example.org, "
        'not "support".',
    ),
    "tagged address": (
        '[desk]\naddresses = ["support+x@b.example"]',
        "FILE: desk.addresses must be a mail address without a name and without '+', such as support@example.org, "
        'not "support+x@b.example".',
    ),
    "address twice": (
        '[desk]\naddresses = ["a@b.example", "A@b.example"]',
        "FILE: desk.addresses has A@b.example twice.",
    ),
    "value for a table": ("smtp = 5", "FILE: smtp must be a table, not 5."),
    "port missing": ('[smtp]\nlisten = "localhost"', 'FILE: smtp.listen must be host:port, not "localhost".'),
    "port too great": (
        '[smtp]\nlisten = "127.0.0.1:70000"',
        'FILE: smtp.listen must end in a port from 0 to 65535, not "127.0.0.1:70000".',
    ),
    "bare IPv6": (
        '[smtp]\nlisten = "::1:25"',
        'FILE: smtp.listen must have an IPv6 address in brackets, as in [::1]:8025, not "::1:25".',
    ),
    "not an IPv4 address": (
        '[smtp]\nlisten = "127.0.0:25"',
        'FILE: smtp.listen has a host that is neither a name nor an address, not "127.0.0:25".',
    ),
    "smarthost port 0": (
        '[outbox]\nsmarthost = "mx.example:0"',
        'FILE: outbox.smarthost must end in a port from 1 to 65535, not "mx.example:0".',
    ),
    "host name": (
        '[smtp]\nhostname = "desk example"',
        'FILE: smtp.hostname must be a host name such as desk.example.org, not "desk example".',
    ),
    "peers": (
        "[smtp]\nmax_connections = 5\nmax_connections_per_peer = 6",
        "FILE: smtp.max_connections_per_peer must not be greater than smtp.max_connections.",
    ),
    "tls word": (
        '[outbox]\ntls = "yes"',
        "FILE: outbox.tls must be 'never', 'opportunistic', 'required' or 'implicit', not \"yes\".",
    ),
    "user alone": (
        '[outbox]\nuser = "desk"',
        "FILE: outbox.user has no password: set outbox.password_file or outbox.password.",
    ),
    "password alone": ('[outbox]\npassword = "x"', "FILE: outbox.password is set but outbox.user is not."),
    "password in clear": (
        '[outbox]\nsmarthost = "mx.example:25"\nuser = "desk"\npassword = "hush"',
        'FILE: outbox.tls must be "required" or "implicit" to send a password to mx.example:25.',
    ),
    "two passwords": (
        '[outbox]\nuser = "desk"\npassword = "hush"\npassword_file = "/x"',
        "FILE: outbox.password and outbox.password_file are both set; keep one.",
    ),
    "relative password file": (
        '[outbox]\nuser = "desk"\npassword_file = "x"',
        'FILE: outbox.password_file must be a path from the root, beginning with /, not "x".',
    ),
    "secret of the wrong kind": ("[outbox]\npassword = 5", "FILE: outbox.password must be text in quotes."),
    "store kind": (
        '[store]\nurl = "mysql://root:hush@db/x"',
        "FILE: store.url must begin with sqlite:/// (a file) or postgresql+psycopg://.",
    ),
    "store in memory": (
        '[store]\nurl = "sqlite:///:memory:"',
        "FILE: store.url must name a file: a store in memory forgets every ticket.",
    ),
    "keymap value": (
        '[console]\nkeymap = { "ticket.reply" = 5 }',
        "FILE: console.keymap must be text in quotes, not 5.",
    ),
    "control characters": (
        '[log]\nlevel = "\\u001b[2J"',
        "FILE: log.level must be 'debug', 'info', 'warning' or 'error', not \"?[2J\".",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), BROKEN_FILES.values(), ids=BROKEN_FILES.keys())
def test_each_broken_file_is_one_sentence_and_exit_78(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong value is told with its file, its key and what it must be; the exit status is 78."""
    path = tmp_path / "tierdesk.toml"
    path.write_text(text, "utf-8")
    status = main(["--config", str(path), "config", "show"])
    assert (status, capsys.readouterr().err) == (78, f"tierdesk: {sentence.replace('FILE', str(path))}\n")


BROKEN_VARIABLES = {
    "misspelt": (
        {"TIERDESK_SMTP__LISEN": "x"},
        "TIERDESK_SMTP__LISEN is not a setting; the nearest is TIERDESK_SMTP__LISTEN.",
    ),
    "like nothing": ({"TIERDESK_Q__Q": "x"}, "TIERDESK_Q__Q is not a setting."),
    "number": (
        {"TIERDESK_SMTP__MAX_CONNECTIONS": "many"},
        'TIERDESK_SMTP__MAX_CONNECTIONS must be a whole number, not "many".',
    ),
    "truth": ({"TIERDESK_CONSOLE__MOUSE": "perhaps"}, 'TIERDESK_CONSOLE__MOUSE must be true or false, not "perhaps".'),
    "endpoint": ({"TIERDESK_SMTP__LISTEN": "8025"}, 'TIERDESK_SMTP__LISTEN must be host:port, not "8025".'),
    "section rule": (
        {"TIERDESK_OUTBOX__USER": "desk"},
        "TIERDESK_OUTBOX__USER has no password: set outbox.password_file or outbox.password.",
    ),
    "missing file": (
        {"TIERDESK_CONFIG": "/nowhere/tierdesk.toml"},
        "/nowhere/tierdesk.toml (from TIERDESK_CONFIG) cannot be read: No such file or directory.",
    ),
}


@pytest.mark.parametrize(("environ", "sentence"), BROKEN_VARIABLES.values(), ids=BROKEN_VARIABLES.keys())
def test_each_broken_variable_is_one_sentence(environ: dict[str, str], sentence: str) -> None:
    """A wrong variable is told by its own name."""
    with pytest.raises(SettingsError) as caught:
        load(environ=environ)
    assert caught.value.problems == (sentence,)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """File and environment are both checked to their ends before anything is refused."""
    with pytest.raises(SettingsError) as caught:
        load_text(tmp_path, '[smtp]\nlisten = "x"\nqq = 1\n[log]\nlevel = "no"', {"TIERDESK_NO__NO": "1"})
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize("content", [b"\xff\xfe[desk]", None], ids=["bytes", "directory"])
def test_a_file_that_is_not_text_is_told(content: bytes | None, tmp_path: Path) -> None:
    """Bytes that are not UTF-8, and a directory, are a sentence and not a traceback."""
    path = tmp_path / "tierdesk.toml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    expected = "is not UTF-8 text: byte 0 cannot be read." if content else "cannot be read: Is a directory."
    assert caught.value.problems == (f"{path} {expected}",)


def test_no_file_is_fine(tmp_path: Path) -> None:
    """Without any source every setting has its default, and the store is in the user's data directory."""
    loaded = load(environ={})
    assert loaded.file is None
    assert loaded.settings.store.url == f"sqlite:///{tmp_path}/data/tierdesk/tierdesk.db"
    assert {row.origin for row in loaded.rows()} == {"default"}


def test_environment_wins_over_file_and_both_say_so(tmp_path: Path) -> None:
    """Later sources win key by key; each row knows its origin."""
    loaded = load_text(
        tmp_path,
        '[smtp]\nlisten = "[::1]:25"\nmax_connections = 50',
        {"TIERDESK_SMTP__LISTEN": "127.0.0.1:0", "TIERDESK_DESK__ADDRESSES": "a@b.example, c@d.example"},
    )
    origins = {row.key: row.origin for row in loaded.rows()}
    assert loaded.settings.smtp.places == (Endpoint("127.0.0.1", 0),)
    assert loaded.settings.desk.addresses == ("a@b.example", "c@d.example")
    assert origins["smtp.listen"] == "TIERDESK_SMTP__LISTEN"
    assert origins["smtp.max_connections"] == str(tmp_path / "tierdesk.toml")
    assert origins["smtp.hostname"] == "default"


def test_every_setting_can_come_from_the_environment() -> None:
    """Text, numbers, truth, lists and tables are all read from variables."""
    environ = {
        "TIERDESK_OUTBOX__TIMEOUT_SECONDS": "2.5",
        "TIERDESK_CONSOLE__ANIMATIONS": "yes",
        "TIERDESK_CONSOLE__KEYMAP": "ticket.reply=f5,r ticket.note=n",
        "TIERDESK_SMTP__LISTEN": "",
    }
    settings = load(environ=environ).settings
    assert settings.outbox.timeout_seconds == 2.5
    assert settings.console.animations is True
    assert settings.console.keymap == {"ticket.reply": "f5,r", "ticket.note": "n"}
    assert settings.smtp.places == ()


def test_the_first_file_found_is_the_only_one(tmp_path: Path) -> None:
    """The user's own file hides the one in /etc; TIERDESK_CONFIG hides both; --config hides all."""
    places = [tmp_path / "etc", tmp_path / "config" / "tierdesk", tmp_path / "env", tmp_path / "option"]
    read = []
    for place in places:
        place.mkdir(parents=True)
        (place / "tierdesk.toml").write_text(f'[desk]\nname = "{place.name}"')
        environ = {"TIERDESK_CONFIG": str(places[2] / "tierdesk.toml")} if place in places[2:] else {}
        option = place / "tierdesk.toml" if place == places[3] else None
        read.append(load(option, environ).settings.desk.name)
    assert read == ["etc", "tierdesk", "env", "option"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("sqlite:///x.db", "sqlite:///FOLDER/x.db"),
    ],
)
def test_store_urls_are_completed(written: str, meant: str, tmp_path: Path) -> None:
    """A relative file is relative to the settings file; PostgreSQL goes by psycopg whatever its URL says."""
    loaded = load_text(tmp_path, f'[store]\nurl = "{written}"')
    assert loaded.settings.store.url == meant.replace("FOLDER", str(tmp_path))


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    """Neither ``config show`` nor a repr prints a password, in its own key or in a URL."""
    loaded = load_text(
        tmp_path,
        '[outbox]\nuser = "me"\npassword = "hush"\n[store]\nurl = "postgresql://me:hush@db/x?sslpassword=hush&a=b"',
    )
    values = {row.key: row.value for row in loaded.rows()}
    assert values["outbox.password"] == "********"
    assert values["store.url"] == "postgresql+psycopg://me:********@db/x?sslpassword=********&a=b"
    assert loaded.settings.outbox.read_password() == "hush"
    assert "hush" not in repr(loaded.settings.outbox)


def test_password_file_is_read_when_needed(tmp_path: Path) -> None:
    """The file's end of line is no part of the password; a missing file is a sentence."""
    secret = tmp_path / "secret"
    text = f'[outbox]\nuser = "me"\npassword_file = "{secret}"'
    outbox = load_text(tmp_path, text).settings.outbox
    with pytest.raises(SettingsError, match=r"password_file .* cannot be read: No such file"):
        outbox.read_password()
    secret.write_text(" hush \n")
    assert outbox.read_password() == " hush "


def test_starter_file_parses_back_to_the_defaults(tmp_path: Path) -> None:
    """The commented file changes nothing, and neither does it with every comment mark taken off."""
    text = starter_toml()
    bare = re.sub(r"^#(?=[a-z_]+ = )", "", text, flags=re.MULTILINE)
    assert bare.count(" = ") >= len(list(all_settings()))
    assert load_text(tmp_path, text).settings == Settings() == load_text(tmp_path, bare).settings


def test_starter_file_holds_what_was_chosen(tmp_path: Path) -> None:
    """Chosen values are set, even awkward ones; a key that does not exist is a mistake of the caller."""
    text = starter_toml({"desk.name": 'Υποστήριξη "24/7" \\ \x7f', "desk.addresses": ["a@b.example"]})
    settings = load_text(tmp_path, text).settings
    assert settings.desk.name == 'Υποστήριξη "24/7" \\ \x7f'
    assert settings.desk.addresses == ("a@b.example",)
    with pytest.raises(KeyError):
        starter_toml({"desk.nam": "x"})


@pytest.mark.parametrize("text", ["127.0.0.1:8025", "[::1]:25", "mail.example.org:587", "localhost:0"])
def test_endpoints_are_read_and_written(text: str) -> None:
    """An endpoint's text is what it was read from."""
    assert str(parse_endpoint(text)) == text


@pytest.mark.parametrize("text", ["", ":25", "h:", "h:x", "h:-1", "h:٢٥", "[::1:25", "[x]:25", "a b:25", "h:999999"])
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"^(must|has) "):
        parse_endpoint(text)
