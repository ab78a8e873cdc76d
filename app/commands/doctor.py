"""``tierdesk doctor``: does it work here, and what to do if not."""

from __future__ import annotations

import click

from app.commands.ticket import as_json_option
from app.context import Context, pass_context


@click.command()
@as_json_option
@pass_context
def command(context: Context, as_json: bool) -> None:
    """Check installation, settings, store and laws, and say what to do. Changes nothing; exit status 1 on a failure."""
    from app import plain
    from app.doctor import Verdict, examine

    failed = False
    for finding in examine(context.loaded):
        failed = failed or finding.verdict is Verdict.FAIL
        if as_json:
            plain.put_json(
                {"check": finding.check, "verdict": finding.verdict.value, "found": finding.found,
                 "advice": finding.advice}
            )  # fmt: skip
            continue
        plain.put(f"{finding.verdict:<5} {finding.check:<12} {finding.found}")
        if finding.advice:
            plain.put(f"{'':<18} {finding.advice}")
    if failed:
        click.get_current_context().exit(1)
