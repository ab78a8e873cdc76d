"""Address fields (RFC 5322 §3.4) read as people write them: one linear pass, no recursion, no exception."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from intake.parsing.caps import Caps, Notes
from intake.parsing.words import decode_words
from procedure.mail import Address

_BAD = re.compile(r"[\s\x00-\x1f\x7f-\x9f<>,;]")
_NOT_LOCAL = re.compile(_BAD.pattern + "|@")
"""Nobody can be answered at ``boss@ours.example@elsewhere.example``, and people read only its beginning."""
_BARE = re.compile(r"[^\s<>,;:()\"]+@[^\s<>,;:()\"]+")
_SPECIAL = re.compile(r'["(<,;:]|=\?')
_ENCODED_WORD = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?=")
"""Of one piece, also where it has unquoted commas in it."""
_AROUND = re.compile(r"[ \t\r\n]*+([.@])[ \t\r\n]*+")
_ESCAPED = re.compile(r'(["\\])')
_ESCAPE = r"\\\1"
_SPACE = re.compile("[ \t\r\n\xa0\u2000-\u200a\u202f\u205f]+")


@dataclass
class _Mailbox:
    """One entry while it is being read."""

    words: list[str] = field(default_factory=list)
    angle: str | None = None
    comments: list[str] = field(default_factory=list)
    named: int = 0
    """How many of the words stood before the angle brackets."""

    @property
    def is_empty(self) -> bool:
        return self.angle is None and not "".join(self.words).strip() and not self.comments


def read_addresses(values: list[str], caps: Caps, notes: Notes) -> tuple[Address, ...]:
    """Return the addresses in some fields, in order; an entry without a usable address has ``address`` ''."""
    found: list[Address] = []
    for value in values:
        for mailbox in _merge(_split(value)):
            found.extend(_addresses(mailbox, notes))
            if len(found) >= caps.addresses:
                notes.add(f"More than {caps.addresses} addresses in a field; the rest was not read.")
                return tuple(found[: caps.addresses])
    return tuple(found)


def clean_address(text: str) -> str:
    """Return an address with its domain in lower case, '' when it cannot be one."""
    text = text.strip(" \t\r\n<>'\"" if not text.startswith('"') else " \t\r\n")
    text = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
    text = text[7:] if text[:7].lower() == "mailto:" else text
    local, at, domain = text.rpartition("@")
    domain = domain.rstrip(".")
    if not at or not local or not domain or len(text) > 320 or _BAD.search(domain):
        return ""
    if _NOT_LOCAL.search(local) and not (local.startswith('"') and local.endswith('"') and local.isprintable()):
        return ""
    return f"{local}@{domain.lower()}"


def _split(value: str) -> list[_Mailbox]:
    """Split a field at its commas and semicolons; quotes, comments and angle brackets keep what is in them."""
    mailboxes = [_Mailbox()]
    position = 0
    are_closed = True
    while position < len(value):
        char = value[position]
        current = mailboxes[-1]
        if char == '"' and current.words and current.words[-1].endswith("\\"):
            current.words[-1] = current.words[-1][:-1] + '"'  # escaped, but in no quotes: ``Anna \\"Nana\\" Smith``
            position += 1
        elif char == '"':
            text, position = _quoted(value, position)
            is_local = value[position : position + 1] == "@"
            current.words.append(f'"{_ESCAPED.sub(_ESCAPE, text)}"' if is_local else text)
        elif char == "(" and are_closed:
            text, end = _comment(value, position)
            are_closed = end <= len(value)
            if are_closed:
                current.comments.append(text)
                position = end
        elif char == "<":
            end = value.find(">", position)
            end = end if end >= 0 else len(value)
            if _is_another(current, value[position + 1 : end]):
                mailboxes.append(_Mailbox(current.words[current.named :]))
                del current.words[current.named :]
                current = mailboxes[-1]
            if not current.angle:
                current.angle, current.named = value[position + 1 : end], len(current.words)
            position = end + 1
        elif char in ",;":
            mailboxes.append(_Mailbox())
            position += 1
        elif char == ":" and "@" not in "".join(current.words) and current.angle is None:
            mailboxes[-1] = _Mailbox()  # the name of a group
            position += 1
        else:
            word = _ENCODED_WORD.match(value, position)
            end = word.end() if word else _next_special(value, position)
            # An address behind the address is no name of it, and not the sender either.
            if not (current.angle and "@" in value[position:end]):
                current.words.append(value[position:end])
            position = end
    return mailboxes


def _is_another(current: _Mailbox, angle: str) -> bool:
    """Tell whether the comma is missing before this address: it has a name of its own, ``A <a@x> B <b@x>``.

    Without a name it is the same person once more, as some programs write it.
    """
    return bool(current.angle) and "@" in angle and bool("".join(current.words[current.named :]).strip(" \t\r\n"))


def _next_special(value: str, position: int) -> int:
    match = _SPECIAL.search(value, position + 1)
    return match.start() if match else len(value)


def _quoted(value: str, position: int) -> tuple[str, int]:
    out: list[str] = []
    position += 1
    while position < len(value) and value[position] != '"':
        position += value[position] == "\\" and position + 1 < len(value)
        out.append(value[position])
        position += 1
    return "".join(out), position + 1


def _comment(value: str, position: int) -> tuple[str, int]:
    """Read a comment. Its end lies behind the field's when nothing closes it; its bracket is then a letter like any."""
    depth, start = 0, position
    while position < len(value):
        char = value[position]
        depth += (char == "(") - (char == ")")
        position += 2 if char == "\\" else 1
        if depth == 0:
            return value[start + 1 : position - 1], position
    return "", len(value) + 1


def _merge(mailboxes: list[_Mailbox]) -> list[_Mailbox]:
    """Undo the split of an unquoted ``Doe, John <john@…>``: a name without an address belongs to what follows."""
    merged: list[_Mailbox] = []
    for mailbox in mailboxes:
        before = merged[-1] if merged else None
        if before and before.angle is None and mailbox.angle is not None and "@" not in "".join(before.words):
            before.words.extend((",", *mailbox.words))
            before.angle, before.comments = mailbox.angle, before.comments + mailbox.comments
        elif not mailbox.is_empty:
            merged.append(mailbox)
    return merged


def _addresses(mailbox: _Mailbox, notes: Notes) -> list[Address]:
    words = "".join(mailbox.words)
    if mailbox.angle is None and "@" not in words and "=?" in words:
        # The whole entry, its angle brackets included, is one encoded word.
        decoded = decode_words(words, notes)
        again = [one for one in _split(decoded) if one.angle or "@" in "".join(one.words)]
        if again:
            return [_address(one, notes) for one in again]
    return [_address(mailbox, notes)]


def _address(mailbox: _Mailbox, notes: Notes) -> Address:
    words = "".join(mailbox.words)
    raw = mailbox.angle
    if raw is not None and ("(" in raw or not clean_address(_unroute(raw))):
        raw = _closed_up(raw)
    if raw is None and "@" in words and not _BARE.search(words):
        words = _closed_up(words)
    if raw is None or not clean_address(_unroute(raw)):
        bare = _BARE.search(words) if raw is None or "@" not in raw else None
        if bare:
            raw, words = bare[0], words[: bare.start()] + words[bare.end() :]
        elif raw is None and "@" in words:
            raw, words = words, ""
    name = _unquoted(_without_brackets(_SPACE.sub(" ", words).strip(" "))) or " ".join(mailbox.comments).strip()
    address = clean_address(_unroute(decode_words(raw or "", notes)))
    return Address(decode_words(name, notes).strip(" \t\r\n"), address)


def _unquoted(name: str) -> str:
    """Take single quotes off that are around the whole name; ``'Eleni' via List`` keeps its own."""
    if len(name) > 1 and name[0] == name[-1] == "'":
        name = name[1:-1]
    return name.strip(" ") if name.strip(" '") else ""


def _without_brackets(name: str) -> str:
    """Take stray angle brackets off a name, not those that stand in it as a pair: ``"Sales <sales@…>" <x@…>``."""
    return name if "<" in name.strip("<>") else name.strip(" <>")


def _closed_up(raw: str) -> str:
    """Return an address without comments and blanks inside it (RFC 5322 §4.4): ``pete(work) @ shop . example``."""
    if '"' in raw:
        return raw
    out: list[str] = []
    position = 0
    while (start := raw.find("(", position)) >= 0:
        _, end = _comment(raw, start)
        out.append(raw[position:start])
        if end > len(raw):
            break
        position = end
    return _AROUND.sub(r"\1", "".join([*out, raw[position:]]))


def _unroute(text: str) -> str:
    text = text.strip(" \t\r\n,")
    return text.rpartition(":")[2] if text.startswith("@") and ":" in text else text
