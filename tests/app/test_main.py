"""The command ``tierdesk``: what it imports, what it prints, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from app.context import Context, pass_context
from app.lazy import LazyGroup, accept_globals
from app.main import COMMANDS, cli, main
from app.packages import MixedPackages
from desk.errors import DeskError

HEAVY = {"aiosmtpd", "alembic", "lxml", "psycopg", "pydantic", "rich", "sqlalchemy", "sqlmodel", "textual"}


@pytest.fixture(autouse=True)
def _no_file_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("app.settings_sources.SYSTEM_FILE", tmp_path / "etc" / "tierdesk.toml")


def imported_by(*arguments: str) -> set[str]:
    """Run tierdesk in a fresh interpreter and return the heavy libraries it imported."""
    program = (
        "import sys; from app.main import main; status = main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    run = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return HEAVY & set(run.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["config", "--help"]])
def test_help_imports_no_heavy_library(arguments: list[str]) -> None:
    """Help and version answer at once: neither the store's, the mail's nor the terminal's libraries are loaded."""
    assert imported_by(*arguments) == set()


def test_config_show_imports_pydantic_alone() -> None:
    """Settings can be looked at without the store."""
    assert imported_by("config", "show") == {"pydantic"}


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The list of commands is the one in the table, without importing any."""
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert [name for name in COMMANDS if f"\n  {name} " in listed] == list(COMMANDS)


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs can read the version."""
    assert (main(["--version"]), capsys.readouterr().out) == (0, "tierdesk 0.1.0\n")


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["config", "nonsense"], ["config", "show", "x"]])
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage is exit status 2, with the usage on stderr and nothing on stdout."""
    status = main(arguments)
    captured = capsys.readouterr()
    assert (status, captured.out, captured.err.startswith("Usage: tierdesk")) == (2, "", True)


@pytest.mark.parametrize("place", ["before", "after"])
def test_config_option_stands_before_or_after_the_command(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """People type ``tierdesk serve --config FILE`` as often as the other way round."""
    path = tmp_path / "desk.toml"
    path.write_text('[desk]\nname = "Other"')
    option = ["--config", str(path)]
    assert (
        main([*option, "config", "show", "--json"] if place == "before" else ["config", "show", "--json", *option]) == 0
    )
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {"key": "desk.name", "value": "Other", "origin": str(path)}


def run_with(action: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run ``tierdesk probe``, a command that does ``action``."""

    @click.command()
    def probe() -> None:
        action()

    monkeypatch.setattr(cli, "get_command", lambda ctx, name: probe)
    return main(["probe"])


def raiser(error: BaseException) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "status", "stderr"),
    [
        (DeskError("No ticket TD-9."), 1, "tierdesk: No ticket TD-9.\n"),
        (PermissionError(13, "Permission denied", "/x/y"), 1, "tierdesk: /x/y: Permission denied.\n"),
        (OSError(98, "Address already in use"), 1, "tierdesk: Address already in use.\n"),
        (click.UsageError("no"), 2, "Error: no\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["refused", "file", "port", "usage", "interrupt"],
)
def test_each_error_has_its_line_and_status(
    error: BaseException, status: int, stderr: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An expected error is one clear line on stderr and a fitting exit status, never a traceback."""
    ended = run_with(raiser(error), monkeypatch)
    printed = capsys.readouterr().err
    assert (ended, printed.endswith(stderr), printed.strip() == stderr.strip() or status == 2) == (status, True, True)


def test_nothing_runs_on_mixed_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A package that is not ours ends the program before anything else is done."""
    monkeypatch.setattr("app.main.check_packages", raiser(MixedPackages("The package intake is not ours.")))
    assert (main(["--version"]), *capsys.readouterr()) == (1, "", "tierdesk: The package intake is not ours.\n")


def test_a_bug_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected is not hidden behind a friendly line."""
    with pytest.raises(ZeroDivisionError):
        run_with(lambda: 1 / 0, monkeypatch)


@pytest.mark.parametrize("unbuffered", ["1", ""], ids=["at-print", "at-end"])
def test_a_closed_pipe_is_quiet(unbuffered: str) -> None:
    """``tierdesk ... | head`` ends without a word when head has enough, whether a print or the last flush finds out."""
    program = (
        "import click, os, sys; from app.main import cli, main; r, w = os.pipe(); os.close(r); os.dup2(w, 1);"
        "cli.get_command = lambda ctx, name: click.Command(name, callback=lambda: print('much'));"
        "sys.exit(main(['probe']))"
    )
    environ = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    run = subprocess.run([sys.executable, "-c", program], env=environ, stderr=subprocess.PIPE, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")


def test_without_a_command_the_console_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """``tierdesk`` alone is ``tierdesk console``, with the same context."""
    seen = []

    @click.command()
    @pass_context
    def console(context: Context) -> None:
        seen.append(context.as_login)

    monkeypatch.setattr(cli, "get_command", lambda ctx, name: console if name == "console" else None)
    assert (main(["--as", "maria"]), seen) == (0, ["maria"])


def test_a_command_is_given_the_options_once() -> None:
    """Using a command twice in one process does not give it two ``--config``."""
    command = click.Group("outer", commands={"inner": click.Command("inner")})
    accept_globals(accept_globals(command))
    flags = [option for one in (command, command.commands["inner"]) for p in one.params for option in p.opts]
    assert flags == ["--config", "--as", "--config", "--as"]


def test_unknown_names_import_nothing() -> None:
    """A name that is not in the table is never turned into a module."""
    group = LazyGroup("g", table={})
    assert group.get_command(click.Context(group), "os") is None


def test_init_writes_where_settings_are_read(tmp_path: Path) -> None:
    """The file to write is --config, else TIERDESK_CONFIG, else the user's own."""
    targets = [
        Context(environ={}).config_target,
        Context(environ={"TIERDESK_CONFIG": "/a.toml"}).config_target,
        Context(config=Path("/b.toml"), environ={"TIERDESK_CONFIG": "/a.toml"}).config_target,
    ]
    assert targets == [tmp_path / "config/tierdesk/tierdesk.toml", Path("/a.toml"), Path("/b.toml")]
