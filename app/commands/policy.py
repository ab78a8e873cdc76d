"""``tierdesk policy``: levels, targets, routing, texts; numbered versions in the store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.context import Context, pass_context
from app.errors import AppError
from procedure.terms import ref

file_argument = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE"
)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs: JSON.")


class BadPolicy(AppError):
    """A policy that cannot be used; each line of the text is one problem."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the problems."""
        return tuple(str(self).split("\n"))


@click.group()
def command() -> None:
    """Check, try, load, show and review the policy: levels, targets, routing."""


@command.command()
@file_argument
def check(file: Path) -> None:
    """Say everything that is wrong with a policy file, one line each; the store is not asked."""
    from desk.policy_texts import check as checked
    from procedure.policy import PolicyError

    try:
        policy = checked(_read(file))
    except PolicyError as error:
        raise BadPolicy("\n".join(error.problems)) from error
    click.echo(f"{file} is a policy: {policy.name}.")


@command.command()
@file_argument
@pass_context
def load(context: Context, file: Path) -> None:
    """Put a policy file in force and print its number."""
    from app.wiring import at_desk
    from desk import policies
    from desk.errors import Invalid

    text = _read(file)
    with at_desk(context) as (actor, desk):
        try:
            version = policies.load(actor, desk, text)
        except Invalid as error:
            raise BadPolicy(str(error)) from error
    click.echo(f"policy version {version} is in force")


@command.command()
@pass_context
def show(context: Context) -> None:
    """Print the policy in force as a file that can be changed and loaded; its number goes to standard error."""
    from app import plain
    from app.wiring import at_desk
    from desk import policies

    with at_desk(context) as (actor, desk):
        version, text = policies.show(actor, desk)
    click.echo(f"policy version {version}{' (the shipped one)' if version == policies.SHIPPED else ''}", err=True)
    if sys.stdout.isatty():
        plain.put(text.rstrip("\n"))
    else:
        sys.stdout.buffer.write(text.encode())


@command.command()
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="Tickets of so many days.")
@click.option("--words", type=click.IntRange(0, 1000), default=20, show_default=True, help="So many unknown words.")
@json_option
@pass_context
def review(context: Context, days: int, words: int, as_json: bool) -> None:
    """Say how often each rule was right by what people made of its tickets, and which words no rule knows."""
    from app import plain
    from app.wiring import at_desk
    from desk import policy_review
    from procedure.learning import rows_of

    with at_desk(context) as (actor, desk):
        found = policy_review.review(actor, desk, days)
    records, unknown = rows_of(found.records.values()), found.unknown_words(words)
    if as_json:
        rules = [
            {"rule": r.rule, "said": r.said, "decided": r.decided, "right": r.right, "missed": r.missed}
            for r in records
        ]
        unknown_words = [{"word": word, "tickets": number} for word, number in unknown]
        plain.put_json(
            {"judged": found.judged, "misrouted": found.misrouted, "rules": rules, "unknown_words": unknown_words}
        )
        return
    plain.put(f"{found.judged} tickets that people worked on, {found.misrouted} of them on another level than routed")
    rows = [(r.rule, r.said, r.decided, r.right, _percent(r.right, r.decided), r.missed) for r in records]
    plain.put_table(("RULE", "SAID", "DECIDED", "RIGHT", "SHARE", "KNEW BETTER"), rows)
    if unknown:
        plain.put("\nwords of misrouted tickets that no rule knows")
        plain.put_table(("WORD", "TICKETS"), unknown)


@command.command("try")
@file_argument
@click.option("--last", type=click.IntRange(1, 1_000_000), default=500, show_default=True, help="So many tickets.")
@json_option
@pass_context
def try_(context: Context, file: Path, last: int, as_json: bool) -> None:
    """Say where a changed policy would have sent the last tickets; nothing is loaded."""
    from app import plain
    from app.wiring import at_desk
    from desk import policy_review
    from desk.errors import Invalid
    from procedure.learning import share_right

    text = _read(file)
    with at_desk(context) as (actor, desk), _bar() as on_progress:
        try:
            found = policy_review.trial(actor, desk, text, last, on_progress)
        except Invalid as error:
            raise BadPolicy(str(error)) from error
    table = sorted(found.counted.items(), key=lambda entry: (entry[0][0], entry[0][1], entry[0][2] or 0))
    if as_json:
        levels = [{"now": a, "file": b, "people": c, "tickets": number} for (a, b, c), number in table]
        changed = [{"ref": ref(one.ticket_id), "now": one.now, "file": one.then, "people": one.people}
                   for one in found.changed]  # fmt: skip
        plain.put_json({"tickets": found.tickets, "levels": levels, "changed": changed})
        return
    rows = [(a.label, b.label, c.label if c else None, number) for (a, b, c), number in table]
    plain.put_table(("NOW", "FILE", "PEOPLE", "TICKETS"), rows)
    for name, place in (("now", 0), ("with the file", 1)):
        right, judged = share_right(found.counted, place)
        plain.put(f"right {name}: {right} of {judged} ({_percent(right, judged)})")
    if found.changed:
        plain.put("\nwould go elsewhere, the newest")
        plain.put_table(
            ("REF", "NOW", "FILE", "PEOPLE"),
            [
                (ref(c.ticket_id), c.now.label, c.then.label, c.people.label if c.people else None)
                for c in found.changed
            ],
        )


@contextmanager
def _bar() -> Iterator[Callable[[float], None]]:
    """Show how far it is on a terminal; standard error, so that the output stays whole."""
    if not sys.stderr.isatty():
        yield lambda part: None
        return
    with click.progressbar(length=100, label="Replaying", show_eta=False, width=30, file=sys.stderr) as bar:
        yield lambda part: bar.update(int(part * 100) - bar.pos)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _read(file: Path) -> str:
    try:
        return (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{file} is not UTF-8 text: byte {error.start} cannot be read.") from None
