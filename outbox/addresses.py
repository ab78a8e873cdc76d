"""Mail addresses on their way out: safe in a header, safe in an SMTP command, ASCII in the domain.

An address is either usable as it is or not usable at all. Nothing is ever stripped from one, because what is left
would be somebody else's address.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_OCTETS = 254
"""Longest address that fits an SMTP path with its angle brackets (RFC 5321 §4.5.3.1.3)."""

_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_DOMAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")
_LITERAL = re.compile(r"\[[A-Za-z0-9.:-]+\]")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Mailbox:
    """A usable address; ``text`` is the same in a header and between the brackets of an SMTP path."""

    text: str

    @property
    def needs_smtputf8(self) -> bool:
        """Tell whether the address can travel only with SMTPUTF8 (RFC 6531): its local part is not ASCII."""
        return not self.text.isascii()


def mailbox(address: str) -> Mailbox | None:
    """Return the address ready to send, or None when there is no safe way to write it."""
    local, at, domain = address.strip(" ").rpartition("@")
    if not at or not local or any(_is_forbidden(char) for char in address):
        return None
    text = f"{_local_part(local)}@{ascii_domain(domain)}"
    is_usable = bool(_DOMAIN.fullmatch(ascii_domain(domain)) or _LITERAL.fullmatch(domain))
    return Mailbox(text) if is_usable and len(text.encode()) <= MAX_OCTETS else None


def ascii_domain(domain: str) -> str:
    """Return the domain in its ASCII form, ``xn--`` labels where needed.

    Follows RFC 5891: ``ß`` and the final sigma stay what they are. The ``idna`` codec of the standard library follows
    the older RFC 3490, which turns them into other letters, that is, into another domain.
    """
    if domain.isascii():
        return domain
    return ".".join(_ascii_label(label) for label in _DOTS.split(domain))


def _ascii_label(label: str) -> str:
    # Letter by letter: lower() of a whole word would turn a capital sigma at its end into a final one.
    lower = unicodedata.normalize("NFKC", "".join(char.lower() for char in label))
    if "." in lower:  # A character such as U+2488 hides a dot: left as it is, and so refused.
        return label
    return lower if lower.isascii() else "xn--" + lower.encode("punycode").decode("ascii")


def _is_forbidden(char: str) -> bool:
    # Brackets are legal inside quotes, and too many servers look for the first ">" all the same.
    return char in "<>" or unicodedata.category(char) in _FORBIDDEN


def _local_part(local: str) -> str:
    if _DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local):
        return local
    return '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
