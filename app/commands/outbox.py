"""``tierdesk outbox``: every mail that goes out and where it stands."""

from __future__ import annotations

import click

from app.commands.ticket import as_json_option
from app.context import Context, pass_context
from app.words import TICKET, one_of
from procedure.terms import OutboxState, ref


@click.group()
def command() -> None:
    """Every mail that goes out and where it stands."""


@command.command("list")
@click.option("--state", type=one_of(OutboxState), help="Only those in this state.")
@click.option("--ticket", type=TICKET, metavar="REF", help="Only those of this ticket.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, the newest.")
@as_json_option
@pass_context
def list_(context: Context, state: str | None, ticket: int | None, limit: int | None, as_json: bool) -> None:
    """Print outgoing mails, newest first; with --json one object a line."""
    from app import fields, plain
    from app.pages import by_id
    from app.wiring import at_desk
    from desk import outgoing

    with at_desk(context) as (actor, desk):
        wanted = OutboxState(state) if state else None
        found = by_id(
            lambda before, size: outgoing.rows(
                actor, desk, state=wanted, ticket_id=ticket, before_id=before, limit=size
            ),
            limit,
        )
        if as_json:
            for row in found:
                plain.put_json(fields.outbox(row))
            return
        rows = [(r.id, ref(r.ticket_id), r.to, r.subject, r.state, r.attempts, r.due_at, r.last_reply) for r in found]
        plain.put_table(("ID", "TICKET", "TO", "SUBJECT", "STATE", "ATTEMPTS", "DUE", "LAST REPLY"), rows)


@command.command()
@click.argument("mail", type=click.IntRange(min=1), metavar="ID")
@pass_context
def retry(context: Context, mail: int) -> None:
    """Send a mail that waits or was given up, now."""
    from app.wiring import at_desk
    from desk import outgoing

    with at_desk(context) as (actor, desk):
        outgoing.retry(actor, desk, mail)
