"""``tierdesk staff``: who works here."""

from __future__ import annotations

import click

from app.commands.ticket import as_json_option
from app.context import Context, pass_context
from app.words import one_of
from procedure.terms import Role


@click.group()
def command() -> None:
    """Add and list members of staff."""


@command.command()
@click.argument("login")
@click.option("--name", default="", help="The name customers see; the login when not given.")
@click.option("--email", default="", metavar="ADDRESS", help="Their own mail address.")
@click.option(
    "--role", "roles", multiple=True, type=one_of(Role), default=["level1"], show_default=True,
    help="What they may be; may stand more than once.",
)  # fmt: skip
@pass_context
def add(context: Context, login: str, name: str, email: str, roles: tuple[str, ...]) -> None:
    """Add a member of staff."""
    from app.wiring import at_desk
    from desk import people

    with at_desk(context) as (actor, desk):
        people.add(actor, desk, login, name, email, [Role(role) for role in roles])


@command.command("list")
@as_json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """Print the staff; with --json one object a line."""
    from app import fields, plain
    from app.wiring import at_desk
    from desk import people

    with at_desk(context) as (actor, desk):
        everybody = people.everybody(actor, desk)
    if as_json:
        for view in everybody:
            plain.put_json(fields.staff(view))
        return
    rows = [(v.login, v.name, v.email, ", ".join(v.roles), "blocked" if v.is_blocked else "") for v in everybody]
    plain.put_table(("LOGIN", "NAME", "EMAIL", "ROLES", ""), rows)
