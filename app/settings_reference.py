"""The settings as text for people: docs/settings.md, and the commented file that ``tierdesk init`` writes.

Both are made from the model, so neither can be out of date; a test compares docs/settings.md with ``reference()``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby

from pydantic import SecretStr

from app.settings import Setting, all_settings
from app.settings_model import Settings

_INTRODUCTION = """\
# Settings

Made from the code by `make docs`; do not edit.

tierdesk reads one file: the one named by `--config`, else by `TIERDESK_CONFIG`, else `tierdesk.toml` in the user's
configuration directory (`~/.config/tierdesk` on Linux), else `/etc/tierdesk/tierdesk.toml`. `tierdesk init` writes a
commented one. No file at all is fine: everything has a default.

Every setting can also come from the environment, which wins over the file: the variable is in the table. Lists are
separated by commas; keys for `console.keymap` are written `ticket.reply=f5,r ticket.note=n`.

A key that does not exist is refused, and all problems are reported at once, with exit status 78. `tierdesk config show`
prints what applies and where it comes from; passwords are masked.
"""


_STARTER_HEAD = """\
# tierdesk: the settings of this machine.
# A line such as #name = "Support" shows a default; take its mark off and change it.
"""


def reference() -> str:
    """Return the text of docs/settings.md."""
    parts = [_INTRODUCTION]
    for section, settings in groupby(all_settings(), key=lambda one: one.section):
        parts.append(f"\n## [{section}]\n\n{_section_help(section)}\n\n")
        parts.append("| key | default | what it is | variable |\n|---|---|---|---|\n")
        parts.extend(_row(one) for one in settings)
    return "".join(parts)


def starter_toml(values: Mapping[str, object] | None = None) -> str:
    """Return a commented tierdesk.toml: ``values``, by dotted key, are set; everything else shows its default.

    Raises KeyError for a key that is not a setting.
    """
    values = dict(values or {})
    lines = [_STARTER_HEAD]
    for section, settings in groupby(all_settings(), key=lambda one: one.section):
        lines.append(f"\n# {_section_help(section)}\n[{section}]\n")
        lines.extend(_starter_lines(list(settings), values))
    if values:
        raise KeyError(*values)
    return "".join(lines)


def _starter_lines(settings: Iterable[Setting], values: dict[str, object]) -> Iterable[str]:
    for one in settings:
        mark = "" if one.key in values else "#"
        yield f"# {one.description}\n{mark}{one.name} = {toml_value(values.pop(one.key, one.default))}\n"


def _section_help(section: str) -> str:
    model = Settings.model_fields[section].annotation
    return (model.__doc__ or "").strip() if model else ""


def _row(one: Setting) -> str:
    default = f"`{toml_value(one.default)}`"
    if one.key == "store.url":
        default = "`tierdesk.db` in the user's data directory"
    return f"| `{one.name}` | {default} | {one.description} | `{one.variable}` |\n"


def toml_value(value: object) -> str:
    """Return a value as TOML. Its basic strings, whole numbers and booleans are written as JSON writes them."""
    if isinstance(value, SecretStr):
        return json.dumps(value.get_secret_value())
    if isinstance(value, dict):
        pairs = [f"{json.dumps(key)} = {toml_value(inner)}" for key, inner in value.items()]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(inner) for inner in value) + "]"
    # DEL is the one control character that JSON leaves as it is and TOML refuses.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


if __name__ == "__main__":
    print(reference(), end="")
