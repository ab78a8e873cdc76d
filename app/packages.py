"""The check that all of tierdesk's packages are its own.

They import under plain names (docs/decisions/0001-literal-top-level-packages.md), and the package index has others of
the same names: one that comes first on the path hides ours, one in the same directory overwrites ours. Both look like
a bug anywhere; this check says what it is. It imports nothing and reads a few small files.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import Path

from app.errors import AppError

PACKAGES = ("procedure", "store", "desk", "intake", "outbox", "tui", "app")
HOME = Path(__file__).resolve().parent.parent
ADVICE = "Install tierdesk in an environment of its own, with pipx for example."


class MixedPackages(AppError):
    """Another distribution's package stands where one of ours should be."""


def check_packages(home: Path = HOME, packages: Iterable[str] = PACKAGES) -> None:
    """Make sure that each package comes from ``home`` and is as it was installed. Raises MixedPackages."""
    recorded = _recorded_digests(home)
    for name in packages:
        place = _place(name)
        if place != home / name:
            found = f"is found in {place}" if place else "is not found"
            raise MixedPackages(f"The package {name} {found}, not in {home} with the rest of tierdesk. {ADVICE}")
        digest = recorded.get(f"{name}/__init__.py")
        if digest and digest != _digest(place / "__init__.py"):
            raise MixedPackages(f"The package {name} in {home} was overwritten by another distribution. {ADVICE}")


def _place(name: str) -> Path | None:
    spec = PathFinder.find_spec(name)
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _recorded_digests(home: Path) -> dict[str, str]:
    """Return the digests that pip noted for our files, none in an editable installation (RECORD, PEP 376)."""
    digests = {}
    for record in home.glob("tierdesk-*.dist-info/RECORD"):
        for line in record.read_text("utf-8").splitlines():
            path, _, rest = line.partition(",sha256=")
            digests[path] = rest.partition(",")[0]
    return digests


def _digest(path: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
