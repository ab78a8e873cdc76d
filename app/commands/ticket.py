"""``tierdesk ticket``: what is in the queues, one whole ticket, and the work on it, for scripts and quick hands."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

import click

from app.context import Context, pass_context
from app.words import LEVELS, TICKET, one_of, text_given
from procedure.terms import Channel, Level, Priority, Status, ref

if TYPE_CHECKING:
    from desk.actors import Actor
    from desk.context import Desk

as_json_option = click.option("--json", "as_json", is_flag=True, help="For programs: JSON.")
text_option = click.option("--text", metavar="TEXT", help="The text; without it, or with -, standard input.")


@click.group()
def command() -> None:
    """List, show and work on tickets."""


@command.command("list")
@click.option("--level", type=LEVELS, help="Only this level's.")
@click.option("--all", "everything", is_flag=True, help="Solved and closed ones as well.")
@click.option("--text", default="", metavar="WORDS", help="Only those whose number, subject or requester holds them.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many.")
@as_json_option
@pass_context
def list_(context: Context, level: str | None, everything: bool, text: str, limit: int | None, as_json: bool) -> None:
    """Print the open tickets in the order of their queues; with --json one object a line."""
    from app import fields, plain
    from app.wiring import at_desk
    from desk import listing

    with at_desk(context) as (actor, desk):
        wanted = Level(int(level)) if level else None
        found = islice(listing.every(actor, desk, wanted, text=text, everything=everything), limit)
        if as_json:
            for view in found:
                plain.put_json(fields.ticket(view))
            return
        rows = [
            (v.ref, int(v.level), v.status, v.priority, v.waiting_since, v.subject, v.requester_name or
             v.requester_address, v.assignee) for v in found
        ]  # fmt: skip
        plain.put_table(("REF", "LEVEL", "STATUS", "PRIORITY", "WAITING SINCE", "SUBJECT", "FROM", "AGENT"), rows)


@command.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@as_json_option
@pass_context
def search(context: Context, query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Print the tickets that a search finds, the newest first, such as: level:2 from:nikos "ssl" waits>2h

    With --json one object a line. docs/search.md has the whole language.
    """
    from app import fields, found, plain
    from app.wiring import at_desk

    with at_desk(context) as (actor, desk):
        views = found.tickets(actor, desk, found.line_of(query), limit)
        if as_json:
            for view in views:
                plain.put_json(fields.ticket(view))
            return
        rows = [
            (v.ref, int(v.level), v.status, v.created_at, v.subject, v.requester_name or v.requester_address,
             v.assignee) for v in views
        ]  # fmt: skip
        plain.put_table(("REF", "LEVEL", "STATUS", "CREATED", "SUBJECT", "FROM", "AGENT"), rows)


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@as_json_option
@pass_context
def show(context: Context, ticket: int, as_json: bool) -> None:
    """Print a ticket with its conversation; with --json one object, history included."""
    from app import fields, letters, plain
    from app.wiring import at_desk
    from desk import reading

    with at_desk(context) as (actor, desk):
        view = reading.show(actor, desk, ticket)
    if as_json:
        plain.put_json(fields.whole_ticket(view))
    else:
        letters.put_ticket(view)


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@as_json_option
@pass_context
def clock(context: Context, ticket: int, as_json: bool) -> None:
    """Print how a ticket's time was counted: each target with what was counted, paused and out of hours, in UTC."""
    from datetime import UTC

    from app import fields, plain
    from app.wiring import at_desk
    from desk import clocks
    from procedure import clock_words

    with at_desk(context) as (actor, desk):
        found, now = clocks.explain(actor, desk, ticket), desk.clock.now()
    if as_json:
        plain.put_json({"ref": ref(ticket), "clocks": [fields.clock(one) for one in found]})
        return
    for one in found:
        plain.put(clock_words.summary(one, now, UTC))
        for line in clock_words.lines(one, UTC):
            plain.put(f"  {line}")


@command.command()
@click.option("--subject", required=True, help="What it is about, in one line.")
@click.option("--from", "address", default="", metavar="ADDRESS", help="The requester's mail address.")
@click.option("--name", default="", help="The requester's name.")
@click.option("--channel", type=one_of(Channel), default="phone", show_default=True, help="Its way.")
@click.option("--level", type=LEVELS, help="Instead of the policy's choice.")
@click.option("--priority", type=one_of(Priority), help="Instead of the policy's choice.")
@text_option
@as_json_option
@pass_context
def new(
    context: Context,
    subject: str,
    address: str,
    name: str,
    channel: str,
    level: str | None,
    priority: str | None,
    text: str | None,
    as_json: bool,
) -> None:
    """Open a ticket for somebody who called, and print its number."""
    from app import fields, plain
    from app.wiring import at_desk
    from desk import opening, reading
    from procedure.mail import Address

    words = text_given(text)
    wanted = Level(int(level)) if level else None
    with at_desk(context) as (actor, desk):
        ticket = opening.open_ticket(
            actor,
            desk,
            subject,
            words,
            Address(name, address),
            channel=Channel(channel),
            level=wanted,
            priority=Priority(priority) if priority else None,
        )
        if as_json:
            plain.put_json(fields.ticket(reading.show(actor, desk, ticket)))
        else:
            click.echo(ref(ticket))


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@text_option
@click.option("--solve", is_flag=True, help="Solve the ticket with this answer.")
@click.option("--status", type=click.Choice(["pending", "open", "solved"]), help="The status then; pending by default.")
@as_json_option
@pass_context
def reply(context: Context, ticket: int, text: str | None, solve: bool, status: str | None, as_json: bool) -> None:
    """Answer the requester by mail."""
    from app.wiring import at_desk
    from desk import replies

    if solve and status not in (None, "solved"):
        raise click.UsageError(f"--solve and --status {status} do not go together.")
    words, then = text_given(text), Status.SOLVED if solve else Status(status or "pending")
    with at_desk(context) as (actor, desk):
        message = replies.send(actor, desk, ticket, words, then=then)
        _put_message(actor, desk, ticket, message, as_json)


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@text_option
@as_json_option
@pass_context
def note(context: Context, ticket: int, text: str | None, as_json: bool) -> None:
    """Write a note that only the group sees."""
    from app.wiring import at_desk
    from desk import replies

    words = text_given(text)
    with at_desk(context) as (actor, desk):
        message = replies.note(actor, desk, ticket, words)
        _put_message(actor, desk, ticket, message, as_json)


def _put_message(actor: Actor, desk: Desk, ticket: int, message: int, as_json: bool) -> None:
    from app import fields, plain
    from desk import reading

    if as_json:
        written = next(one for one in reading.show(actor, desk, ticket).messages if one.id == message)
        plain.put_json({"ref": ref(ticket), **fields.message(written)})
    else:
        click.echo(f"{ref(ticket)} message {message}")


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@click.argument("login", required=False)
@click.option("--nobody", is_flag=True, help="Take it from whoever has it.")
@pass_context
def assign(context: Context, ticket: int, login: str | None, nobody: bool) -> None:
    """Give a ticket to a member of staff."""
    from desk import tickets

    if (login is None) != nobody:
        raise click.UsageError("Give either a LOGIN or --nobody.")
    _change(context, ticket, lambda actor, desk: tickets.assign(actor, desk, ticket, login))


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@pass_context
def claim(context: Context, ticket: int) -> None:
    """Take a ticket yourself."""
    from desk import tickets

    _change(context, ticket, lambda actor, desk: tickets.claim(actor, desk, ticket))


@command.command("level")
@click.argument("ticket", type=TICKET, metavar="REF")
@click.argument("level", type=LEVELS)
@click.option("--note", default="", help="What was asked, tried and seen.")
@pass_context
def level_(context: Context, ticket: int, level: str, note: str) -> None:
    """Hand a ticket up or down, with a note for those who get it."""
    from desk import tickets

    wanted = Level(int(level))
    _change(context, ticket, lambda actor, desk: tickets.set_level(actor, desk, ticket, wanted, note))


@command.command("status")
@click.argument("ticket", type=TICKET, metavar="REF")
@click.argument("status", type=one_of(status for status in Status if status is not Status.NEW))
@click.option("--until", metavar="MOMENT", help="When it comes back: 2h, 3d, 18:30, 2026-12-01T09:00.")
@pass_context
def status_(context: Context, ticket: int, status: str, until: str | None) -> None:
    """Set where a ticket stands."""
    from desk import tickets
    from procedure.moments import parse_moment

    def change(actor: Actor, desk: Desk) -> None:
        try:
            wake_at = parse_moment(until, desk.clock.now()) if until else None
        except (ValueError, OverflowError) as error:
            raise click.BadParameter(str(error), param_hint="--until") from None
        tickets.set_status(actor, desk, ticket, Status(status), wake_at)

    _change(context, ticket, change)


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@click.argument("difficulty", type=click.IntRange(1, 5))
@pass_context
def difficulty(context: Context, ticket: int, difficulty: int) -> None:
    """Correct the estimate of how hard a ticket is, 1 to 5."""
    from desk import tickets

    _change(context, ticket, lambda actor, desk: tickets.set_difficulty(actor, desk, ticket, difficulty))


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@click.argument("priority", type=one_of(Priority))
@pass_context
def priority(context: Context, ticket: int, priority: str) -> None:
    """Set how soon a ticket must be looked at."""
    from desk import tickets

    _change(context, ticket, lambda actor, desk: tickets.set_priority(actor, desk, ticket, Priority(priority)))


@command.command()
@click.argument("ticket", type=TICKET, metavar="REF")
@click.argument("tags", nargs=-1)
@pass_context
def tags(context: Context, ticket: int, tags: tuple[str, ...]) -> None:
    """Replace a ticket's tags; none takes them all away."""
    from desk import tickets

    _change(context, ticket, lambda actor, desk: tickets.set_tags(actor, desk, ticket, tags))


def _change(context: Context, ticket: int, act: Callable[[Actor, Desk], object]) -> None:
    """Do one thing to a ticket and say nothing: no news is good news."""
    from app.wiring import at_desk

    with at_desk(context) as (actor, desk):
        act(actor, desk)
