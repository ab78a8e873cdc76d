"""All packages of tierdesk must be tierdesk's own."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest

from app.packages import PACKAGES, MixedPackages, check_packages


def test_here_all_is_well() -> None:
    """The packages of this checkout come from one place."""
    check_packages()


def test_every_package_of_the_wheel_is_checked() -> None:
    """A package added to the build is added to the check."""
    import tomllib

    build = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert set(PACKAGES) == set(build["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def make_package(home: Path, name: str, text: str = "") -> None:
    (home / name).mkdir(parents=True)
    (home / name / "__init__.py").write_text(text)


def test_a_package_that_hides_ours_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which package, where it is, where it should be, and what to do."""
    make_package(tmp_path / "ours", "borrowed_name")
    make_package(tmp_path / "theirs", "borrowed_name")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "theirs"), str(tmp_path / "ours")])
    with pytest.raises(MixedPackages) as caught:
        check_packages(tmp_path / "ours", ["borrowed_name"])
    assert str(caught.value) == (
        f"The package borrowed_name is found in {tmp_path}/theirs/borrowed_name, not in {tmp_path}/ours "
        "with the rest of tierdesk. Install tierdesk in an environment of its own, with pipx for example."
    )


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    """A half-removed installation says so."""
    with pytest.raises(MixedPackages, match="The package no_such_name is not found, not in"):
        check_packages(tmp_path, ["no_such_name"])


@pytest.mark.parametrize("text", ["ours", "theirs"])
def test_an_overwritten_package_is_named(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another distribution of the same name in the same directory changes our file; pip's record shows it."""
    make_package(tmp_path, "borrowed_name", text)
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"ours").digest()).rstrip(b"=").decode()
    (tmp_path / "tierdesk-0.dist-info").mkdir()
    record = f"borrowed_name/__init__.py,sha256={digest},4\ntierdesk-0.dist-info/RECORD,,\n"
    (tmp_path / "tierdesk-0.dist-info" / "RECORD").write_text(record)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    if text == "ours":
        check_packages(tmp_path, ["borrowed_name"])
    else:
        with pytest.raises(MixedPackages, match="was overwritten by another distribution"):
            check_packages(tmp_path, ["borrowed_name"])
