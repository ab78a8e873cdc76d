"""What the tests of app share: the command in this process, on a store and settings of the test's own."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.main import main


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the JSON documents that were printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        """Return the only one."""
        (only,) = self.rows
        return only


Run = Callable[..., Ran]


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that is home and all, with a migrated store and an address in the environment."""
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setattr("app.settings_sources.SYSTEM_FILE", tmp_path / "etc" / "tierdesk.toml")
    monkeypatch.delenv("TIERDESK_CONFIG", raising=False)
    Path(sqlite_url.removeprefix("sqlite:///")).chmod(0o600)
    monkeypatch.setenv("TIERDESK_STORE__URL", sqlite_url)
    monkeypatch.setenv("TIERDESK_SMTP__FREE_SPACE_FLOOR_BYTES", "0")
    monkeypatch.setenv("TIERDESK_SMTP__LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("TIERDESK_DESK__ADDRESSES", "support@example.com")
    # Whoever runs the tests must not be taken for a member of staff of the same name.
    monkeypatch.setattr("app.wiring.user_name", lambda number: f"user{number}")
    return tmp_path


@pytest.fixture
def run(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        capsys.readouterr()
        status = main(list(arguments))
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run
