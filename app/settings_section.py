"""What the sections of the settings are made of: their base, and the kinds of text that several of them hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Section(BaseModel):
    """What all sections share: nothing can be changed, nothing unknown is accepted, nothing is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def as_tuple(value: object) -> object:
    """Return a list as the tuple that a frozen section holds."""
    return tuple(value) if isinstance(value, list) else value


def _host_name(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*|\[[0-9A-Fa-f:.]+\]", text):
        raise ValueError("must be a host name such as desk.example.org")
    return text


def _absolute_path(text: str) -> str:
    if text and not Path(text).is_absolute():
        raise ValueError("must be a path from the root, beginning with /")
    return text


HostName = Annotated[str, AfterValidator(_host_name)]
AbsolutePath = Annotated[str, AfterValidator(_absolute_path)]
