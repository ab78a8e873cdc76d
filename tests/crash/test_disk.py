"""The disk that the crash tests stand on: it keeps what was synced and nothing else, and fails when it was told to."""

from __future__ import annotations

import errno
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.disk import Disk

BEGIN = """
import os, signal, sys
store = sys.argv[1]
folder = store + ".mail"
def sync(path):
    file = os.open(path, os.O_RDONLY); os.fsync(file); os.close(file)
def write(path, octets, flags=os.O_WRONLY | os.O_CREAT):
    file = os.open(path, flags, 0o600); os.write(file, octets); os.fsync(file); os.close(file)
"""
DIE = "\nos.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def plain(disk_library: Path, tmp_path: Path) -> Disk:
    """Return a disk with a file as its store, and a folder beside it that holds one file."""
    (tmp_path / "desk.db").write_bytes(b"old")
    (tmp_path / "desk.db.mail").mkdir()
    (tmp_path / "desk.db.mail" / "first").write_bytes(b"first")
    disk = Disk(disk_library, tmp_path / "desk.db", tmp_path / "kept")
    disk.begin()
    return disk


def run(environ: dict[str, str], store: Path, script: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", BEGIN + script, str(store)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=20)


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("open(store, 'wb').write(b'new')", {"": b"old"}),
        ("write(store, b'new')", {"": b"new"}),
        ("write(store, b'new'); os.truncate(store, 0)", {"": b"new"}),
        ("write(folder + '/a', b'a')", {}),
        ("open(folder + '/a', 'wb').write(b'a'); sync(folder)", {}),
        ("write(folder + '/a', b'a'); sync(folder)", {"a": b"a"}),
        ("write(folder + '/a', b'a'); os.rename(folder + '/a', folder + '/b'); sync(folder)", {"b": b"a"}),
        ("write(folder + '/a', b'a'); sync(folder); os.rename(folder + '/a', folder + '/b')", {"a": b"a"}),
        ("write(folder + '/a', b'a'); os.replace(folder + '/a', folder + '/first')", {"first": b"first"}),
        ("write(folder + '/a', b'a'); os.link(folder + '/a', folder + '/b'); sync(folder)", {"a": b"a", "b": b"a"}),
        ("os.mkdir(folder + '/d'); write(folder + '/d/a', b'a'); sync(folder + '/d')", {}),
        ("os.mkdir(folder + '/d'); write(folder + '/d/a', b'a'); sync(folder)", {}),
        (
            "os.mkdir(folder + '/d'); write(folder + '/d/a', b'a'); sync(folder); sync(folder + '/d')",
            {"d/a": b"a"},
        ),
        ("write(store + '-wal', b'frames'); sync(os.path.dirname(store))", {"-wal": b"frames"}),
        ("write(store + '-wal', b'frames')", {}),
    ],
)  # fmt: skip
def test_a_cut_leaves_what_was_synced(script: str, left: dict[str, bytes], plain: Disk) -> None:
    """Bytes need the sync of their file, and a name the sync of its directory."""
    assert run(plain.environ, plain.store, script + DIE).returncode == -9
    plain.cut(random.Random(1))
    assert found(plain) == {"": b"old", "first": b"first", **left}


def test_a_name_removed_without_a_sync_is_gone_or_back(plain: Disk) -> None:
    """Nobody may count on either: over some cuts both happen. With a sync it is gone."""
    first, seen = plain.store.with_name("desk.db.mail") / "first", set()
    for seed in range(8):
        first.write_bytes(b"first")
        plain.begin()
        run(plain.environ, plain.store, "os.unlink(folder + '/first')" + DIE)
        plain.cut(random.Random(seed))
        seen.add("first" in found(plain))
    first.write_bytes(b"first")
    plain.begin()
    run(plain.environ, plain.store, "os.unlink(folder + '/first'); sync(folder)" + DIE)
    plain.cut(random.Random(1))
    assert (seen, "first" in found(plain)) == ({True, False}, False)


STEPS = """
def step(what, *more):
    try:
        return what(*more)
    except OSError as error:
        print(error.errno)
print(open(store).read())
file = os.open(store, os.O_RDWR)
step(os.write, file, b"new")
step(os.fsync, file)
step(os.rename, store, folder + "/a")
step(open, folder + "/b", "w")
step(open, os.path.dirname(store) + "/log", "w")
"""


@pytest.mark.parametrize(
    ("number", "how", "told"),
    [
        (2, "once", ["2 write {}"]),
        (3, "always", ["3 fsync {}", "4 rename {}.mail/a", "5 open {}.mail/b"]),
        (9, "always", []),
    ],
)
def test_the_nth_operation_fails(number: int, how: str, told: list[str], plain: Disk) -> None:
    """It fails once, or each from then on; reading is not counted, nor is what is not the store's."""
    ran = run(plain.failing(number, how, errno.ENOSPC), plain.store, STEPS)
    assert (ran.returncode, ran.stdout.split()) == (0, ["old", *[str(errno.ENOSPC)] * len(told)]), ran.stderr
    assert plain.what_failed() == [line.format(plain.store) for line in told]


def found(disk: Disk) -> dict[str, bytes]:
    """Return what is there, by name after the store's or in its folder."""
    folder = disk.store.with_name("desk.db.mail")
    beside = {path.name.removeprefix("desk.db"): path for path in disk.store.parent.glob("desk.db*") if path.is_file()}
    inside = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in {**beside, **inside}.items()}
