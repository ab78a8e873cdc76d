"""The users file: who is known, and which lines are none."""

from __future__ import annotations

import pytest

from intake.users import line_for, read_users

LINE = line_for("relay", "ανοιξε", b"salt")
BAD = {
    "no secret": "relay:secret",
    "not base64": "relay:$scrypt$16384$8$1$!$!",
    "costs too much": LINE.replace("$16384$", "$9999999$"),
    "a cost that is no power of two": LINE.replace("$16384$", "$16383$"),
    "a short key": "relay:$scrypt$16384$8$1$c2FsdA==$c2FsdA==",
}


async def test_the_password_decides() -> None:
    """Only the name with its password is known."""
    users = read_users(f"# relays\n\n{LINE}\n")
    asked = [("relay", "ανοιξε"), ("relay", "άνοιξε"), ("relay", ""), ("other", "ανοιξε"), ("", "")]
    assert [await users.know(name, password.encode()) for name, password in asked] == [True, *[False] * 4]


@pytest.mark.parametrize("name", BAD)
def test_a_line_that_cannot_be_used_is_named(name: str) -> None:
    """The sentence has the number of the line."""
    with pytest.raises(ValueError, match="line 2"):
        read_users(f"#\n{BAD[name]}")


def test_a_name_stands_once() -> None:
    """Which of two passwords would hold?"""
    with pytest.raises(ValueError, match="the name relay twice, line 2"):
        read_users(f"{LINE}\n{LINE}")


@pytest.mark.parametrize("name", ["", "a b", "a:b", "#a"])
def test_a_name_that_cannot_be_read_back_is_refused(name: str) -> None:
    """What line_for writes, read_users reads."""
    with pytest.raises(ValueError, match="A name has no colon"):
        line_for(name, "x", b"salt")
