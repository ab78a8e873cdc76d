"""The table of actions and own keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.binding import Binding

from procedure.terms import Role
from tui.actions import ACTIONS, BY_ID, Context, bindings, help_rows, keys_markdown, of_context
from tui.keymap import clashes, effective, problems
from tui.widgets.hints import chosen


def test_ids_are_unique_and_methods_too() -> None:
    """Each action has an id and a method of its own, a key and a sentence."""
    assert len(BY_ID) == len({action.method for action in ACTIONS}) == len(ACTIONS)
    assert [a.id for a in ACTIONS if not (a.keys and a.contexts and a.roles and a.help.endswith("."))] == []


def test_keys_of_the_table_do_not_clash() -> None:
    """Only closing the composer takes a key from the outside, and means to."""
    assert clashes({}) == {("escape", "app.back", "composer.close")}


def test_keys_of_the_table_pass_their_own_check() -> None:
    """The table, written as a keymap, has no problem."""
    assert problems({action_id: ",".join(keys) for action_id, keys in effective({}).items()}) == []


@pytest.mark.parametrize(
    ("action_id", "keys", "sentence"),
    [
        ("ticket.clam", "f5", "There is no action 'ticket.clam'; did you mean 'ticket.claim'?"),
        ("zzz", "f5", "There is no action 'zzz'."),
        ("ticket.claim", "foo", "ticket.claim: 'foo' is not the name of a key."),
        ("ticket.claim", "slash+k", "ticket.claim: 'slash+k' is not the name of a key."),
        ("ticket.claim", "", "ticket.claim has no key left."),
        ("ticket.claim", "ctrl+i", "ticket.claim: ctrl+i cannot be used, it is the same as tab."),
        ("ticket.claim", "r", "r is the key of both ticket.reply and ticket.claim."),
        ("ticket.claim", "question_mark", "? is the key of both app.help and ticket.claim."),
        ("list.up", "t", "t is the key of both list.up and queue.take."),
        ("composer.send", "ctrl+w", "composer.send: ctrl+w is needed for writing."),
        ("composer.send", "s", "composer.send: s is needed for writing."),
    ],
)
def test_problems_of_a_keymap(action_id: str, keys: str, sentence: str) -> None:
    """Each mistake is one sentence that names the id and the key."""
    assert problems({action_id: keys}) == [sentence]


def test_a_good_keymap_has_no_problem() -> None:
    """Keys may be exchanged, and one key may serve places that never meet."""
    assert problems({"ticket.claim": "f5,ctrl+f", "ticket.reply": "n", "ticket.note": "r", "dialog.yes": "j"}) == []


def test_bindings_carry_ids_so_that_keymaps_apply() -> None:
    """Textual finds a binding by the action's id and calls the action's method."""
    found = {binding.id: binding for binding in Binding.make_bindings(bindings(Context.QUEUE))}
    assert found["ticket.reply"].action == "ticket_reply"
    assert found["queue.filter"].key == "slash"
    assert "dialog.yes" not in found


def test_roles_see_their_actions() -> None:
    """Who may not do a thing is not offered it: the owner alone does not answer customers."""
    agent = {action.id for action in of_context(*Context, roles={Role.LEVEL1})}
    owner = {action.id for action in of_context(*Context, roles={Role.OWNER})}
    assert "ticket.reply" in agent
    assert "ticket.reply" not in owner
    assert "ticket.note" in owner


def test_only_what_cannot_be_called_back_asks_first() -> None:
    """Everything else can be undone."""
    assert [action.id for action in ACTIONS if action.needs_confirm] == [
        "mail.release",
        "mail.join",
        "composer.discard",
    ]


def test_help_and_docs_name_every_action() -> None:
    """Help of a place and the page of keys come from the table."""
    assert ("g Home", "first", "Go to the first line, and to what is new above.") in help_rows(Context.LIST)
    page = keys_markdown()
    assert [action.id for action in ACTIONS if f"`{action.id}`" not in page] == []


def test_hints_are_dropped_from_the_end_but_never_help() -> None:
    """On a narrow screen the important hints stay, and the way to all others."""
    active = [(action.keys[0], action) for action in of_context(Context.GLOBAL, Context.LIST, Context.QUEUE)]
    assert chosen(active, 40) == [("enter", "open"), ("t", "take next"), ("?", "help")]
    assert chosen(active, 5) == [("?", "help")]
    assert len(chosen(active, 200)) == 12


@pytest.mark.docs
def test_the_page_of_keys_is_current() -> None:
    """docs/keys.md is what ``make docs`` writes."""
    assert (Path(__file__).parents[2] / "docs/keys.md").read_text(encoding="utf-8") == keys_markdown()
