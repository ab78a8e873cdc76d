"""Large mails beside the store: whole, named once, and on the disk before anybody is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.errors import Unreachable
from store.spool import Spool

NAME = "2026-11-22/abc"


def test_a_file_comes_back_whole_and_in_parts(tmp_path: Path) -> None:
    """What is kept is what is read, all of it or from anywhere."""
    spool = Spool(tmp_path / "mail")
    spool.keep(NAME, bytes(range(256)) * 300)
    assert (spool.read(NAME), spool.read(NAME, 256, 3)) == (bytes(range(256)) * 300, b"\x00\x01\x02")
    assert (list(spool.names()), spool.has(NAME), spool.has("2026-11-22/abd")) == ([NAME], True, False)


def test_the_file_and_its_name_are_synced_in_that_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are on the disk before the name is given, and the name before ``keep`` returns."""
    seen: list[str] = []
    sync, rename = os.fsync, Path.rename

    def noted_sync(handle: int) -> None:
        seen.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        sync(handle)

    def noted_rename(path: Path, to: Path) -> Path:
        seen.append("rename")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    spool = Spool(tmp_path / "mail")
    spool.keep(NAME, b"x")
    folders, (file, *after) = seen[:2], seen[2:]
    assert folders == ["mail", tmp_path.name]
    assert file.startswith(".abc.")
    assert after == ["rename", "2026-11-22"]


def test_a_name_kept_again_stays_whole(tmp_path: Path) -> None:
    """A mail that is sent again is written under the same name without a moment in which the first is not there."""
    spool = Spool(tmp_path / "mail")
    spool.keep(NAME, b"first")
    with (tmp_path / "mail" / NAME).open("rb") as reader:
        spool.keep(NAME, b"first")
        assert (reader.read(), spool.read(NAME), list(spool.names())) == (b"first", b"first", [NAME])


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is one sentence, and no half file has a name."""
    spool = Spool(tmp_path / "mail")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unreachable, match="No space left on device"):
        spool.keep(NAME, b"x" * 1000)
    monkeypatch.undo()
    assert [path for path in (tmp_path / "mail").rglob("*") if path.is_file()] == []


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    """A missing file is the store's trouble, not a wrong key."""
    with pytest.raises(Unreachable, match=r"2026-11-22/abc cannot be read: No such file"):
        Spool(tmp_path).read(NAME)


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """Customers' mail lies in it."""
    Spool(tmp_path / "mail").keep(NAME, b"x")
    modes = [oct((tmp_path / "mail" / name).stat().st_mode)[-3:] for name in (NAME, "2026-11-22")]
    assert modes == ["600", "700"]


LONG = b"the same words again and again " * 4_000


def failing_at(monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """Let the n-th operation on the disk fail, and all after it: a crash leaves no more behind than that."""
    left = [which]

    def broken(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(5, "the disk is gone")
            return real(*args, **kwargs)

        return call

    for owner, name in ((os, "write"), (os, "fsync"), (Path, "rename"), (Path, "unlink"), (os, "open")):
        monkeypatch.setattr(owner, name, broken(getattr(owner, name)))


@pytest.mark.parametrize("which", range(8))
def test_a_crash_while_packing_leaves_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """Wherever it happens the file is read whole, has its name, and can be packed afterwards."""
    spool = Spool(tmp_path / "mail")
    spool.keep(NAME, LONG)
    with monkeypatch.context() as patch:
        failing_at(patch, which)
        try:
            spool.pack(NAME, LONG)
        except Unreachable:
            assert which < 7
    assert (spool.read(NAME), spool.read(NAME, 100, 9), list(spool.names())) == (LONG, LONG[100:109], [NAME])
    assert spool.pack(NAME, LONG)
    assert (spool.read(NAME), spool.has(NAME), spool.is_packed(NAME)) == (LONG, True, True)


def test_what_was_written_wrong_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packed file is read back before the other one goes."""
    spool, write = Spool(tmp_path / "mail"), os.write
    spool.keep(NAME, LONG)
    monkeypatch.setattr(os, "write", lambda file, octets: write(file, bytes(len(octets))))
    with pytest.raises(Unreachable):
        spool.pack(NAME, LONG)
    assert (spool.read(NAME), spool.is_packed(NAME)) == (LONG, False)


def test_a_mail_sent_again_is_no_matter(tmp_path: Path) -> None:
    """A file kept anew beside its packed form holds the same octets; one is removed at the next packing."""
    spool = Spool(tmp_path / "mail")
    for _ in range(2):
        spool.keep(NAME, LONG)
        assert spool.pack(NAME, LONG)
    assert [path.name for path in (tmp_path / "mail" / "2026-11-22").iterdir()] == ["abc.z"]
