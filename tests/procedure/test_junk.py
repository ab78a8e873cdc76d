"""Lists of the policy, and what the filter of a trusted relay says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from procedure.junk import blocked, filtered, is_allowed, is_listed
from procedure.policy_values import Junk, Trust
from tests.fakes.desks import shipped
from tests.procedure.mails import NIKOS, a_mail, an_envelope, from_address

RELAY = an_envelope(peer="192.0.2.1")
POLICY = replace(
    shipped(),
    trust=Trust(("192.0.2.1",), ()),
    junk=Junk(("eve@other.example", "spam.example"), ("friend.example",), 6),
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("eve@other.example", True),
        ("EVE@Other.Example", True),
        ("adam@other.example", False),
        ("x@spam.example", True),
        ("x@a.b.spam.example", True),
        ("x@notspam.example", False),
        ("spam.example@x.example", False),
        ("", False),
    ],
)
def test_lists(address: str, expected: bool) -> None:
    """An entry is an address, or a domain with all below it."""
    assert is_listed(address, POLICY.junk.block) is expected


def test_blocked_by_from_or_envelope() -> None:
    """Either address of a sender is enough to be blocked."""
    assert blocked(from_address("x@spam.example"), an_envelope(), POLICY)
    assert blocked(a_mail(), an_envelope(mail_from="x@spam.example"), POLICY)
    assert blocked(a_mail(), an_envelope(), POLICY) is None
    assert is_allowed(from_address("x@friend.example"), POLICY)
    assert not is_allowed(a_mail(), POLICY)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-spam-flag": "YES"}, True),
        ({"x-spam-status": "Yes, score=15.3 required=5.0 tests=A,B"}, True),
        ({"x-spam": "Yes"}, True),
        ({"x-spam-score": "6.0"}, True),
        ({"x-spam-score": "12.5 (++++)"}, True),
        ({"x-rspamd-score": "6.01"}, True),
        ({"x-rspamd-action": "Add  Header"}, True),
        ({"x-rspamd-action": "reject"}, True),
        ({"x-spamd-result": "default: True [15.30 / 15.00]; BAYES_SPAM(5.1)[99%]"}, True),
        ({"x-spam-status": "No, score=4.1 required=5.0"}, False),
        ({"x-spam-flag": "NO", "x-spam-score": "7"}, False),
        ({"x-spam-score": "5.99"}, False),
        ({"x-spam-score": "-12"}, False),
        ({"x-spam-score": "high"}, False),
        ({"x-rspamd-action": "greylist"}, False),
        ({"x-rspamd-action": "no action"}, False),
        ({"x-spam-flag": "Yesterday"}, False),
        ({}, False),
    ],
)
def test_filters(headers: dict[str, str], expected: bool) -> None:
    """A clear word of the filter decides, else its points; from anybody but a trusted relay it is nothing."""
    assert (filtered(a_mail(headers=headers), RELAY, POLICY) is not None) is expected
    assert filtered(a_mail(headers=headers), an_envelope(peer="192.0.2.2"), POLICY) is None
    assert filtered(a_mail(headers=headers), RELAY, shipped()) is None


def test_nobody_is_junk_as_shipped() -> None:
    """Without a word in the policy nobody is blocked, allowed or trusted."""
    assert blocked(a_mail(), an_envelope(), shipped()) is None
    assert not is_listed(NIKOS.address, shipped().junk.allow)
