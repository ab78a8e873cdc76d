"""Own keys: the check of a keymap before Textual sees it.

Textual takes unknown ids, nonsense keys and a key that is already in use without a word, so a mistyped keymap would
silently lose an action. Here every problem is a sentence, and the console does not start with one.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping

from textual.keys import Keys

from tui.actions import ACTIONS, BY_ID, TOGETHER, Context

RESERVED: dict[str, str] = {
    "ctrl+c": "copies text",
    "ctrl+q": "leaves the console",
    "ctrl+p": "opens the palette",
    "ctrl+z": "is the shell's",
    "tab": "moves the focus",
    "shift+tab": "moves the focus",
    "ctrl+i": "is the same as tab",
    "ctrl+m": "is the same as enter",
    "ctrl+j": "is a new line",
    "ctrl+b": "is the prefix of tmux",
    "ctrl+a": "is the prefix of screen and moves within a line",
    "ctrl+enter": "is not sent by every terminal",
    "shift+enter": "is not sent by every terminal",
    "alt+enter": "is not sent by every terminal",
    "f10": "belongs to the terminal",
    "f11": "belongs to the terminal",
}
"""Keys that no action may take, each with the reason."""

EDITING = frozenset(f"ctrl+{letter}" for letter in "aewdukxcvzy") | {"f6", "f7", "ctrl+shift+k"}
"""Keys that the text area uses itself; no action of the composer may take them."""

_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "hyper", "meta"})
_NAMED = frozenset(key.value.rpartition("+")[2] for key in Keys) | {"space"}
_ALIASES = {
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
}


def problems(overrides: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a keymap (action id to keys, separated by commas), one sentence each."""
    found: list[str] = []
    for action_id, keys in overrides.items():
        if action_id not in BY_ID:
            near = difflib.get_close_matches(action_id, BY_ID, 1, 0.5)
            found.append(f"There is no action {action_id!r}" + (f"; did you mean {near[0]!r}?" if near else "."))
        else:
            found += [sentence for key in _split(keys) for sentence in _key_problems(action_id, key)]
            if not _split(keys):
                found.append(f"{action_id} has no key left.")
    return found + _clash_problems(overrides)


def effective(overrides: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the keys of every action under a keymap."""
    return {
        action.id: _split(overrides[action.id]) if action.id in overrides else tuple(map(_plain, action.keys))
        for action in ACTIONS
    }


def _split(keys: str) -> tuple[str, ...]:
    return tuple(_plain(key.strip()) for key in keys.split(",") if key.strip())


def _plain(key: str) -> str:
    """Return one name for each key: ``/`` for ``slash``, ``?`` for ``question_mark``."""
    if key in _ALIASES:
        return _ALIASES[key]
    if len(key) == 1 or key.lower() in _NAMED:
        return key
    try:
        return unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return key


def _key_problems(action_id: str, key: str) -> list[str]:
    found = []
    if not _is_key(key):
        found.append(f"{action_id}: {key!r} is not the name of a key.")
    elif key in RESERVED and key not in BY_ID[action_id].keys:
        found.append(f"{action_id}: {key} cannot be used, it {RESERVED[key]}.")
    elif Context.COMPOSER in BY_ID[action_id].contexts and (key in EDITING or len(key) == 1):
        found.append(f"{action_id}: {key} is needed for writing.")
    return found


def _is_key(key: str) -> bool:
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    return set(modifiers) <= _MODIFIERS and (len(base) == 1 or base in _NAMED)


def _clash_problems(overrides: Mapping[str, str]) -> list[str]:
    """Return the clashes that the keymap adds; those of the table itself are meant (an inner place goes first)."""
    added = sorted(clashes(overrides) - clashes({}))
    return [f"{key} is the key of both {one} and {other}." for key, one, other in added]


def clashes(overrides: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """Return (key, id, id) for keys of two actions that are at hand at the same time."""
    keys, found = effective(overrides), set()
    for contexts in TOGETHER:
        owner: dict[str, str] = {}
        for action in ACTIONS:
            if not set(contexts).isdisjoint(action.contexts):
                for key in keys[action.id]:
                    first = owner.setdefault(key, action.id)
                    if first != action.id:
                        found.add((key, first, action.id))
    return found
