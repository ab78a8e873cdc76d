"""The doctor looks at the machine: settings file, the store's file, its file system, free space."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from app.doctor import Finding, fail, ok, warn
from app.settings import LoadedSettings
from app.wiring import store_file

NETWORK_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "glusterfs", "ceph", "fuse.sshfs", "fuse.glusterfs",
     "fuse.s3fs", "lustre", "ocfs2", "gfs2"}
)  # fmt: skip
"""File systems on which SQLite's write-ahead log does not work: its shared memory ends at the machine's edge."""

OLDEST_SQLITE = (3, 37, 0)
_MOUNTS = Path("/proc/self/mounts")


def findings(loaded: LoadedSettings) -> Iterator[Finding]:
    """Yield what the machine says."""
    yield _settings(loaded)
    yield _addresses(loaded)
    yield _sqlite()
    path = store_file(loaded.settings.store.url)
    if path is not None and path.exists():
        yield _privacy(path)
        yield _file_system(path)
        yield _space(path, loaded.settings.smtp.free_space_floor_bytes)


def _settings(loaded: LoadedSettings) -> Finding:
    if loaded.file is None:
        return ok("settings", "no file: defaults and environment")
    if _others_read(loaded.file) and loaded.settings.outbox.password.get_secret_value():
        return warn("settings", f"{loaded.file} holds a password and others can read it", f"chmod 600 {loaded.file}")
    return ok("settings", str(loaded.file))


def _addresses(loaded: LoadedSettings) -> Finding:
    addresses = loaded.settings.desk.addresses
    if not addresses and not loaded.settings.smtp.listen and not loaded.settings.lmtp.listen:
        return warn("addresses", "none: the desk takes calls only", "Set desk.addresses, if mail should come in.")
    if not addresses:
        return fail("addresses", "desk.addresses is empty: every mail is refused", "Set desk.addresses.")
    return ok("addresses", ", ".join(addresses))


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        return fail("sqlite", f"version {sqlite3.sqlite_version}", f"Use a Python with SQLite {wanted} or newer.")
    return ok("sqlite", f"version {sqlite3.sqlite_version}")


def _privacy(path: Path) -> Finding:
    open_files = [one for one in (path, *_beside(path)) if one.exists() and _others_read(one)]
    if open_files:
        names = " ".join(map(str, open_files))
        return warn("privacy", "others can read the mail of customers", f"chmod 600 {names}")
    return ok("privacy", "only the owner reads the store")


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]


def _others_read(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _file_system(path: Path) -> Finding:
    kind = file_system(path)
    if kind in NETWORK_SYSTEMS:
        return fail(
            "file system", f"{path} is on a network file system ({kind})",
            "Move it to a disk of this machine, or use PostgreSQL for several machines.",
        )  # fmt: skip
    return ok("file system", kind or "not told by this system")


def file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the kind of file system that ``path`` is on, None where the system does not say."""
    try:
        lines = mounts.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best: tuple[int, str | None] = (-1, None)
    resolved = path.resolve()
    for line in lines:
        _, place, kind, *_ = line.split(" ")
        mounted = Path(place.replace("\\040", " "))
        # A later mount on the same place covers the one before.
        if resolved.is_relative_to(mounted) and len(mounted.parts) >= best[0]:
            best = (len(mounted.parts), kind)
    return best[1]


def _space(path: Path, floor: int) -> Finding:
    free = shutil.disk_usage(path.parent).free
    found = f"{free >> 20:,} MiB free, mail is put off below {floor >> 20:,}"
    if free < floor:
        return fail("space", found, "Make room, or lower smtp.free_space_floor_bytes.")
    if free < 4 * floor:
        return warn("space", found, "Make room soon.")
    return ok("space", found)
