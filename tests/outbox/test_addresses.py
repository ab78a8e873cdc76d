"""An address is sent to as it is, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.addresses import mailbox


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("nikos@example.gr", "nikos@example.gr"),
        ("support+t1.abc@example.com", "support+t1.abc@example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("two words@example.com", '"two words"@example.com'),
        ('"two words"@example.com', '"two words"@example.com'),
        ("a@b@example.com", '"a@b"@example.com'),
        ('quo"te@example.com', '"quo\\"te"@example.com'),
        ("box@[192.0.2.1]", "box@[192.0.2.1]"),
        ("eleni@παράδειγμα.gr", "eleni@xn--hxajbheg2az3al.gr"),
        ("eleni@ΠΑΡΆΔΕΙΓΜΑ。gr", "eleni@xn--hxajbheg2az3al.gr"),
        ("a@straße.example.com", "a@xn--strae-oqa.example.com"),
        ("a@βόλος.gr", "a@xn--nxasmm1c.gr"),
        ("νίκος@example.gr", "νίκος@example.gr"),
    ],
)
def test_usable(address: str, expected: str) -> None:
    """Odd but legal addresses are quoted, domains become ASCII by RFC 5891, local parts stay."""
    box = mailbox(address)
    assert expected == (box and box.text)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@example.com",
        "a@",
        "a@ex ample.com",
        "a@example..com",
        "a@-example.com",
        "a@example.com>,<b@example.com",
        "victim\r\nRCPT TO:<other@example.com>",
        "vic\x00tim@example.com",
        "a\u2028@example.com",
        "a\ud800@example.com",
        "a@example.com⒈evil.example.org",
        "a" * 250 + "@example.com",
    ],
)
def test_unusable(address: str) -> None:
    """What cannot be written safely is refused, never repaired into another address."""
    assert mailbox(address) is None


@given(st.text(st.characters()), st.text(st.characters()))
def test_never_breaks_a_command(local: str, domain: str) -> None:
    """No usable address holds a control character or a bracket."""
    box = mailbox(f"{local}@{domain}")
    if box is not None:
        assert box.text.isprintable() or not box.text.isascii()
        assert not set(box.text) & set("\r\n\0<>")
        assert box.text.startswith('"') or " " not in box.text


def test_smtputf8_is_needed_for_the_local_part_only() -> None:
    """A domain has an ASCII form, a local part has none (RFC 6531)."""
    boxes = [mailbox("νίκος@example.gr"), mailbox("nikos@παράδειγμα.gr")]
    assert [box.needs_smtputf8 for box in boxes if box] == [True, False]
