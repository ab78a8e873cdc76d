"""``tierdesk migrate``: bring the store to this version."""

from __future__ import annotations

import sys
from contextlib import closing

import click

from app.context import Context, pass_context


@click.command()
@click.option("--search", "anew", is_flag=True, help="Write the index of the search anew; the desk may be at work.")
@pass_context
def command(context: Context, anew: bool) -> None:
    """Bring the store to this version; an embedded one is copied before. There is no way back but the copy."""
    from app.wiring import bring_up
    from desk.clock import SystemClock
    from store.schema import HEAD

    found, copy = bring_up(context.settings.store.url, SystemClock(), is_asked=True)
    if copy:
        click.echo(f"The store as it was is kept in {copy}")
    if found == HEAD:
        click.echo(f"The store is already at version {HEAD}.")
    else:
        click.echo(f"The store was {f'at version {found}' if found else 'empty'} and is at version {HEAD} now.")
    if anew:
        _index_anew(context)


def _index_anew(context: Context) -> None:
    from app.wiring import open_desk
    from desk.errors import Unavailable
    from store import search_index
    from store.errors import StoreError

    with closing(open_desk(context)) as desk:
        try:
            done = search_index.rebuild(desk.database, _tell)
        except StoreError as error:
            raise Unavailable(f"{error} Begin again: tierdesk migrate --search") from error
    click.echo(f"The index of the search is written: {done:,} messages.")


def _tell(done: int, last: int) -> None:
    """Show on a terminal how far it is, in one line that is written over."""
    if sys.stderr.isatty():
        click.echo(f"\r{done * 100 // last:3} %" + ("\n" if done == last else ""), nl=False, err=True)
