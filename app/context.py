"""What every command gets from ``tierdesk``: where the settings are, who acts, and the settings once somebody asks.

A command takes it with ``@pass_context``::

    @click.command()
    @pass_context
    def command(context: Context) -> None:
        settings = context.settings  # reads file and environment now, raises SettingsError

Commands import ``desk``, ``tui`` and the services inside their functions, so that ``--help`` stays quick.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from app.settings import LoadedSettings
    from app.settings_model import Settings


@dataclass
class Context:
    """One run of ``tierdesk``.

    ``config`` is the file of ``--config``, None when not given. ``as_login`` is the login of ``--as``: the member of
    staff the owner acts as, None for whoever is at the terminal. ``environ`` is injected by tests.
    """

    config: Path | None = None
    as_login: str | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def loaded(self) -> LoadedSettings:
        """Return the settings with their origins, read at first use. Raises SettingsError."""
        from app.settings import load

        return load(self.config, self.environ)

    @property
    def settings(self) -> Settings:
        """Return the settings, read at first use. Raises SettingsError."""
        return self.loaded.settings

    @property
    def config_target(self) -> Path:
        """Return the file that ``tierdesk init`` writes: the one asked for, else the user's own."""
        from app.settings_sources import asked_file, user_file

        return (asked_file(self.config, self.environ) or user_file()).absolute()


pass_context = click.make_pass_decorator(Context)
