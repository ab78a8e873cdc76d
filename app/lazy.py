"""A click group that knows its commands by name and help, and imports one only when it is used.

``tierdesk --help`` thereby imports neither the store's libraries nor the terminal's (0.05 s instead of 1 s).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from app.context import Context


class LazyGroup(click.Group):
    """A group whose commands live in ``app.commands.<name>`` as ``command``; ``table`` holds each one's help."""

    def __init__(self, *args: Any, table: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None when there is none of that name."""
        if cmd_name not in self.table:
            return None
        command = import_module(f"app.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return accept_globals(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))


def accept_globals(command: click.Command) -> click.Command:
    """Let ``--config`` and ``--as`` stand after the command as well, where people type them. Done once per command."""
    if not any(parameter.name == "global_config" for parameter in command.params):
        command.params += [
            _hidden("--config", "global_config", "config", click.Path(path_type=Path)),
            _hidden("--as", "global_as", "as_login", click.STRING),
        ]
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        accept_globals(inner)
    return command


def _hidden(flag: str, name: str, attribute: str, kind: click.ParamType[Any]) -> click.Option:
    def keep(ctx: click.Context, _: click.Parameter, value: object) -> None:
        context = ctx.find_object(Context)
        if value is not None and context is not None:
            setattr(context, attribute, value)

    return click.Option([flag, name], type=kind, hidden=True, expose_value=False, callback=keep)
