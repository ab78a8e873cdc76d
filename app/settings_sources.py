"""Where settings come from: one TOML file, then variables ``TIERDESK_<SECTION>__<KEY>``. Later sources win.

Values stay as raw as they came, except that the text of a variable becomes what its setting holds. Whether a value is
good is for ``app.settings``. Problems are collected, so that all are reported at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, get_origin

import platformdirs

from app.settings_problems import nearest

FILE_NAME = "tierdesk.toml"
SYSTEM_FILE = Path("/etc/tierdesk") / FILE_NAME
PREFIX = "TIERDESK_"


class Known(Protocol):
    """What this module must know about a setting."""

    @property
    def section(self) -> str:
        """Return its table in the file."""

    @property
    def name(self) -> str:
        """Return its key in the table."""

    @property
    def kind(self) -> object:
        """Return its type."""

    @property
    def variable(self) -> str:
        """Return its environment variable."""


@dataclass
class Sources:
    """What the sources said: a tree like the file's, the origin of each dotted key, and what could not be read."""

    file: Path | None = None
    tree: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def user_file() -> Path:
    """Return the settings file of this user, whether it exists or not."""
    return platformdirs.user_config_path("tierdesk") / FILE_NAME


def asked_file(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the file that was asked for by ``--config``, else by TIERDESK_CONFIG; None when neither was."""
    return config or (Path(environ["TIERDESK_CONFIG"]) if environ.get("TIERDESK_CONFIG") else None)


def read_sources(config: Path | None, environ: Mapping[str, str], known: Mapping[str, Known]) -> Sources:
    """Read the file that applies and the environment. Never raises for what a person wrote: see ``problems``."""
    sources = Sources()
    _read_file(sources, config, environ)
    _read_environment(sources, environ, {one.variable: one for one in known.values()})
    return sources


def _read_file(sources: Sources, config: Path | None, environ: Mapping[str, str]) -> None:
    asked = asked_file(config, environ)
    candidates = [asked] if asked else [path for path in (user_file(), SYSTEM_FILE) if path.exists()]
    if not candidates:
        return
    path = sources.file = candidates[0].absolute()
    try:
        sources.tree = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        via = "" if config or not asked else " (from TIERDESK_CONFIG)"
        sources.problems.append(f"{path}{via} cannot be read: {error.strerror}.")
    except UnicodeDecodeError as error:
        sources.problems.append(f"{path} is not UTF-8 text: byte {error.start} cannot be read.")
    except tomllib.TOMLDecodeError as error:
        sources.problems.append(_syntax_problem(path, str(error)))
    _note_origins(sources, path)
    _anchor_store(sources, path.parent)


def _syntax_problem(path: Path, message: str) -> str:
    """Put the place first: tomllib ends its message with ``(at line 3, column 5)`` or ``(at end of document)``."""
    match = re.fullmatch(r"(.*) \(at (.*)\)", message, re.DOTALL)
    what, where = (match[1], match[2]) if match else (message, "somewhere")
    return f"{path}, {where}: {what}."


def _note_origins(sources: Sources, path: Path) -> None:
    for section, table in sources.tree.items():
        sources.origins[section] = str(path)
        for name in table if isinstance(table, dict) else ():
            sources.origins[f"{section}.{name}"] = str(path)


def _anchor_store(sources: Sources, folder: Path) -> None:
    """Make a relative SQLite path relative to the file that names it, not to where the command was typed."""
    table = sources.tree.get("store")
    url = table.get("url") if isinstance(table, dict) else None
    if isinstance(url, str) and isinstance(table, dict):
        table["url"] = anchored(url, folder)


def anchored(url: str, folder: Path) -> str:
    """Return an SQLite URL with an absolute path; any other URL as it is."""
    prefix, path = "sqlite:///", url.removeprefix("sqlite:///")
    if not url.startswith(prefix) or path.startswith("/") or path in {"", ":memory:"}:
        return url
    return f"{prefix}{folder / Path(path).expanduser()}"


def _read_environment(sources: Sources, environ: Mapping[str, str], by_variable: Mapping[str, Known]) -> None:
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or "__" not in variable:
            continue
        one = by_variable.get(variable)
        if one is None:
            sources.problems.append(f"{variable} is not a setting{nearest(variable, by_variable, PREFIX)}.")
            continue
        table = sources.tree.setdefault(one.section, {})
        if isinstance(table, dict):
            table[one.name] = _from_text(environ[variable], one)
            sources.origins[f"{one.section}.{one.name}"] = variable


def _from_text(text: str, one: Known) -> object:
    """Turn the text of a variable into what its setting holds; what does not fit stays text and is refused later."""
    if one.name == "url":
        return anchored(text, Path.cwd())
    if one.kind in (int, float):
        return _number(text, one.kind)
    if one.kind is bool:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower(), text)
    if get_origin(one.kind) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if get_origin(one.kind) is dict:
        # Pairs apart by spaces, since a comma separates the keys of one action: "ticket.reply=f5,r ticket.note=n".
        return {name: keys for name, _, keys in (pair.partition("=") for pair in text.split())}
    return text


def _number(text: str, kind: object) -> object:
    try:
        return int(text) if kind is int else float(text)
    except ValueError:
        return text
