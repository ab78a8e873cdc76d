"""``tierdesk demo``: a throwaway desk with believable customers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from app.commands.console import NoTerminal

if TYPE_CHECKING:
    from app.demo.stage import Stage


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another number tells another story.")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Keep store and log in DIR."
)
@click.option(
    "--speed", type=click.FloatRange(0.1, 100), default=1.0, show_default=True, help="How fast customers write."
)
@click.option(
    "--headless", type=click.FloatRange(0, 86_400), metavar="SECONDS",
    help="Run that long without a console and answer some tickets; needs no terminal.",
)  # fmt: skip
def command(seed: int, keep: Path | None, speed: float, headless: float | None) -> None:
    """Try the console at once: a desk with three weeks of history, and customers who write and answer.

    Everything is on this machine and is thrown away at the end; your own settings and store are not touched.
    """
    if headless is None:
        _need_terminal()
    with _ending_in_order(), _directory(keep) as directory:
        _write_history(directory, seed)
        status, said = _show(directory, seed, speed, headless)
        if not status:
            click.echo(said)
            if keep is not None:
                click.echo(f"Kept: TIERDESK_STORE__URL=sqlite:///{directory / 'tierdesk.db'}")
    if status:
        click.get_current_context().exit(status)


def _need_terminal() -> None:
    from tui import terminal

    refusal = terminal.refusal()
    if refusal:
        raise NoTerminal(f"{refusal} 'tierdesk demo --headless 20' shows mail in and answers out without one.")


def _write_history(directory: Path, seed: int) -> None:
    """Write three weeks, with a bar on a terminal."""
    from app.demo.stage import prepare

    with click.progressbar(length=100, label="Three weeks at the desk", show_eta=False, width=30) as bar:
        prepare(directory, seed, lambda part: bar.update(int(part * 100) - bar.pos))


def _show(directory: Path, seed: int, speed: float, headless: float | None) -> tuple[int, str]:
    """Run the demo to its end; returns the exit status and what happened."""
    from app.demo.stage import running

    with running(directory, seed, speed) as stage:
        status = _run_console(stage) if headless is None else _run_headless(stage, headless, speed, seed)
    is_balanced = stage.balance is not None and stage.balance.is_balanced
    return status or int(not is_balanced), stage.said()


def _run_console(stage: Stage) -> int:
    from desk.clock import SystemClock
    from tui import terminal
    from tui.app import ConsoleApp

    app = ConsoleApp(connect=lambda: (stage.desk, stage.you), clock=SystemClock().now)
    return terminal.run(app)


def _run_headless(stage: Stage, seconds: float, speed: float, seed: int) -> int:
    from random import Random

    from app.demo import colleague
    from procedure.terms import ref

    answered = colleague.work(stage.you, stage.desk, seconds, speed, Random(f"colleague {seed}"))
    click.echo(f"{stage.you.login} answered {', '.join(map(ref, answered)) or 'nothing'}.")
    return 0


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    """Give the demo a directory: one that is removed, or the one to keep. Raises UsageError when that is in use."""
    if keep is None:
        with TemporaryDirectory(prefix="tierdesk-demo-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    keep = keep.absolute()
    keep.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(keep.iterdir()):
        raise click.UsageError(f"--keep {keep}: there is something in it already.")
    yield keep


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an end that clears up, also before and after the console's own time."""
    numbers = (signal.SIGTERM, signal.SIGHUP)

    def end(number: int, _: FrameType | None) -> NoReturn:
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
