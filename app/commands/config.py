"""``tierdesk config``: what is set, and where from."""

from __future__ import annotations

import json

import click

from app.context import Context, pass_context


@click.group()
def command() -> None:
    """Show the settings and where each comes from."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@pass_context
def show(context: Context, as_json: bool) -> None:
    """Print every setting, its value and its origin; passwords are masked."""
    rows = context.loaded.rows()
    if as_json:
        for row in rows:
            click.echo(json.dumps({"key": row.key, "value": row.value, "origin": row.origin}, ensure_ascii=False))
        return
    texts = [(row.key, json.dumps(row.value, ensure_ascii=False), row.origin) for row in rows]
    widths = [max(len(text[column]) for text in texts) for column in (0, 1)]
    for key, value, origin in texts:
        click.echo(f"{key:<{widths[0]}}  {value:<{widths[1]}}  {origin}")
