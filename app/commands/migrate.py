"""``tierdesk migrate``: bring the store to this version."""

from __future__ import annotations

import click

from app.context import Context, pass_context


@click.command()
@pass_context
def command(context: Context) -> None:
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
