"""Mails as files: each ``mails/NAME.eml`` is read as its ``NAME.json`` says.

The JSON has the fields that the case is about. An attachment is its name, type and content (as text, or ``base64:``).
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from intake.parsing.mail import parse
from procedure.mail import Address, ForwardedMail, ParsedAttachment, ParsedMail

FILES = sorted((Path(__file__).parent / "mails").glob("*.eml"))


def plain(value: Any) -> Any:
    """Return a field as JSON has it."""
    if isinstance(value, Address):
        return [value.name, value.address]
    if isinstance(value, ForwardedMail):
        return [plain(value.sender), value.subject, value.text, value.message_id]
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value


def attachment(one: ParsedAttachment, expected: list[str]) -> list[str]:
    is_binary = expected[2].startswith("base64:")
    content = "base64:" + base64.b64encode(one.content).decode() if is_binary else one.content.decode()
    return [one.filename, one.content_type, content]


def actual(mail: ParsedMail, expected: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of ``mail`` that a case is about, as its JSON has them."""
    fields = {name: plain(getattr(mail, name)) for name in expected}
    if "headers" in expected:
        fields["headers"] = {name: mail.headers.get(name) for name in expected["headers"]}
    if expected.get("attachments"):
        assert len(mail.attachments) == len(expected["attachments"]), mail.attachments
        pairs = zip(mail.attachments, expected["attachments"], strict=True)
        fields["attachments"] = [attachment(one, wanted) for one, wanted in pairs]
    return fields


def test_there_are_mails() -> None:
    """An empty folder would pass every test."""
    assert len(FILES) >= 550


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_mail(path: Path) -> None:
    """The mail is read as its JSON says."""
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert actual(parse(path.read_bytes()), expected) == expected
