"""The ledger: what is accepted is kept, once, and adds up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desk import ledger
from desk.actors import LISTENER
from desk.context import Desk
from desk.errors import NotFound, Unavailable
from desk.raw_mail import digest
from procedure.mail import Envelope
from procedure.terms import Fate
from store.tables import Ledger, LedgerRaw
from tests.fakes.desks import START, Group
from tests.fakes.looks import change, every, row
from tests.fakes.mails import accept, arrive, letter, wrap

MAIL = Envelope(
    START, "192.0.2.7", "nikos@example.gr", ("support@example.com",), b"Subject: x\r\n\r\nHello\x00\xff\r\n"
)
ENVELOPES = st.builds(
    Envelope,
    received_at=st.just(START),
    peer=st.just(""),
    mail_from=st.text("a1:@\udc80", max_size=4),
    rcpt_to=st.lists(st.text("a1:", max_size=3), max_size=3).map(tuple),
    raw=st.binary(max_size=3) | st.sampled_from([b"1:a", b"1:a1:a", b":"]),
)


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("support@example.com", True),
        ("Support@EXAMPLE.com", True),
        ("support+t1042.abc@example.com", True),
        ("billing+anything@example.com", True),
        ("postmaster", True),
        ("Postmaster@example.com", True),
        ("postmaster+x@example.com", True),
        ("postmaster@elsewhere.org", False),
        ("sales@example.com", False),
        ("support@elsewhere.org", False),
        ("support@example.com.evil.org", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_which_addresses_are_ours(desk: Desk, address: str, is_ours: bool) -> None:
    """Support addresses with or without a tag, in any case, and the postmaster of our domains (RFC 5321 §4.5.1)."""
    assert ledger.accepts(LISTENER, desk, address) is is_ours


def test_what_came_is_kept_bit_for_bit(desk: Desk, actors: Group) -> None:
    """The bytes, the envelope and where it came from are as they were on the wire."""
    [number] = ledger.record(LISTENER, desk, [MAIL])
    found = ledger.get(actors.maria, desk, number)
    assert ledger.raw(actors.eleni, desk, number) == MAIL.raw
    assert (found.received_at, found.peer, found.mail_from, found.rcpt_to, found.size, found.fate) == (
        START, MAIL.peer, MAIL.mail_from, MAIL.rcpt_to, len(MAIL.raw), Fate.PENDING,
    )  # fmt: skip


def test_a_mail_sent_again_is_a_duplicate(desk: Desk, actors: Group) -> None:
    """After a lost 250 the same mail is a second row that points at the first, never a second ticket (law 2)."""
    first, again, third = (ledger.record(LISTENER, desk, [MAIL])[0] for _ in range(3))
    fates = [ledger.get(actors.maria, desk, number).fate for number in (first, again, third)]
    assert fates == [Fate.PENDING, Fate.DUPLICATE, Fate.DUPLICATE]
    assert ledger.get(actors.maria, desk, again).reason == f"The same mail as {first}, received again."
    assert ledger.raw(actors.eleni, desk, third) == MAIL.raw
    assert len(every(desk, LedgerRaw)) == 1


def test_a_batch_is_in_order_and_knows_its_own_duplicates(desk: Desk, actors: Group) -> None:
    """Ids come back in the order of the mails; one that is twice in a batch is a duplicate there too."""
    other, third = replace(MAIL, raw=b"other"), replace(MAIL, raw=b"third")
    numbers = ledger.record(LISTENER, desk, [MAIL, other, MAIL, third])
    assert len(set(numbers)) == 4
    assert [ledger.get(actors.maria, desk, n).fate for n in numbers].index(Fate.DUPLICATE) == 2
    assert [ledger.raw(actors.eleni, desk, n) for n in numbers] == [MAIL.raw, b"other", MAIL.raw, b"third"]


def test_a_batch_is_written_whole_or_not_at_all(desk: Desk) -> None:
    """When one mail of a batch cannot be written, none is: nobody is told 250 for half."""
    broken = replace(MAIL, raw=b"x", received_at=START.replace(tzinfo=None))
    with pytest.raises(Unavailable):
        ledger.record(LISTENER, desk, [MAIL, broken])
    assert every(desk, Ledger) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(MAIL, mail_from="eleni@example.gr"),
        replace(MAIL, mail_from=""),
        replace(MAIL, rcpt_to=("billing@example.com",)),
        replace(MAIL, rcpt_to=("support@example.com", "billing@example.com")),
        replace(MAIL, raw=MAIL.raw + b" "),
    ],
)
def test_a_mail_that_differs_is_another_mail(other: Envelope) -> None:
    """Sender, recipients and bytes tell mails apart."""
    assert digest(other) != digest(MAIL)


def test_the_order_of_recipients_and_the_peer_do_not_matter() -> None:
    """A relay that sends again may name recipients in another order, from another host, at another time."""
    both = replace(MAIL, rcpt_to=("a@example.com", "b@example.com"))
    again = replace(both, rcpt_to=("b@example.com", "a@example.com"), peer="198.51.100.9")
    assert digest(again) == digest(both)


@given(ENVELOPES, ENVELOPES)
@example(replace(MAIL, rcpt_to=("a", "b")), replace(MAIL, rcpt_to=("a:b",)))
@example(replace(MAIL, rcpt_to=("a",), raw=b"b:c"), replace(MAIL, rcpt_to=("a", "b"), raw=b"c"))
@example(replace(MAIL, rcpt_to=("a",), raw=b"1:bc"), replace(MAIL, rcpt_to=("a", "b"), raw=b"c"))
def test_no_two_mails_have_one_digest(one: Envelope, other: Envelope) -> None:
    """Parts stand with their lengths: nothing moved from one part into the next gives the same digest."""
    same = (one.mail_from, sorted(one.rcpt_to), one.raw) == (other.mail_from, sorted(other.rcpt_to), other.raw)
    assert (digest(one) == digest(other)) is same


def test_connections_at_once_lose_nothing(desk: Desk, actors: Group) -> None:
    """Eight connections that deliver, half of them the same mails, leave each mail once and the balance balanced."""
    batches = [[wrap(letter(text=f"{n // 2} {i}", message_id="<x>")) for i in range(3)] for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        numbers = [n for each in pool.map(lambda batch: ledger.record(LISTENER, desk, batch), batches) for n in each]
    balance = ledger.balance(actors.maria, desk)
    assert (len(set(numbers)), balance.pending, balance.fates[Fate.DUPLICATE]) == (24, 12, 12)
    assert balance.is_balanced


def test_pages_walk_the_ledger_newest_first(desk: Desk, actors: Group) -> None:
    """Each page begins before the last row of the one before; a fate keeps its rows."""
    numbers = [accept(desk, letter()) for _ in range(5)]
    arrive(desk)
    pages, before = [], None
    while page := ledger.rows(actors.maria, desk, before_id=before, limit=2):
        pages += [found.id for found in page]
        before = page[-1].id
    assert pages == sorted(pages, reverse=True)
    assert {*numbers} < {*pages}
    assert len(ledger.rows(actors.maria, desk, fate=Fate.NEW_TICKET, limit=None)) == 1


def test_the_sums_are_the_balance(desk: Desk, actors: Group) -> None:
    """What the counters say is what counting says."""
    for _ in range(3):
        arrive(desk)
    accept(desk, letter())
    ledger.record(LISTENER, desk, [MAIL, MAIL])
    sums, counted = ledger.sums(actors.maria, desk), ledger.balance(actors.maria, desk)
    assert (sums.accepted, sums.pending, sums.fates) == (counted.accepted, counted.pending, counted.fates)
    assert (counted.accepted, counted.fates[Fate.NEW_TICKET], counted.is_balanced) == (6, 3, True)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE message SET ledger_id = NULL", "is filed, but no message carries it"),
        ("DELETE FROM ledger_raw", "has no bytes"),
    ],
)
def test_a_fate_with_nothing_behind_it_is_a_fault(desk: Desk, actors: Group, statement: str, fault: str) -> None:
    """The balance looks behind the fates: a mail without its message or its bytes is not balanced."""
    arrive(desk)
    change(desk, statement)
    balance = ledger.balance(actors.maria, desk)
    assert not balance.is_balanced
    assert fault in balance.faults[0]


def test_a_row_that_vanished_unbalances(desk: Desk, actors: Group) -> None:
    """Accepted is counted when a mail comes, fates when asked: a row lost in between shows."""
    arrive(desk)
    change(desk, "UPDATE ledger_count SET mails = mails + 1 WHERE word = 'accepted' AND slot = 0")
    assert not ledger.balance(actors.maria, desk).is_balanced


def test_a_mail_that_is_not_there_is_not_found(desk: Desk, actors: Group) -> None:
    """Neither its row nor its bytes."""
    for look in (ledger.get, ledger.raw):
        with pytest.raises(NotFound):
            look(actors.eleni, desk, 4711)


@pytest.mark.parametrize("mail_from", ["n\udc80@example.gr", "n\x00@example.gr", "n\ud800@example.gr"])
def test_an_envelope_of_wild_bytes_is_kept(desk: Desk, actors: Group, mail_from: str) -> None:
    """Bytes that are no UTF-8 in an address, or a NUL, are no reason to say 451 for ever."""
    wild = replace(MAIL, mail_from=mail_from, rcpt_to=(mail_from, "support@example.com"), peer=mail_from)
    first, again = ledger.record(LISTENER, desk, [wild])[0], ledger.record(LISTENER, desk, [wild])[0]
    assert row(desk, Ledger, again).duplicate_of == first
    assert ledger.get(actors.maria, desk, first).rcpt_to[1] == "support@example.com"
