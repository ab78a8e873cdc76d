"""What parent and child say to each other: length-prefixed frames of JSON and plain octets, nothing that can act.

The child reads hostile mail, so the parent trusts nothing it says: no pickle, sizes checked before they are read, every
field checked for its type.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Callable
from typing import Any

from procedure.mail import Address, ForwardedMail, ParsedAttachment, ParsedMail
from procedure.phrases import Words
from procedure.telling import Telling

REQUEST = struct.Struct("!Q")
ANSWER = struct.Struct("!QQ")
MAX_ANSWER = 256 << 20

_Read = Callable[[int], bytes]


class BadAnswer(Exception):
    """The child said something that is no answer."""


def encode_answer(mail: ParsedMail) -> list[bytes]:
    """Return the frame of a parsed mail in pieces: lengths, JSON, then the attachments' octets one after another."""
    fields: dict[str, Any] = {field.name: getattr(mail, field.name) for field in dataclasses.fields(mail)}
    fields["sender"] = [mail.sender.name, mail.sender.address]
    if mail.telling is not None:
        fields["telling"] = [[one.written, one.folded] for one in (mail.telling.title, mail.telling.body)]
    for name in ("senders", "recipients"):
        fields[name] = [[one.name, one.address] for one in fields[name]]
    if forwarded := mail.forwarded:
        person = [forwarded.sender.name, forwarded.sender.address]
        fields["forwarded"] = [person, forwarded.subject, forwarded.text, forwarded.message_id]
    fields["attachments"] = [[one.filename, one.content_type, len(one.content)] for one in mail.attachments]
    return _frame({"parsed": fields}, [one.content for one in mail.attachments])


def encode_failure(reason: str) -> list[bytes]:
    """Return the frame that says why a mail could not be parsed."""
    return _frame({"failed": reason}, [])


def decode_answer(document: bytes, octets: bytes) -> ParsedMail | str:
    """Return the parsed mail or the reason of its failure. Raises ``BadAnswer``."""
    try:
        answer = json.loads(document)
        if "failed" in answer:
            return _text(answer["failed"])[:500]
        return _mail(answer["parsed"], octets)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadAnswer(f"{type(error).__name__}: {error}") from error


def _frame(document: dict[str, Any], blobs: list[bytes]) -> list[bytes]:
    encoded = json.dumps(document).encode("ascii")
    return [ANSWER.pack(len(encoded), sum(map(len, blobs))), encoded, *blobs]


def _mail(fields: dict[str, Any], octets: bytes) -> ParsedMail:
    return ParsedMail(
        sender=_person(fields["sender"]),
        senders=tuple(map(_person, fields["senders"])),
        recipients=tuple(map(_person, fields["recipients"])),
        subject=_text(fields["subject"]),
        text=_text(fields["text"]),
        message_id=_text(fields["message_id"]),
        in_reply_to=_texts(fields["in_reply_to"]),
        references=_texts(fields["references"]),
        headers={_text(name): _text(value) for name, value in fields["headers"].items()},
        attachments=_attachments(fields["attachments"], octets),
        is_delivery_report=fields["is_delivery_report"] is True,
        bounce_ids=_texts(fields["bounce_ids"]),
        bounce_status=_text(fields["bounce_status"]),
        bounce_action=_text(fields["bounce_action"]),
        forwarded=_forwarded(fields["forwarded"]),
        telling=_telling(fields["telling"]),
        folded=None if fields["folded"] is None else _text(fields["folded"]),
        defects=_texts(fields["defects"]),
    )


def _attachments(listed: list[list[Any]], octets: bytes) -> tuple[ParsedAttachment, ...]:
    attachments, position = [], 0
    for filename, content_type, size in listed:
        if type(size) is not int or not 0 <= size <= len(octets) - position:
            raise ValueError("an attachment's size is wrong")
        attachments.append(ParsedAttachment(_text(filename), _text(content_type), octets[position : position + size]))
        position += size
    return tuple(attachments)


def _forwarded(values: list[Any] | None) -> ForwardedMail | None:
    if values is None:
        return None
    sender, subject, text, message_id = values
    return ForwardedMail(_person(sender), _text(subject), _text(text), _text(message_id))


def _telling(values: list[Any] | None) -> Telling | None:
    if values is None:
        return None
    title, body = values
    return Telling(_words(title), _words(body))


def _words(pair: list[Any]) -> Words:
    written, folded = map(_texts, pair)
    if len(written) != len(folded):
        raise ValueError("a word was folded away")
    return Words(written, folded)


def _person(pair: list[Any]) -> Address:
    name, address = pair
    return Address(_text(name), _text(address))


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(map(_text, values))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()  # half a surrogate pair cannot be stored: UnicodeEncodeError is a ValueError
    return value
