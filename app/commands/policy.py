"""``tierdesk policy``: levels, targets, routing, texts; numbered versions in the store."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.context import Context, pass_context
from app.errors import AppError

file_argument = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE"
)


class BadPolicy(AppError):
    """A policy that cannot be used; each line of the text is one problem."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the problems."""
        return tuple(str(self).split("\n"))


@click.group()
def command() -> None:
    """Check, load and show the policy: levels, targets, routing."""


@command.command()
@file_argument
def check(file: Path) -> None:
    """Say everything that is wrong with a policy file, one line each; the store is not asked."""
    from procedure.policy import PolicyError, parse

    try:
        policy = parse(_read(file))
    except PolicyError as error:
        raise BadPolicy("\n".join(error.problems)) from error
    click.echo(f"{file} is a policy: {policy.name}.")


@command.command()
@file_argument
@pass_context
def load(context: Context, file: Path) -> None:
    """Put a policy file in force and print its number."""
    from app.wiring import at_desk
    from desk import policies
    from desk.errors import Invalid

    text = _read(file)
    with at_desk(context) as (actor, desk):
        try:
            version = policies.load(actor, desk, text)
        except Invalid as error:
            raise BadPolicy(str(error)) from error
    click.echo(f"policy version {version} is in force")


@command.command()
@pass_context
def show(context: Context) -> None:
    """Print the policy in force as a file that can be changed and loaded; its number goes to standard error."""
    from app import plain
    from app.wiring import at_desk
    from desk import policies

    with at_desk(context) as (actor, desk):
        version, text = policies.show(actor, desk)
    click.echo(f"policy version {version}{' (the shipped one)' if version == policies.SHIPPED else ''}", err=True)
    if sys.stdout.isatty():
        plain.put(text.rstrip("\n"))
    else:
        sys.stdout.buffer.write(text.encode())


def _read(file: Path) -> str:
    try:
        return (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{file} is not UTF-8 text: byte {error.start} cannot be read.") from None
