"""The line at the foot of a screen: key hints, and for a few seconds what was just done or refused.

What is said takes the hints' line and never a corner of the screen: a toast would cover the ticket it speaks of.

Not Textual's ``Footer``: that one leaks some 30 KB with every change of focus (measured, 8.2.8). This line has no
children; it reads the screen's active bindings, so an own keymap, the focus and the roles all show at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from tui.actions import BY_ID, Action, key_word
from tui.safe import safe

Hint = tuple[str, str]
"""A key and what it does."""

Live = tuple[str, Action]
"""A key as people read it, and the action it carries out."""


_LIBRARY = {"quit": "app.quit", "command_palette": "app.palette"}
"""Actions that Textual has bound itself, with priority and without an id of ours."""


def live_actions(screen: Screen[Any]) -> list[Live]:
    """Return the keys that do something at this moment: where text is written, letters are letters."""
    focused = screen.focused
    live: list[Live] = []
    for key, bound in screen.active_bindings.items():
        action = BY_ID.get(bound.binding.id or _LIBRARY.get(bound.binding.action, ""))
        symbol = key_symbol(key)
        letter = symbol if len(symbol) == 1 else None
        is_typed = focused is not None and letter is not None and focused.check_consume_key(key, letter)
        if action is not None and bound.enabled and not is_typed:
            live.append((bound.binding.key_display or symbol, action))
    return live


GAP = 2

_SYMBOLS = {"slash": "/", "plus": "+", "minus": "-", "number_sign": "#", "colon": ":"}


def chosen(active: Iterable[tuple[str, Action]], width: int) -> list[Hint]:
    """Return the hints that fit into ``width`` cells, in their order; the last in order (help) always stays."""
    first_key: dict[str, str] = {}
    for key, action in active:
        if action.hint:
            first_key.setdefault(action.id, key)
    actions = sorted((BY_ID[action_id] for action_id in first_key), key=lambda action: action.hint)
    hints = [(key_word(first_key[action.id]), action.label) for action in actions]
    while len(hints) > 1 and sum(_cells(hint) for hint in hints) > width:
        del hints[-2]
    return hints


def _cells(hint: Hint) -> int:
    return cell_len(hint[0]) + 1 + cell_len(hint[1]) + GAP


class HintBar(Widget):
    """One line: ``enter open  r reply  ? help``."""

    DEFAULT_CSS = """
    HintBar { height: 1; dock: bottom; padding: 0 1; background: $panel; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._hints: list[Hint] = []
        self._said: Content | None = None
        self._timer: Timer | None = None

    def say(self, sentence: str, is_bad: bool, seconds: float) -> None:
        """Show a sentence in the hints' place for a while; a refusal carries a mark besides its colour."""
        mark, style = ("! ", "bold $text-error") if is_bad else ("✓ ", "bold $text-success")
        self._said = Content.assemble((mark, style), (safe(sentence), "bold"))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self._fell_silent)
        self.refresh()

    def _fell_silent(self) -> None:
        self._said, self._timer = None, None
        self.refresh()

    @property
    def said(self) -> str:
        """Return the sentence that is shown, '' when it is the hints."""
        return self._said.plain if self._said is not None else ""

    @property
    def hints(self) -> list[Hint]:
        """Return what is shown."""
        return self._hints

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)
        self._follow(self.screen)

    def on_resize(self) -> None:
        """Show what fits now."""
        self._follow(self.screen)

    def _follow(self, screen: Screen[object]) -> None:
        hints = chosen(live_actions(screen), self.content_size.width)
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def render(self) -> RenderResult:
        """Return what was said, else the hints, keys in bold."""
        if self._said is not None:
            return self._said.truncate(self.content_size.width, ellipsis=True)
        parts: list[tuple[str, str] | str] = []
        for key, label in self._hints:
            parts += [(key, "bold $text-accent"), f" {label}{' ' * GAP}"]
        return Content.assemble(*parts)


def key_symbol(key: str) -> str:
    """Return ``?`` for ``question_mark``: Textual knows keys by name, people by what is printed on them."""
    character = _SYMBOLS.get(key) or key_to_character(key) or ""
    return character if character.isprintable() and character.strip() else key
