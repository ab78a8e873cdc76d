"""The command ``tierdesk``: options, the list of commands, and what an error looks like to the person who typed it.

Exit status: 0 done · 1 refused, one line on stderr · 2 wrong usage · 78 bad settings, one line each · 130 interrupted.
Anything else is a bug and shows its traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from app.context import Context
from app.errors import AppError
from app.lazy import LazyGroup
from app.packages import check_packages
from desk.errors import DeskError

COMMANDS = {
    "console": "The console: the same as tierdesk alone.",
    "demo": "A throwaway desk with believable customers, to try at once.",
    "init": "Write a commented tierdesk.toml, make the store and the first member of staff.",
    "serve": "Run the service without a console: mail in, mail out, timers.",
    "migrate": "Bring the store to this version.",
    "doctor": "Check installation, settings, store and laws; say what to do.",
    "config": "Show the settings and where each comes from.",
    "staff": "Add and list members of staff.",
    "policy": "Check, load and show the policy: levels, targets, routing.",
    "ticket": "List, show and work on tickets.",
    "ledger": "Every mail that came in and what became of it.",
    "outbox": "Every mail that goes out and where it stands.",
}


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"tierdesk {version('tierdesk')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="--config and --as may also stand after the command. Settings: docs/settings.md.",
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="The settings file.")
@click.option("--as", "as_login", metavar="LOGIN", help="Act as this member of staff (owner of the store only).")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show it.")
@click.pass_context
def cli(ctx: click.Context, config: Path | None, as_login: str | None) -> None:
    """Run the support desk: mail and calls in, three live level queues, answers out.

    Without a command, open the console.
    """
    ctx.obj = Context(config=config, as_login=as_login)
    if ctx.invoked_subcommand is None:
        console = cli.get_command(ctx, "console")
        assert console is not None
        ctx.invoke(console)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; ``argv`` is without the program's name."""
    try:
        check_packages()
        result = cli.main(args=argv, prog_name="tierdesk", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:
        return _failed(error)
    except KeyboardInterrupt:
        return 130
    # A number is what ctx.exit() was given.
    return result if isinstance(result, int) else 0


def _failed(error: Exception) -> int:
    """Print what went wrong and return the exit status. Raises what nobody expected."""
    match error:
        case click.Abort():
            return 130
        case click.ClickException():
            error.show()
            return error.exit_code
        case AppError():
            _complain(error.lines)
            return error.exit_status
        case DeskError():
            _complain([str(error)])
            return 1
        case BrokenPipeError():
            # Whoever read us has enough (``| head``); click ends its own part of this the same way.
            # Python would complain once more when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        case OSError(strerror=str(reason)):
            _complain([f"{error.filename}: {reason}." if error.filename else f"{reason}."])
            return 1
    raise error


def _complain(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"tierdesk: {line}", err=True)


if __name__ == "__main__":
    sys.exit(main())
