"""``tierdesk``: the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import click

from app.context import Context, pass_context
from app.errors import AppError

if TYPE_CHECKING:
    from app.settings_model import ConsoleSettings


class NoTerminal(AppError):
    """The console cannot run here."""

    exit_status: ClassVar[int] = 2


@click.command()
@pass_context
def command(context: Context) -> None:
    """Open the console: the level queues, live. The same as tierdesk alone.

    It paints first; store and service open behind it. Logs go to a file in the user's log directory.
    """
    from tui import terminal

    refusal = terminal.refusal()
    if refusal:
        raise NoTerminal(refusal)
    settings = context.settings.console
    _check_keymap(settings)
    status = _run(context, settings)
    if status:
        click.get_current_context().exit(status)


def _check_keymap(settings: ConsoleSettings) -> None:
    """Refuse keys that the console does not know or that clash, each with its sentence. Raises SettingsError."""
    from app.errors import SettingsError
    from tui.keymap import problems

    found = problems(settings.keymap)
    if found:
        raise SettingsError([f"console.keymap: {sentence}" for sentence in found])


def _run(context: Context, settings: ConsoleSettings) -> int:
    import os

    import platformdirs

    from app import logs
    from app.opening import Opening
    from desk.clock import SystemClock
    from tui import terminal
    from tui.app import ConsoleApp

    logs.configure(context.settings.log.level, platformdirs.user_log_path("tierdesk") / "console.log")
    with Opening(context) as opening:
        app = ConsoleApp(
            opening.open,
            SystemClock().now,
            theme_name=settings.theme,
            animations=settings.animations,
            keymap=settings.keymap,
            editor=settings.editor,
            service_state=opening.service_state,
            environ=os.environ,
        )
        return terminal.run(app, settings.mouse)
