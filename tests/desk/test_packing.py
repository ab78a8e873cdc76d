"""Old mail takes less room and is the same mail: every reader gets the bytes that came."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from desk import filing, ledger, packing, raw_mail
from desk.actors import FILER, LISTENER, TIMERS
from desk.context import Desk
from desk.errors import Unavailable
from desk.raw_mail import LARGE
from store import laws
from store.errors import Unreachable
from store.tables import LedgerRaw
from tests.fakes.desks import FakeClock, Group
from tests.fakes.looks import every, row
from tests.fakes.mails import letter, wrap

SMALL = replace(wrap(letter()), raw=b"Subject: x\r\n\r\n" + b"the same words " * 100)
BIG = replace(wrap(letter()), raw=b"Subject: x\r\n\r\n" + bytes(range(256)) * (LARGE // 200))


def accepted(desk: Desk) -> list[int]:
    return ledger.record(LISTENER, desk, [SMALL, BIG])


def is_packed(desk: Desk, number: int) -> bool:
    kept, spool = row(desk, LedgerRaw, number), desk.database.spool
    return kept.plain_size is not None or bool(kept.file and spool and spool.is_packed(kept.file))


def the_same(desk: Desk, actors: Group, numbers: list[int]) -> bool:
    """Tell whether every reader gets the bytes that came."""
    for number, mail in zip(numbers, (SMALL, BIG), strict=True):
        assert ledger.raw(actors.eleni, desk, number) == mail.raw
        part = ledger.part(actors.eleni, desk, number, 9, 500)
        assert (part.content, part.total) == (mail.raw[9:509], len(mail.raw))
    return True


def test_old_mail_is_packed_and_the_same(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Ten minutes after it came, in row and file; read, filed, found by the doctor as before, and smaller."""
    numbers = accepted(desk)
    clock.advance(minutes=9)
    assert packing.pack_some(TIMERS, desk) == 0
    clock.advance(minutes=1)
    assert (packing.pack_some(TIMERS, desk), packing.pack_some(TIMERS, desk)) == (2, 0)
    assert [is_packed(desk, number) for number in numbers] == [True, True]
    assert the_same(desk, actors, numbers)
    assert sum(len(kept.raw) for kept in every(desk, LedgerRaw)) < len(SMALL.raw) + len(BIG.raw) / 10
    assert [mail.envelope.raw for mail in filing.claim(FILER, desk)] == [SMALL.raw, BIG.raw]
    assert desk.database.read(lambda session: list(laws.missing_files(session, desk.database.spool))) == []
    assert ledger.balance(actors.maria, desk).is_balanced


def test_a_resent_mail_finds_its_packed_first(desk: Desk, actors: Group, clock: FakeClock) -> None:
    """Bytes that come again after packing are a duplicate whose bytes are the first's."""
    numbers = accepted(desk)
    clock.advance(minutes=11)
    packing.pack_some(TIMERS, desk)
    assert the_same(desk, actors, accepted(desk))
    clock.advance(minutes=11)
    assert packing.pack_some(TIMERS, desk) == 0
    assert the_same(desk, actors, numbers)


@pytest.mark.parametrize("where", ["_plain", "_packed", "_write"])
def test_a_crash_changes_nothing(
    desk: Desk, actors: Group, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Whichever step it stops before, each mail is read as it came, and the next step goes on."""
    numbers = accepted(desk)
    clock.advance(minutes=11)

    def crash(*args: object) -> None:
        raise Unreachable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(packing, where, crash)
        with pytest.raises(Unavailable):
            packing.pack_some(TIMERS, desk)
    assert the_same(desk, actors, numbers)
    assert packing.pack_some(TIMERS, desk) == 2
    assert the_same(desk, actors, numbers)
    assert all(is_packed(desk, number) for number in numbers)


def test_what_has_not_its_digest_is_left(desk: Desk, clock: FakeClock) -> None:
    """A damaged mail is evidence: nobody overwrites it."""
    [number, _] = accepted(desk)
    desk.database.write(
        lambda session: session.execute(
            text("UPDATE ledger_raw SET raw = :raw WHERE ledger_id = :id"), {"raw": b"other " * 100, "id": number}
        )
    )
    clock.advance(minutes=11)
    assert packing.pack_some(TIMERS, desk) == 2
    assert row(desk, LedgerRaw, number).raw == b"other " * 100


def test_steps_are_small(desk: Desk, actors: Group, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step ends at its mails or its octets, whichever comes first, and goes on after the last it looked at."""
    numbers = [number for _ in range(3) for number in ledger.record(LISTENER, desk, [wrap(letter(text="a " * 99))])]
    clock.advance(minutes=11)
    monkeypatch.setattr(packing, "MOST_MAILS", 2)
    assert [packing.pack_some(TIMERS, desk) for _ in range(3)] == [2, 1, 0]
    monkeypatch.setattr(packing, "MOST_OCTETS", 10)
    more = [number for _ in range(2) for number in ledger.record(LISTENER, desk, [wrap(letter(text="b " * 99))])]
    clock.advance(minutes=11)
    assert [packing.pack_some(TIMERS, desk) for _ in range(3)] == [1, 1, 0]
    assert all(is_packed(desk, number) for number in numbers + more)


def test_a_mail_without_its_file_holds_nobody_up(desk: Desk, clock: FakeClock) -> None:
    """It is told in the log, and its neighbours are packed."""
    spool = desk.database.spool
    if spool is None:
        pytest.skip("on a server all bytes are in the store")
    small, big = accepted(desk)
    (spool._folder / row(desk, LedgerRaw, big).file).unlink()
    clock.advance(minutes=11)
    assert packing.pack_some(TIMERS, desk) == 2
    assert (is_packed(desk, small), is_packed(desk, big)) == (True, False)


def test_a_reader_in_the_middle(desk: Desk, actors: Group, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knows a name from before reads the packed file under it."""
    if desk.database.spool is None:
        pytest.skip("on a server all bytes are in the store")
    _, big = accepted(desk)
    clock.advance(minutes=11)
    real = raw_mail._file

    def late(*args: object) -> bytes:
        monkeypatch.setattr(raw_mail, "_file", real)
        packing.pack_some(TIMERS, desk)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(raw_mail, "_file", late)
    assert ledger.raw(actors.eleni, desk, big) == BIG.raw
    assert is_packed(desk, big)
