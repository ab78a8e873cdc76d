"""Large mails beside an embedded store: one file each, on the disk before the row that names it.

In the write-ahead log each byte would be written twice and hold up every other writer. A file is written once, never
changed, and lies in a folder for its day: ``desk.db.mail/2026-11-22/<digest>``. A crash between file and row leaves a
file without a row; since its peer was told nothing it sends the mail again, under the same name.

Later a file may be packed into one with ``.z`` at its end. At every moment the one or the other is there whole; names
do not say which, so nobody who holds a name is in the way.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import mkstemp

from store.errors import Unreachable
from store.packing import CHUNK, packed, unpacked

_CLEAN = ".part"
_PACKED = ".z"


class Spool:
    """The folder of large mails of one store. Threads and processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[str] = set()
        self._making = threading.Lock()

    def keep(self, name: str, octets: bytes) -> None:
        """Write a file ``day/digest``; it and its name are on the disk when this returns.

        A file of that name holds the same octets already, or was never acknowledged. Raises Unreachable.
        """
        path = self._folder / name
        try:
            self._make(path.parent)
            file, name_of_part = mkstemp(_CLEAN, f".{path.name}.", path.parent)
            part = Path(name_of_part)
            try:
                _write(file, octets)
                part.rename(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)
        except OSError as error:
            raise Unreachable(f"The mail folder {self._folder} cannot be written: {error.strerror}.") from error

    def read(self, name: str, start: int = 0, length: int = -1) -> bytes:
        """Return ``length`` octets of a file from ``start`` on, by default all, packed or not. Raises Unreachable."""
        try:
            try:
                with (self._folder / name).open("rb") as file:
                    file.seek(start)
                    return file.read(length)
            except FileNotFoundError:
                return self._read_packed(name, start, length)
        except OSError as error:
            raise Unreachable(f"The mail {self._folder / name} cannot be read: {error.strerror}.") from error

    def _read_packed(self, name: str, start: int = 0, length: int = -1) -> bytes:
        with (self._folder / f"{name}{_PACKED}").open("rb") as file:
            return unpacked(iter(partial(file.read, CHUNK), b""), start, length)

    def pack(self, name: str, octets: bytes) -> bool:
        """Pack a file that holds ``octets``; False when that saves too little. Raises Unreachable.

        1. the packed file is written, synced, named; 2. it is read back; 3. only then the other is removed.
        """
        small = packed(octets)
        if small is None:
            return False
        self.keep(f"{name}{_PACKED}", small)
        try:
            is_same = self._read_packed(name) == octets
            (self._folder / f"{name}{'' if is_same else _PACKED}").unlink(missing_ok=True)
        except OSError as error:
            raise Unreachable(f"The mail {self._folder / name} cannot be packed: {error.strerror}.") from error
        return is_same

    def is_packed(self, name: str) -> bool:
        """Say whether a file is there in its packed form alone."""
        return not (self._folder / name).is_file() and self.has(name)

    def has(self, name: str) -> bool:
        """Say whether there is a file of that name, packed or not."""
        return any((self._folder / one).is_file() for one in (name, f"{name}{_PACKED}"))

    def names(self) -> Iterator[str]:
        """Yield the names of all whole files."""
        paths = self._folder.glob("*/*")
        names = {f"{one.parent.name}/{one.name.removesuffix(_PACKED)}" for one in paths if one.suffix != _CLEAN}
        yield from sorted(names)

    def _make(self, folder: Path) -> None:
        """Make the folder of a day, once; the name of a new folder must be on the disk too."""
        if folder.name in self._made and folder.is_dir():
            return
        with self._making:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync_folder(self._folder)
            _sync_folder(self._folder.parent)
            self._made.add(folder.name)


def _write(file: int, octets: bytes) -> None:
    try:
        view = memoryview(octets)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
