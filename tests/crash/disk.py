"""The disk of the crash tests: ``disk.c`` compiled, and what a power cut leaves of a store put back.

After a cut a file has the bytes of its last fsync, and it is there only if its directory was synced after it got its
name. The same holds for the folder beside the store, whose own name the store's directory must have synced.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.office import Office

_SYNC_ALL = """
import os, pathlib, sys
store = pathlib.Path(sys.argv[1])
paths = [path for top in store.parent.glob(store.name + "*") for path in (top, *top.rglob("*"))]
for path in (*paths, store.parent):
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
"""


class NoCompiler(Exception):
    """There is no C compiler here."""


def compiled(into: Path) -> Path:
    """Return the shared object. Raises NoCompiler."""
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None or sys.platform != "linux":
        raise NoCompiler("there is no C compiler here (cc), or this is not Linux")
    library = into / "disk.so"
    source = Path(__file__).with_name("disk.c")
    options = ("-shared", "-fPIC", "-O1", "-U_FORTIFY_SOURCE", "-Wall", "-Wextra")
    command = [compiler, *options, "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return library


def disk_under(office: Office, library: Path) -> Disk:
    """Return the disk under an office's store."""
    return Disk(library, Path(office.url.removeprefix("sqlite:///")).resolve(), office.home / "kept")


@dataclass(frozen=True)
class Disk:
    """The disk under one store. ``kept`` is a directory for what is synced."""

    library: Path
    store: Path
    kept: Path

    @property
    def environ(self) -> dict[str, str]:
        """Return what a process needs so that what it syncs is kept."""
        return {"LD_PRELOAD": str(self.library), "DISK_STORE": str(self.store), "DISK_KEEP": str(self.kept)}

    def failing(self, number: int, how: str, error: int, after: Path | None = None) -> dict[str, str]:
        """Return what a process needs so that its ``number``-th write fails, ``once`` or ``always`` from then on.

        With ``after`` those are counted that come when this path exists.
        """
        fail = {"DISK_FAIL": f"{number} {how} {error}", "DISK_TOLD": str(self._told)}
        if after is not None:
            fail["DISK_AFTER"] = str(after)
        return {"LD_PRELOAD": str(self.library), "DISK_STORE": str(self.store), **fail}

    def what_failed(self) -> list[str]:
        """Return number, operation and path of each operation that failed."""
        return self._told.read_text().splitlines() if self._told.exists() else []

    @property
    def _told(self) -> Path:
        return self.store.with_name("told.txt")

    def begin(self) -> None:
        """Let everything that is there now count as synced; to be said again when another has changed it."""
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir()
        environ = {**os.environ, **self.environ}
        subprocess.run([sys.executable, "-I", "-c", _SYNC_ALL, self.store], env=environ, check=True)

    def cut(self, dice: random.Random) -> None:
        """Put back what a power cut leaves; the processes must be dead, and nobody may have the store open.

        What was removed without a sync is gone or is back, by chance.
        """
        was = self.store.with_name("before-the-cut")
        was.mkdir()
        for path in list(self.store.parent.glob(self.store.name + "*")):
            path.rename(was / path.name)
        # What has another name now was renamed, and where the name stands for another file it was renamed over: of a
        # rename that was not synced the old state comes back.
        living = {str(path.lstat().st_ino) for path in was.rglob("*")}
        living |= {path.relative_to(was).as_posix() for path in was.rglob("*")}
        is_removal_kept = dice.random() < 0.5
        self._restore(self._of(self.store.parent), Path(), living if is_removal_kept else None)
        shutil.rmtree(was)

    def _of(self, directory: Path) -> Path:
        """Return what is kept of a directory."""
        (found,) = self.kept.glob(f"{directory.stat().st_ino}-*")
        return found

    def _restore(self, names: Path, folder: Path, living: set[str] | None) -> None:
        """Fill a folder beside the store with what is kept of it; with ``living``, of these inodes and names alone."""
        for line in names.read_text().splitlines() if names.exists() else []:
            kind, key, name = line.split(" ", 2)
            path = self.store.parent / folder / name
            if living is not None and not living & {key.partition("-")[0], (folder / name).as_posix()}:
                continue
            if kind == "directory":
                path.mkdir()
                self._restore(self.kept / key, folder / name, living)
            elif (self.kept / key).exists():
                shutil.copyfile(self.kept / key, path)
