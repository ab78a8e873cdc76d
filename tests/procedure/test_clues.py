from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from procedure import tokens
from procedure.clues import MAX_HEADER_IDS, find_clues
from tests.procedure.mails import a_mail, an_envelope, from_address

KEY = b"k" * 32
OURS = ("support@desk.example",)


def own_id(number: int, nonce: str = "n") -> str:
    return tokens.message_id(KEY, number, nonce, "desk.example")


def test_nearest_message_id_first() -> None:
    """In-Reply-To comes before References, which are read from right to left, each id once."""
    mail = a_mail(in_reply_to=("<c>",), references=("<a>", own_id(1), "<c>", own_id(2)))
    clues = find_clues(mail, an_envelope(), KEY, OURS)
    assert clues.header_ids == ("<c>", own_id(2), own_id(1), "<a>")
    assert clues.signed == (2, 1)


def test_only_so_many_ids_are_read() -> None:
    """A mail with thousands of references costs no more than one with twenty, and the nearest are kept."""
    mail = a_mail(references=tuple(f"<{n}>" for n in range(10_000)))
    assert find_clues(mail, an_envelope(), KEY, OURS).header_ids == tuple(
        f"<{n}>" for n in range(9999, 9999 - MAX_HEADER_IDS, -1)
    )


def test_tokens_count_in_the_envelope_only() -> None:
    """A reply address counts where the mail was delivered to, not where a header says so."""
    address = tokens.reply_address(KEY, OURS[0], 7)
    assert find_clues(a_mail(), an_envelope(rcpt_to=("x@y", address)), KEY, OURS).replied == (7,)
    assert find_clues(a_mail(subject=address, text=address), an_envelope(), KEY, OURS).replied == ()


def test_subject_tags() -> None:
    """The tag counts in brackets only, in any case, each number once."""
    mail = a_mail(subject="Re: [TD-1042] [td-7] [TD-1042] TD-8 [TD-0] [TD-٧]")
    assert find_clues(mail, an_envelope(), KEY, OURS).tagged == (1042, 7)


def test_known_ids_become_tickets() -> None:
    """What the store knows about the answered mails is kept nearest first."""
    clues = find_clues(a_mail(in_reply_to=("<b>",), references=("<a>",)), an_envelope(), KEY, OURS)
    assert clues.knowing({"<a>": 1, "<b>": 2, "<z>": 3}).known == (2, 1)
    assert clues.knowing({"<a>": 1}).ticket_ids == {1}


def test_hops_are_counted_in_the_header() -> None:
    """Received lines are counted in the header, folded or not, and never in the text."""
    raw = b"Received: a\r\n\tby b\r\nRECEIVED: c\r\nX-Received: d\r\nSubject: x\r\n\r\nReceived: e\r\n"
    assert find_clues(a_mail(), an_envelope(raw=raw), KEY, OURS).hops == 2
    assert find_clues(a_mail(), an_envelope(raw=b"Received: a\nReceived: b"), KEY, OURS).hops == 2


def test_own_address_in_any_spelling() -> None:
    """Mail from one of our own mailboxes is seen, tag and capitals or not."""
    for address in ("support@desk.example", "Support@Desk.example", "support+x@desk.example"):
        assert find_clues(from_address(address), an_envelope(), KEY, OURS).is_from_us
    assert find_clues(from_address("a+b@x.example"), an_envelope(), KEY, ("a+b@x.example",)).is_from_us
    assert not find_clues(from_address("support@other.example"), an_envelope(), KEY, OURS).is_from_us


def test_bounced_message() -> None:
    """Only a Message-ID that we signed names the answer that did not arrive."""
    mail = a_mail(is_delivery_report=True, bounce_ids=("<x@y>", own_id(9)))
    clues = find_clues(mail, an_envelope(), KEY, OURS)
    assert (clues.bounced_message_id, clues.bounced_ticket) == (own_id(9), 9)
    assert clues.ticket_ids == {9}


@given(st.text(), st.lists(st.text()), st.binary(), st.lists(st.text()))
def test_any_mail(text: str, ids: list[str], raw: bytes, rcpt_to: list[str]) -> None:
    """Nothing that a mail says makes the reading fail, nor is it ever a proof."""
    mail = a_mail(subject=text, message_id=text, in_reply_to=tuple(ids), references=tuple(ids), bounce_ids=tuple(ids))
    clues = find_clues(mail, an_envelope(raw=raw, rcpt_to=tuple(rcpt_to)), KEY, OURS)
    assert (clues.own_message, clues.replied, clues.signed, clues.bounced_ticket) == (None, (), (), None)


def test_a_large_mail_costs_little() -> None:
    """Twenty megabytes without an end of the header are looked at only in part."""
    start = time.process_time()
    find_clues(a_mail(), an_envelope(raw=b"Received: x\n" * 2_000_000), KEY, OURS)
    assert time.process_time() - start < 1
