from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure import tokens

KEY = b"k" * 32
MAILBOXES = ("support@desk.example", "sales+eu@desk.example")
NONCE = "abcdefghijklmnopqrstuvwxyz"


def _message_id(number: int) -> str:
    return tokens.message_id(KEY, number, NONCE, "desk.example")


def _reply(number: int) -> str:
    return tokens.reply_address(KEY, MAILBOXES[0], number)


def _bounce(number: int) -> str:
    return tokens.bounce_address(KEY, MAILBOXES[0], number)


def _read_reply(text: str) -> int | None:
    return tokens.read_reply_address(KEY, text, MAILBOXES)


def _read_bounce(text: str) -> int | None:
    return tokens.read_bounce_address(KEY, text, MAILBOXES)


def _read_message_id(text: str) -> int | None:
    return tokens.read_message_id(KEY, text)


KINDS = [(_message_id, _read_message_id), (_reply, _read_reply), (_bounce, _read_bounce)]


@pytest.mark.parametrize(("make", "read"), KINDS)
@given(number=st.integers(1, 10**17))
def test_comes_back(make: Callable[[int], str], read: Callable[[str], int | None], number: int) -> None:
    """What we sign names its number when it comes back, in capitals too."""
    token = make(number)
    assert read(token) == number
    assert read(token.upper()) == number
    assert read(f"  {token} ") == number


@pytest.mark.parametrize(("make", "read"), KINDS)
@given(data=st.data())
def test_one_changed_character_is_refused(
    make: Callable[[int], str], read: Callable[[str], int | None], data: st.DataObject
) -> None:
    """No character of a token can be changed, but for its case and the angle brackets around it."""
    token = make(data.draw(st.integers(1, 10**6)))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c.lower() != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    assert read(changed) is None


@pytest.mark.parametrize(("make", "read"), KINDS)
@pytest.mark.parametrize(("other", "read_other"), KINDS)
def test_one_kind_is_not_another(
    make: Callable[[int], str],
    read: Callable[[str], int | None],
    other: Callable[[int], str],
    read_other: Callable[[str], int | None],
) -> None:
    """A token of one kind is never read as another kind."""
    if make is not other:
        assert read_other(make(7)) is None


def test_letter_of_a_tag_cannot_be_swapped() -> None:
    """The MAC of a reply address is not that of a bounce address with the same number."""
    assert _read_bounce(_reply(7).replace("+t7", "+b7")) is None


@pytest.mark.parametrize(
    "text",
    ["", "@", "<>", "support@desk.example", "support+t7@desk.example", "support+t07.aaaaaaaaaaaaaaaa@desk.example",
     "<td.7.abc@desk.example>", "TD-7", "\udcff+t7.aaaaaaaaaaaaaaaa@x", "a" * 100_000, "+" * 50_000 + "@x"],
)  # fmt: skip
def test_what_is_not_ours_is_nothing(text: str) -> None:
    """Any other text is no token, and none makes the readers fail."""
    assert (_read_reply(text), _read_bounce(text), _read_message_id(text)) == (None, None, None)


def test_another_key_another_mailbox() -> None:
    """A token counts only under its own key and at its own mailbox."""
    assert tokens.read_reply_address(b"x" * 32, _reply(7), MAILBOXES) is None
    assert tokens.read_reply_address(KEY, _reply(7), ["sales@desk.example"]) is None
    assert tokens.read_reply_address(KEY, _reply(7).replace("support", "sales"), ["sales@desk.example"]) is None


def test_number_has_one_spelling() -> None:
    """A leading zero makes another text, so it is refused."""
    assert _read_reply(_reply(7).replace("+t7.", "+t07.")) is None


def test_mailbox_with_a_plus() -> None:
    """A mailbox that has a plus in its own name gets its tokens back."""
    address = tokens.reply_address(KEY, "sales+eu@desk.example", 7)
    assert _read_reply(address) == 7
    assert tokens.base_address(address) == "sales+eu@desk.example"


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("Support@Desk.Example", "support@desk.example"),
        ("support+t7.abc@desk.example", "support@desk.example"),
        ("+tag@desk.example", "+tag@desk.example"),
        ("postmaster", "postmaster"),
    ],
)
def test_base_address(address: str, base: str) -> None:
    """The base of an address has neither capitals nor its last tag."""
    assert tokens.base_address(address) == base


def test_message_ids_of_one_ticket_differ() -> None:
    """The nonce makes each Message-ID its own, and a wrong nonce is refused at once."""
    assert tokens.message_id(KEY, 7, "a", "x") != tokens.message_id(KEY, 7, "b", "x")
    with pytest.raises(ValueError, match="nonce"):
        tokens.message_id(KEY, 7, "a.b", "x")


def test_note_addresses_are_no_reply_addresses() -> None:
    """A token for notes is not one for answers, at this box and key only."""
    address = tokens.note_address(b"k", "a@b.example", 7)
    assert tokens.read_note_address(b"k", address, ["a@b.example"]) == 7
    assert tokens.read_reply_address(b"k", address, ["a@b.example"]) is None
    assert tokens.read_note_address(b"k", tokens.reply_address(b"k", "a@b.example", 7), ["a@b.example"]) is None
    assert tokens.read_note_address(b"other", address, ["a@b.example"]) is None


def test_the_mark_of_our_own_mail() -> None:
    """It names its ticket, in any case, and no other desk's key reads or makes it."""
    mark = tokens.instance(b"k", 7, 12)
    assert (tokens.read_instance(b"k", f" {mark.upper()} "), tokens.read_instance(b"other", mark)) == (7, None)
    assert tokens.read_instance(b"k", mark.replace("7.12.", "8.12.")) is None
    assert tokens.read_instance(b"k", mark.replace("7.12.", "7.13.")) is None
    assert tokens.read_instance(b"k", "") is None
