"""The settings of this process: defaults, then one file, then the environment; each value knows where it came from.

Importing this module imports pydantic, so ``app.context`` does it only when a command asks. The tree itself is
``app.settings_model``; ``app.settings_sources`` reads file and environment; ``app.settings_problems`` makes sentences
of what is wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from app.errors import SettingsError
from app.settings_model import Settings
from app.settings_problems import sentences
from app.settings_sources import Sources, read_sources

MASK = "********"


@dataclass(frozen=True)
class Setting:
    """One key of the tree, as the reference and the sources see it. ``kind`` is what its text is turned into."""

    section: str
    name: str
    kind: object
    description: str
    default: object

    @property
    def key(self) -> str:
        """Return the dotted key, e.g. ``smtp.listen``."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """Return the environment variable, e.g. ``TIERDESK_SMTP__LISTEN``."""
        return f"TIERDESK_{self.section}__{self.name}".upper()


@dataclass(frozen=True)
class SettingRow:
    """One line of ``tierdesk config show``: secrets masked; ``origin`` is ``default``, a file or a variable."""

    key: str
    value: object
    origin: str


@dataclass(frozen=True)
class LoadedSettings:
    """Settings with where each value came from; ``file`` is None when no file was read."""

    settings: Settings
    file: Path | None
    origins: Mapping[str, str]

    def rows(self) -> list[SettingRow]:
        """Return every setting in the order of the model."""
        return [
            SettingRow(one.key, shown(one.key, value_of(self.settings, one)), self.origins.get(one.key, "default"))
            for one in all_settings()
        ]


def all_settings() -> Iterator[Setting]:
    """Yield every setting in the order of the model."""
    for section, outer in Settings.model_fields.items():
        model = outer.annotation
        assert isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items():
            default = field.get_default(call_default_factory=True, validated_data={})
            yield Setting(section, name, field.annotation, field.description or "", default)


def value_of(settings: Settings, one: Setting) -> object:
    """Return the value of one setting."""
    value: object = getattr(getattr(settings, one.section), one.name)
    return value


def shown(key: str, value: object) -> object:
    """Return a value as it may be shown: no password, neither alone nor inside a URL."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if key == "store.url" and isinstance(value, str):
        return mask_url(value)
    return list(value) if isinstance(value, tuple) else value


def mask_url(url: str) -> str:
    """Return a database URL with its password masked, in the authority and in the query."""
    url = re.sub(r"(?i)([?&][^=&]*password=)[^&]*", rf"\1{MASK}", url)
    authority = urlsplit(url).netloc
    user, at, host = authority.rpartition("@")
    if not at or ":" not in user:
        return url
    return url.replace(authority, f"{user.partition(':')[0]}:{MASK}@{host}", 1)


def load(config: Path | None = None, environ: Mapping[str, str] | None = None) -> LoadedSettings:
    """Read all sources and return the settings.

    ``config`` is the file that was asked for, None to look in ``TIERDESK_CONFIG``, the user's configuration directory
    and /etc/tierdesk. Raises SettingsError with every problem of every source at once.
    """
    known = {one.key: one for one in all_settings()}
    sources = read_sources(config, os.environ if environ is None else environ, known)
    problems = list(sources.problems)
    settings = _validate(sources, known, problems)
    if settings is None or problems:
        raise SettingsError(problems)
    return LoadedSettings(settings, sources.file, sources.origins)


def _validate(sources: Sources, known: Mapping[str, Setting], problems: list[str]) -> Settings | None:
    try:
        return Settings.model_validate(sources.tree)
    except ValidationError as error:
        problems.extend(sentences(error, sources.origins, sources.file, known))
        return None
