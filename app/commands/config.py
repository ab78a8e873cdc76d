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


@command.command("mail-user")
@click.argument("name")
def mail_user(name: str) -> None:
    """Print a line for smtp.users_file, for a mail system that is to log in; asks for its password."""
    import secrets

    from intake.users import line_for

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    try:
        click.echo(line_for(name, password, secrets.token_bytes(16)))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
