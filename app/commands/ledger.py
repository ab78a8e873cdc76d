"""``tierdesk ledger``: every mail that came in and what became of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from app.commands.ticket import as_json_option
from app.context import Context, pass_context
from app.words import one_of
from procedure.terms import Fate, parse_ref

if TYPE_CHECKING:
    from desk.decisions import Decided
    from desk.flood_decisions import FloodDecided


@click.group()
def command() -> None:
    """Every mail that came in and what became of it."""


@command.command("list")
@click.option("--fate", type=one_of(Fate), help="Only those that ended there.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, the newest.")
@as_json_option
@pass_context
def list_(context: Context, fate: str | None, limit: int | None, as_json: bool) -> None:
    """Print accepted mails, newest first; with --json one object a line."""
    from app import fields, plain
    from app.pages import by_id
    from app.wiring import at_desk
    from desk import ledger
    from procedure.terms import ref

    with at_desk(context) as (actor, desk):
        wanted = Fate(fate) if fate else None
        found = by_id(lambda before, size: ledger.rows(actor, desk, fate=wanted, before_id=before, limit=size), limit)
        if as_json:
            for row in found:
                plain.put_json(fields.ledger(row))
            return
        rows = [
            (row.id, row.received_at, row.mail_from or "<>", ", ".join(row.rcpt_to), row.size, row.fate,
             ref(row.ticket_id) if row.ticket_id else None, row.reason) for row in found
        ]  # fmt: skip
        plain.put_table(("ID", "RECEIVED", "FROM", "TO", "BYTES", "FATE", "TICKET", "REASON"), rows)


@command.command()
@click.argument("mail", type=click.IntRange(min=1), metavar="ID")
@as_json_option
@pass_context
def show(context: Context, mail: int, as_json: bool) -> None:
    """Print one accepted mail: envelope, fate, and the rules that had a say."""
    from app import fields, plain
    from app.wiring import at_desk
    from desk import ledger

    with at_desk(context) as (actor, desk):
        document = fields.ledger_with_rules(ledger.get(actor, desk, mail))
    if as_json:
        plain.put_json(document)
        return
    rules, decision = document.pop("rules"), document.pop("decision")
    if not document["folded"]:
        del document["folded"]
    if decision:
        document["decision"] = f"{decision['act']} by {decision['by']} at {decision['at']}"
    for name, value in document.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        plain.put(f"{name:<12} {'-' if shown in (None, '') else ' '.join(str(shown).split())}")
    for rule in rules:
        plain.put(f"{'rule':<12} {rule['rule']}: {' '.join(rule['because'].split())}")


@command.command()
@as_json_option
@pass_context
def balance(context: Context, as_json: bool) -> None:
    """Print the sum of the ledger: what came in must equal the fates and what is pending. Exit status 1 otherwise."""
    from app import fields, plain
    from app.wiring import at_desk
    from desk import ledger

    with at_desk(context) as (actor, desk):
        sums = ledger.balance(actor, desk)
    if as_json:
        plain.put_json(fields.balance(sums))
    else:
        for name, mails in [("accepted", sums.accepted), *sums.fates.items(), ("pending", sums.pending)]:
            plain.put(f"{name:<12} {mails:>9,}")
        plain.put("balanced" if sums.is_balanced else "NOT BALANCED")
    for fault in sums.faults:
        click.echo(f"tierdesk: {fault}", err=True)
    if not sums.is_balanced:
        click.get_current_context().exit(1)


@command.command()
@click.argument("mail", type=click.IntRange(min=1), metavar="ID")
@pass_context
def raw(context: Context, mail: int) -> None:
    """Write the bytes of an accepted mail as they came to standard output; a terminal gets them made harmless."""
    from app import plain
    from app.wiring import at_desk
    from desk import ledger

    with at_desk(context) as (actor, desk):
        octets = ledger.raw(actor, desk, mail)
    if sys.stdout.isatty():
        plain.put(octets.decode("utf-8", "replace"))
    else:
        sys.stdout.buffer.write(octets)


flood_option = click.option("--flood", is_flag=True, help="All the mails of the flood for which this one stands.")


@command.command()
@click.argument("mail", type=click.IntRange(min=1), metavar="ID")
@flood_option
@as_json_option
@pass_context
def release(context: Context, mail: int, flood: bool, as_json: bool) -> None:
    """Let a quarantined or poison mail open a new ticket."""
    from app.wiring import at_desk
    from desk import decisions, flood_decisions

    with at_desk(context) as (actor, desk):
        if flood:
            _said_of_flood(flood_decisions.release(actor, desk, mail), as_json)
        else:
            _said(decisions.release(actor, desk, mail), as_json)


@command.command()
@click.argument("mail", type=click.IntRange(min=1), metavar="ID")
@click.option("--ticket", "reference", help="The ticket to join, e.g. TD-1042; without it the one that the mail names.")
@as_json_option
@pass_context
def join(context: Context, mail: int, reference: str | None, as_json: bool) -> None:
    """Let a quarantined or poison mail join a ticket."""
    from app.wiring import at_desk
    from desk import decisions

    wanted = parse_ref(reference) if reference is not None else None
    if reference is not None and wanted is None:
        raise click.BadParameter(f"{reference!r} is no reference such as TD-1042.", param_hint="--ticket")
    with at_desk(context) as (actor, desk):
        _said(decisions.join(actor, desk, mail, wanted), as_json)


@command.command()
@click.argument("mail", type=click.IntRange(min=1), metavar="ID")
@click.option("--undo", is_flag=True, help="Take the decision on the mail back instead, while nothing came of it.")
@flood_option
@as_json_option
@pass_context
def spam(context: Context, mail: int, undo: bool, flood: bool, as_json: bool) -> None:
    """Mark a quarantined or poison mail as spam. It is kept."""
    from app.wiring import at_desk
    from desk import decisions, flood_decisions

    with at_desk(context) as (actor, desk):
        if flood:
            decide = flood_decisions.take_back if undo else flood_decisions.spam
            _said_of_flood(decide(actor, desk, mail), as_json)
            return
        _said((decisions.take_back if undo else decisions.spam)(actor, desk, mail), as_json)


@command.command()
@click.argument("mail", type=click.IntRange(min=1), metavar="ID")
@as_json_option
@pass_context
def retry(context: Context, mail: int, as_json: bool) -> None:
    """Have a poison mail read again."""
    from app.wiring import at_desk
    from desk import decisions

    with at_desk(context) as (actor, desk):
        _said(decisions.retry(actor, desk, mail), as_json)


def _said_of_flood(decided: FloodDecided, as_json: bool) -> None:
    from app import fields, plain

    document = fields.flood_decided(decided)
    if as_json:
        plain.put_json(document)
    else:
        plain.put(" ".join(f"{name}={value}" for name, value in document.items()))


def _said(decided: Decided, as_json: bool) -> None:
    from app import fields, plain

    document = fields.decided(decided)
    if as_json:
        plain.put_json(document)
    else:
        plain.put(" ".join(f"{name}={'-' if value is None else value}" for name, value in document.items()))
