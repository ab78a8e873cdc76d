"""The bytes of a mail are the same wherever they lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desk import filing, ledger
from desk.actors import FILER, LISTENER
from desk.context import Desk
from desk.raw_mail import LARGE
from procedure.terms import Fate
from store import laws
from store.spool import Spool
from store.tables import LedgerRaw
from tests.fakes.desks import FakeClock, Group
from tests.fakes.looks import every, row
from tests.fakes.mails import letter, wrap

SMALL = replace(wrap(letter()), raw=b"Subject: x\r\n\r\n" + b"s" * 100)
BIG = replace(wrap(letter()), raw=b"Subject: x\r\n\r\n" + bytes(range(256)) * (LARGE // 256))


def spool_of(desk: Desk) -> Spool:
    if desk.database.spool is None:
        pytest.skip("on a server all bytes are in the store")
    return desk.database.spool


def file_of(desk: Desk, number: int) -> Path:
    spool = spool_of(desk)
    return spool._folder / row(desk, LedgerRaw, number).file


def test_a_large_mail_comes_back_bit_for_bit(desk: Desk, actors: Group) -> None:
    """Whole and in parts, kept before or with its row, on both engines."""
    [small, big] = ledger.record(LISTENER, desk, [SMALL, ledger.keep(LISTENER, desk, BIG)])
    [other] = ledger.record(LISTENER, desk, [replace(BIG, raw=BIG.raw + b"!")])
    assert ledger.raw(actors.eleni, desk, small) == SMALL.raw
    assert ledger.raw(actors.eleni, desk, big) == BIG.raw
    assert ledger.raw(actors.eleni, desk, other) == BIG.raw + b"!"
    assert ledger.part(actors.eleni, desk, big, 1000, 77).content == BIG.raw[1000:1077]


def test_a_large_mail_lies_beside_an_embedded_store(desk: Desk) -> None:
    """Its row holds the name of its file and none of its bytes; a small one has no file."""
    spool = spool_of(desk)
    numbers = ledger.record(LISTENER, desk, [SMALL, BIG])
    rows = [row(desk, LedgerRaw, number) for number in numbers]
    assert [(one.file != "", len(one.raw)) for one in rows] == [(False, len(SMALL.raw)), (True, 0)]
    assert [spool.read(name) for name in spool.names()] == [BIG.raw]


def test_a_large_mail_sent_again_is_a_duplicate(desk: Desk, actors: Group) -> None:
    """It has one file, and the second row shows the first's bytes."""
    first, again = (ledger.record(LISTENER, desk, [ledger.keep(LISTENER, desk, BIG)])[0] for _ in range(2))
    assert ledger.get(actors.maria, desk, again).fate is Fate.DUPLICATE
    assert ledger.raw(actors.eleni, desk, again) == BIG.raw
    assert (len(every(desk, LedgerRaw)), ledger.get(actors.maria, desk, again).duplicate_of) == (1, first)


def test_a_filer_is_given_the_bytes(desk: Desk) -> None:
    """What is claimed has its bytes, from row and file alike."""
    ledger.record(LISTENER, desk, [SMALL, BIG])
    assert [mail.envelope.raw for mail in filing.claim(FILER, desk)] == [SMALL.raw, BIG.raw]


def test_a_mail_whose_file_is_gone_ends_with_a_person(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """It fails like one that cannot be read, its neighbours are filed, and the doctor names it."""
    small, big = ledger.record(LISTENER, desk, [SMALL, BIG])
    file_of(desk, big).unlink()
    for _ in range(filing.MAX_ATTEMPTS):
        for mail in filing.claim(FILER, desk):
            filing.file(FILER, desk, mail.ledger_id, letter())
        clock.advance(minutes=5)
    found = [ledger.get(actors.maria, desk, number) for number in (small, big)]
    assert [(one.fate, one.reason) for one in found][1] == (Fate.POISON, "Its bytes cannot be read.")
    assert found[0].fate is Fate.NEW_TICKET
    told = desk.database.read(lambda session: list(laws.missing_files(session, desk.database.spool)))
    assert len(told) == 1
    assert f"Mail {big} has lost its bytes" in told[0]
