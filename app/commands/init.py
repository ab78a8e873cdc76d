"""``tierdesk init``: a settings file, a store and the first member of staff, in one go."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.context import Context, pass_context
from app.errors import AppError
from procedure.terms import Role

if TYPE_CHECKING:
    from app.settings_model import Settings


@dataclass(frozen=True)
class Answers:
    """What init has to know."""

    address: str
    login: str
    name: str
    email: str


@click.command()
@click.option("--address", help="The mail address of the desk, such as support@example.org.")
@click.option("--login", help="Your login at the desk; your user name on this machine by default.")
@click.option("--name", help="Your name as customers see it.")
@click.option("--email", metavar="ADDRESS", help="Your own mail address.")
@click.option("--store", "store_url", metavar="URL", help="Instead of a file in the user's data directory.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the default for what is not given.")
@click.option("--force", is_flag=True, help="Replace a settings file that exists.")
@pass_context
def command(
    context: Context,
    address: str | None,
    login: str | None,
    name: str | None,
    email: str | None,
    store_url: str | None,
    yes: bool,
    force: bool,
) -> None:
    """Write a commented tierdesk.toml, make the store and the first member of staff, who has every role."""
    target = context.config_target
    if target.exists() and not force:
        raise AppError(f"{target} exists already; --force replaces it.")
    asks = not yes and sys.stdin.isatty() and sys.stderr.isatty()
    answers = _answers(address or _from_environment(context), login, name, email, asks=asks)
    values: dict[str, object] = {"desk.addresses": [answers.address]}
    if store_url:
        values["store.url"] = store_url
    draft = _write_draft(target, values)
    try:
        lines = _open_and_staff(Context(config=draft, environ=context.environ), answers)
        draft.replace(target)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    for line in [f"Settings: {target}", *lines, "Now: tierdesk (the console), or tierdesk serve and tierdesk doctor."]:
        click.echo(line)


def _from_environment(context: Context) -> str | None:
    return context.environ.get("TIERDESK_DESK__ADDRESSES", "").split(",")[0].strip() or None


def _answers(address: str | None, login: str | None, name: str | None, email: str | None, *, asks: bool) -> Answers:
    user = _user_name()
    if not asks:
        if not address:
            raise click.UsageError("Give the mail address of the desk with --address.")
        return Answers(address, login or user, name or login or user, email or "")
    address = address or _ask("The mail address of the desk")
    login = login or _ask("Your login", user)
    name = name or _ask("Your name, as customers see it", login)
    return Answers(address, login, name, email if email is not None else _ask("Your own mail address", ""))


def _ask(question: str, default: str | None = None) -> str:
    return str(click.prompt(question, default=default, err=True, show_default=bool(default)))


def _user_name() -> str:
    from app.wiring import user_name

    return user_name(os.geteuid())


def _write_draft(target: Path, values: dict[str, object]) -> Path:
    """Write the file beside its place, readable by its owner alone; it takes its place when all else has worked."""
    from app.settings_reference import starter_toml

    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(starter_toml(values))
    return draft


def _open_and_staff(context: Context, answers: Answers) -> list[str]:
    """Make the store and the first member of staff; return what to tell."""
    from contextlib import closing

    from app.settings import mask_url
    from app.wiring import bring_up, open_desk
    from desk import people
    from desk.clock import SystemClock
    from desk.errors import Refused
    from desk.founding import founder

    settings = _settings(context)
    bring_up(settings.store.url, SystemClock(), is_asked=True)
    lines = [f"Store: {mask_url(settings.store.url)}"]
    with closing(open_desk(context)) as desk:
        try:
            people.add(founder(desk), desk, answers.login, answers.name, answers.email, list(Role))
        except Refused:
            return [*lines, "Staff: there is some already; nobody was added."]
    return [*lines, f"Staff: {answers.login}, with every role"]


def _settings(context: Context) -> Settings:
    """Return the settings of the draft; its problems are told by what was given, not by the draft's name."""
    from app.errors import SettingsError

    try:
        return context.settings
    except SettingsError as error:
        assert context.config is not None
        draft = str(context.config.absolute())
        raise SettingsError([problem.replace(draft, "what was given") for problem in error.problems]) from None
