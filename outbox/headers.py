"""Header fields as bytes on the wire: encoded words, folding, and no way for a value to become a field of its own.

Every value loses its control characters before anything else looks at it, so a CR or LF can only be one of ours.
The standard library's policies are not used here: they raise on some inputs and pass others unfolded.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator

from outbox.addresses import mailbox
from procedure.mail import Address

FOLD_AT = 76
MAX_REFERENCES = 20

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")
_WORD_OCTETS = 63
"""Room inside one encoded word of 75 characters (RFC 2047 §2) after ``=?utf-8?b?`` and ``?=``."""


def one_line(text: str) -> str:
    """Return the text without control characters and line separators (each becomes a space) and lone surrogates."""
    return without_surrogates(_CONTROL.sub(" ", text))


def without_surrogates(text: str) -> str:
    """Return the text with lone surrogates, which UTF-8 cannot carry, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def unstructured(name: str, value: str) -> str:
    """Return a field of free text such as ``Subject``."""
    text = one_line(value)
    return _folded(name, text.split(" ") if _is_plain(text) else encoded_words(text))


def address_list(name: str, address: Address) -> str:
    """Return a field with one mailbox; an address that cannot be written gives an empty group (RFC 6854)."""
    box = mailbox(address.address)
    phrase = _phrase(one_line(address.name).strip(" "))
    if box is None:
        return _folded(name, [*phrase, ":;"] if phrase else ["undisclosed-recipients:;"])
    return _folded(name, [*phrase, f"<{box.text}>"] if phrase else [box.text])


def message_ids(name: str, ids: Iterable[str]) -> str | None:
    """Return a field of Message-IDs, each on a line that fits, or None when there is none that can be written."""
    words = [word for word in map(message_id, ids) if word]
    return _folded(name, words) if words else None


def message_id(text: str) -> str:
    """Return the Message-ID in angle brackets; '' when it has characters or a length that no header line can carry."""
    core = text.strip().removeprefix("<").removesuffix(">")
    return f"<{core}>" if _MESSAGE_ID.fullmatch(core) else ""


def references(parents: Iterable[str], in_reply_to: str) -> tuple[str, ...]:
    """Return what goes into References (RFC 5322 §3.6.4): oldest first, the answered mail last, first + last 19."""
    thread = [word for word in map(message_id, [*parents, in_reply_to]) if word]
    last_seen = {word: place for place, word in enumerate(thread)}
    unique = [word for place, word in enumerate(thread) if last_seen[word] == place]
    if len(unique) <= MAX_REFERENCES:
        return tuple(unique)
    return (unique[0], *unique[1 - MAX_REFERENCES :])


def encoded_words(text: str) -> list[str]:
    """Return the text as RFC 2047 words in UTF-8, none over 75 characters, no character split between two."""
    octets = text.encode()
    is_mostly_ascii = sum(octet > 127 for octet in octets) * 3 < len(octets)
    if is_mostly_ascii:
        return [f"=?utf-8?q?{''.join(chunk)}?=" for chunk in _chunks(map(_q_encoded, text), _WORD_OCTETS, len)]
    # Base64 turns 45 octets into 60 characters; 48 would be 64.
    chunks = _chunks(text, 45, _utf8_length)
    return [f"=?utf-8?b?{base64.b64encode(''.join(chunk).encode()).decode('ascii')}?=" for chunk in chunks]


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and "=?" not in text and max(map(len, text.split(" "))) < FOLD_AT - 10


def _phrase(name: str) -> list[str]:
    if not name:
        return []
    if _is_plain(name):
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return name.split(" ") if _ATOMS.fullmatch(name) else quoted.split(" ")
    return encoded_words(name)


def _q_encoded(char: str) -> str:
    if char == " ":
        return "_"
    if char.isascii() and char.isalnum():
        return char
    return "".join(f"={octet:02X}" for octet in char.encode())


def _utf8_length(char: str) -> int:
    return len(char.encode())


def _chunks(parts: Iterable[str], limit: int, length: Callable[[str], int]) -> Iterator[list[str]]:
    chunk: list[str] = []
    room = limit
    for part in parts:
        if length(part) > room:
            yield chunk
            chunk, room = [], limit
        chunk.append(part)
        room -= length(part)
    if chunk:
        yield chunk


def _folded(name: str, words: list[str]) -> str:
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > FOLD_AT and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)
