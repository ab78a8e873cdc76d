"""From what pydantic found to sentences for a person: source first, then the key, then what it must be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_PREDICATES = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "string_sub_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "tuple_type": "must be a list of texts",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
_SECRET_NAMES = {"password", "url"}


def nearest(name: str, names: Iterable[str], prefix: str = "") -> str:
    """Return ``; the nearest is X`` for the name most like it, '' when none is. A shared ``prefix`` does not count."""
    bare = [one.removeprefix(prefix) for one in names]
    close = difflib.get_close_matches(name.removeprefix(prefix), bare, n=1, cutoff=0.6)
    return f"; the nearest is {prefix}{close[0]}" if close else ""


def sentences(
    error: ValidationError, origins: Mapping[str, str], file: Path | None, known: Iterable[str]
) -> Iterator[str]:
    """Yield one sentence for each error, in the order of the settings."""
    known = list(known)
    for detail in error.errors(include_url=False):
        path = [str(part) for part in detail["loc"]]
        key = ".".join(path[:2])
        if detail["type"] == "extra_forbidden":
            yield f"{origins.get(key, file)}: {key} is not a setting{_nearest_key(key, known)}."
        elif detail["type"] == "value_error" and len(path) == 1:
            yield _about_section(str(detail["ctx"]["error"]), origins)
        else:
            yield _about_value(detail, path, origins.get(key, "default"))


def _nearest_key(key: str, known: list[str]) -> str:
    same_name = [one for one in known if one.partition(".")[2] == key.rpartition(".")[2]]
    if len(same_name) == 1:
        return f"; the nearest is {same_name[0]}"
    if "." not in key:
        return nearest(key, {one.partition(".")[0] for one in known})
    return nearest(key, known)


def _about_section(text: str, origins: Mapping[str, str]) -> str:
    """Return a sentence that begins with a key; it names the origin of that key, or of the section's first value."""
    key = text.split()[0]
    section = key.partition(".")[0] + "."
    origin = origins.get(key) or next((o for k, o in origins.items() if k.startswith(section)), "default")
    return f"{_place(origin, key)}{text.removeprefix(key)}."


def _about_value(detail: ErrorDetails, path: list[str], origin: str) -> str:
    context = detail.get("ctx", {})
    if detail["type"] == "value_error":
        predicate = str(context["error"])
    else:
        predicate = _PREDICATES.get(detail["type"], "cannot be used: " + detail["msg"]).format(**context)
    shown = "" if set(path) & _SECRET_NAMES else f", not {_literal(detail['input'])}"
    return f"{_place(origin, '.'.join(path[:2]))} {predicate}{shown}."


def _place(origin: str, key: str) -> str:
    """Return where to look: a variable names its setting itself, a file needs the key."""
    return origin if origin.startswith("TIERDESK_") else f"{origin}: {key}"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = "".join(c if c.isprintable() else "?" for c in value)
        return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a table" if isinstance(value, dict) else str(value)
