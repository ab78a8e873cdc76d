"""The one table of what a person can do in the console, and by which keys.

Bindings, the hint line, the palette, ``?``, ``:`` commands, the check of a keymap and ``docs/keys.md`` are all made
from ``ACTIONS``. An action ``ticket.claim`` is carried out by the method ``action_ticket_claim`` of the screen, the app
or the widget that has it among its bindings. Which keys may never be taken, and why, is in ``tui.keymap``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding

from procedure.permissions import MATRIX, Permission
from procedure.terms import Role

EVERYBODY = frozenset(Role)


class Context(StrEnum):
    """Where an action is at hand. A screen has several: a queue has GLOBAL, LIST and QUEUE."""

    GLOBAL = "global"
    LIST = "list"
    QUEUE = "queue"
    LEDGER = "ledger"
    READING = "reading"
    TICKET = "ticket"
    MAIL = "mail"
    COMPOSER = "composer"
    DIALOG = "dialog"


TOGETHER: tuple[tuple[Context, ...], ...] = (
    (Context.GLOBAL, Context.LIST, Context.QUEUE),
    (Context.GLOBAL, Context.LIST, Context.LEDGER),
    (Context.GLOBAL, Context.READING, Context.TICKET),
    (Context.GLOBAL, Context.READING, Context.MAIL),
    (Context.GLOBAL, Context.COMPOSER),
    (Context.DIALOG,),
)
"""Contexts whose keys are at hand at the same time, the inner ones last."""


@dataclass(frozen=True)
class Action:
    """Something a person can do. ``hint`` is its place in the hint line, 0 keeps it out."""

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    contexts: tuple[Context, ...]
    roles: frozenset[Role] = EVERYBODY
    needs_confirm: bool = False
    hint: int = 0

    @property
    def method(self) -> str:
        """Return the name that Textual calls: ``ticket_claim`` for ``ticket.claim``."""
        return self.id.replace(".", "_")

    def is_for(self, roles: Iterable[Role]) -> bool:
        """Tell whether a person with ``roles`` sees this action."""
        return not self.roles.isdisjoint(roles)


def _may(permission: Permission) -> frozenset[Role]:
    """Return the roles of staff that have a permission."""
    return frozenset(role for role in MATRIX[permission] if isinstance(role, Role))


_G, _L, _Q = (Context.GLOBAL,), (Context.LIST,), (Context.QUEUE,)
_R, _T, _C, _D = (Context.READING,), (Context.TICKET,), (Context.COMPOSER,), (Context.DIALOG,)
_QT = (Context.QUEUE, Context.TICKET)
_WORK, _ASSIGN, _REPLY = _may(Permission.WORK_TICKETS), _may(Permission.ASSIGN), _may(Permission.REPLY)
_NOTE = _may(Permission.NOTE)
_LG, _M, _LM = (Context.LEDGER,), (Context.MAIL,), (Context.LEDGER, Context.MAIL)
_LEDGER, _RAW, _DECIDE = _may(Permission.READ_LEDGER), _may(Permission.READ_RAW), _may(Permission.DECIDE_MAIL)

ACTIONS: tuple[Action, ...] = (
    Action("place.level1", ("1",), "1st", "Go to the queue of the 1st level.", _G),
    Action("place.level2", ("2",), "2nd", "Go to the queue of the 2nd level.", _G),
    Action("place.level3", ("3",), "3rd", "Go to the queue of the 3rd level.", _G),
    Action("place.ledger", ("7",), "ledger", "Go to the ledger: every mail that came in.", _G, _LEDGER),
    Action("app.help", ("?", "f1"), "help", "Show the keys of this place.", _G, hint=99),
    Action("app.palette", ("ctrl+p",), "find", "Find a ticket, or an action by its name.", _G),
    Action("app.commands", (":",), "command", "Type a command.", _G),
    Action("app.back", ("escape", "q"), "back", "Go back one step; close what is open.", _G),
    Action("app.redraw", ("ctrl+l",), "redraw", "Draw the whole screen again.", _G),
    Action("app.quit", ("ctrl+q",), "quit", "Leave the console. Drafts are kept.", _G),
    Action("app.undo", ("u",), "undo", "Undo your last change that can be undone.", _G, _WORK, hint=80),
    Action("list.up", ("up", "k"), "up", "Go one line up.", _L),
    Action("list.down", ("down", "j"), "down", "Go one line down.", _L),
    Action("list.page_up", ("pageup",), "page up", "Go one page up.", _L),
    Action("list.page_down", ("pagedown",), "page down", "Go one page down.", _L),
    Action("list.first", ("g", "home"), "first", "Go to the first line, and to what is new above.", _L),
    Action("list.last", ("G", "end"), "last", "Go to the last line.", _L),
    Action("list.open", ("enter",), "open", "Open the selected line.", _L, hint=1),
    Action("queue.take", ("t",), "take next", "Take the ticket that is due next and open it.", _QT, _WORK, hint=2),
    Action("queue.filter", ("/",), "filter", "Show only what holds some words.", (*_Q, *_LG), hint=90),
    Action("place.search", ("f",), "search", "Look for tickets among all there ever were.", _QT, hint=91),
    Action("queue.preview", ("p",), "preview", "Show or hide the ticket beside the list.", _Q),
    Action("ticket.reply", ("r",), "reply", "Write an answer to the customer.", _QT, _REPLY, hint=3),
    Action("ticket.note", ("n",), "note", "Write an internal note; the customer does not see it.", _QT, _NOTE, hint=4),
    Action("ticket.up", ("e",), "hand up", "Hand the ticket up one level, with a note.", _QT, _WORK, hint=5),
    Action("ticket.down", ("d",), "hand down", "Hand the ticket down one level, with a note.", _QT, _WORK),
    Action("ticket.snooze", ("z",), "snooze", "Wait for the customer, or until a moment.", _QT, _WORK, hint=6),
    Action("ticket.solve", ("x",), "solve", "Mark the ticket as solved.", _QT, _WORK, hint=7),
    Action("ticket.reopen", ("o",), "reopen", "Make a pending, held or solved ticket open again.", _QT, _WORK),
    Action("ticket.claim", ("c",), "claim", "Take this ticket yourself.", _QT, _WORK, hint=8),
    Action("ticket.release", ("C",), "release", "Give the ticket back to its queue.", _QT, _WORK),
    Action("ticket.assign", ("a",), "assign", "Give the ticket to somebody.", _QT, _ASSIGN),
    Action("ticket.level", ("l",), "level", "Choose the ticket's level.", _QT, _WORK),
    Action("ticket.priority", ("+",), "priority", "Choose the ticket's priority.", _QT, _WORK),
    Action("ticket.difficulty", ("i",), "difficulty", "Choose the ticket's difficulty.", _QT, _WORK),
    Action("ticket.tags", ("#",), "tags", "Change the ticket's tags.", _QT, _WORK),
    Action("ticket.yank", ("y",), "copy ref", "Copy the ticket's reference to the clipboard.", _QT),
    Action("ticket.clock", ("w",), "clocks", "Show how the time was counted: due, paused, out of hours.", _QT),
    Action("ticket.history", ("h",), "history", "Change between conversation and history.", _T),
    Action("ledger.fate", ("f",), "fate", "Show only the mails that ended in one way.", _LG, _LEDGER, hint=7),
    Action("ledger.more", ("m",), "more", "Look for the words further back.", _LG, _LEDGER),
    Action("mail.release", ("r",), "release", "Let a quarantined or poison mail open a ticket.", _LM, _DECIDE, True, 2),
    Action("mail.join", ("J",), "join", "Let a quarantined or poison mail join a ticket.", _LM, _DECIDE, True, 3),
    Action("mail.spam", ("s",), "spam", "Mark a quarantined or poison mail as spam; it is kept.", _LM, _DECIDE, hint=4),
    Action("mail.retry", ("a",), "retry", "Read a poison mail again.", _LM, _DECIDE, hint=5),
    Action("mail.take_back", ("U",), "take back", "Take back the decision on this mail.", _LM, _DECIDE),
    Action("mail.ticket", ("o",), "ticket", "Open the ticket of this mail, or the one it wants to join.", _LM, hint=6),
    Action("mail.raw", ("w",), "raw", "Show the mail as it came, made safe; its headers first.", _M, _RAW, hint=1),
    Action("mail.next_part", ("n",), "next part", "Show the next part of the mail as it came.", _M, _RAW),
    Action("mail.previous_part", ("p",), "part before", "Show the part before.", _M, _RAW),
    Action("reading.up", ("up", "k"), "up", "Scroll up.", _R),
    Action("reading.down", ("down", "j"), "down", "Scroll down.", _R),
    Action("reading.page_up", ("pageup",), "page up", "Scroll one page up.", _R),
    Action("reading.page_down", ("pagedown", "space"), "page down", "Scroll one page down.", _R),
    Action("reading.first", ("g", "home"), "first", "Go to the beginning.", _R),
    Action("reading.last", ("G", "end"), "last", "Go to the end.", _R),
    Action("reading.next_fold", ("]",), "next fold", "Go to the next folded text.", _R),
    Action("reading.previous_fold", ("[",), "previous fold", "Go to the previous folded text.", _R),
    Action("reading.unfold", ("enter",), "unfold", "Open or fold the marked text, or show older messages.", _R, hint=1),
    Action("reading.unfold_all", ("v",), "all quotes", "Open or fold all quoted text.", _R),
    Action("composer.send", ("ctrl+s",), "send", "Send the answer, or store the note.", _C, _NOTE, hint=1),
    Action("composer.editor", ("ctrl+o",), "editor", "Write in your own editor ($EDITOR).", _C, hint=2),
    Action("composer.then", ("ctrl+t",), "then", "Choose what the ticket becomes after sending.", _C, hint=3),
    Action("composer.discard", ("ctrl+g",), "discard", "Throw the draft away.", _C, needs_confirm=True, hint=4),
    Action("composer.close", ("escape",), "close", "Close the composer. The draft is kept.", _C, hint=5),
    Action("dialog.yes", ("y",), "yes", "Do it.", _D, hint=1),
    Action("dialog.no", ("n", "escape"), "no", "Leave it as it is.", _D, hint=2),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}


def of_context(*contexts: Context, roles: Iterable[Role] = EVERYBODY) -> list[Action]:
    """Return the actions at hand in any of ``contexts`` for a person with ``roles``, in the order of the table."""
    wanted, roles = set(contexts), frozenset(roles)
    return [action for action in ACTIONS if wanted.intersection(action.contexts) and action.is_for(roles)]


def bindings(*contexts: Context) -> list[Binding]:
    """Return Textual bindings for a class's ``BINDINGS``; ids are the actions' ids, so keymaps apply.

    Roles are asked at run time (``check_action``), since a class knows no person.
    """
    return [
        Binding(",".join(action.keys), action.method, action.label, show=action.hint > 0, id=action.id)
        for action in of_context(*contexts)
    ]


_KEY_WORDS = {
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "up": "↑",
    "down": "↓",
}


def key_word(key: str) -> str:
    """Return a key as people read it: ``esc``, ``PgUp``, ``↑``."""
    return _KEY_WORDS.get(key, key)


def help_rows(*contexts: Context, roles: Iterable[Role] = EVERYBODY) -> list[tuple[str, str, str]]:
    """Return (keys, label, help) lines for the help of a place."""
    return [
        (" ".join(key_word(key) for key in action.keys), action.label, action.help)
        for action in of_context(*contexts, roles=roles)
    ]


_TITLES = {
    Context.GLOBAL: "Everywhere",
    Context.LIST: "In a list",
    Context.QUEUE: "In a queue",
    Context.LEDGER: "In the ledger",
    Context.READING: "Reading a conversation",
    Context.TICKET: "On a ticket",
    Context.MAIL: "On a mail",
    Context.COMPOSER: "Writing",
    Context.DIALOG: "In a question",
}


def keys_markdown() -> str:
    """Return ``docs/keys.md``: every action with its keys, and the id that a keymap names."""
    parts = [
        "# Keys",
        "",
        "Made from `tui/actions.py`; change the table there. A keymap names an action by its id.",
        "",
    ]
    for context in Context:
        parts += [f"## {_TITLES[context]}", "", "| keys | does | who | id |", "|---|---|---|---|"]
        for action in of_context(context):
            keys = " ".join(f"`{key_word(key)}`" for key in action.keys)
            who = "everybody" if action.roles == EVERYBODY else ", ".join(sorted(action.roles))
            asks = " Asks first." if action.needs_confirm else ""
            parts.append(f"| {keys} | {action.help}{asks} | {who} | `{action.id}` |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":  # make docs
    print(keys_markdown(), end="")
