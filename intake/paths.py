"""What follows MAIL FROM: and RCPT TO: as plain values: the path, the parameters, or the reply that refuses them.

Lenient where real senders are (a space after the colon, no angle brackets, doubled dots, underscores in domains),
strict where the store and the next hop need it: no control characters, no bytes outside UTF-8, no path longer than
RFC 5321 §4.5.3.1 allows. A sender's local part may be longer than its 64 octets: mailing services write whole
addresses into theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_PATH = 254
MAX_LOCAL = 64
MAX_DOMAIN = 253

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ROUTE = re.compile(r"@[^\s:<>]{1,253}(?:,@[^\s:<>]{1,253})*:")
_LOCAL = re.compile(r'[^\s@<>()\[\]\\,;:"]+')
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\]|\\.)*"')
_DOMAIN = re.compile(r'[^\s@<>()\[\]\\,;:"]+')
_LITERAL = re.compile(r"\[[0-9A-Za-z.:_-]{1,100}\]")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?")


@dataclass(frozen=True)
class Wrong:
    """A refusal: ``code`` is the reply code with its enhanced code, ``text`` the sentence after it."""

    code: str
    text: str


@dataclass(frozen=True)
class Path:
    """A mail path: ``address`` is '' for the null sender; parameters by upper-case name, '' where one has no value."""

    address: str
    parameters: dict[str, str]

    @property
    def is_ascii(self) -> bool:
        """Say whether the address needs no SMTPUTF8 (RFC 6531)."""
        return self.address.isascii()


def read_path(argument: str | None, keyword: str, syntax_code: str) -> Path | Wrong:
    """Read ``FROM:<path> parameters`` (RFC 5321 §4.1.1.2).

    ``keyword`` is ``FROM`` or ``TO``; ``syntax_code`` is the reply code for a path that is no path.
    """
    rest = argument or ""
    if rest[: len(keyword) + 1].upper() != f"{keyword}:":
        return Wrong("501 5.5.4", f"Syntax: {'MAIL' if keyword == 'FROM' else 'RCPT'} {keyword}:<address>")
    rest = rest[len(keyword) + 1 :].strip(" ")
    path, tail = _split(rest)
    if path is None:
        return Wrong(syntax_code, "That is not an address")
    address = check_address(path, syntax_code)
    if isinstance(address, Wrong):
        return address
    if keyword == "TO" and len(address.rpartition("@")[0].encode()) > MAX_LOCAL:
        return Wrong(syntax_code, "That address is too long before its @")
    parameters = _parameters(tail)
    if parameters is None:
        return Wrong("501 5.5.4", "Cannot read the parameters")
    return Path(address, parameters)


def check_address(path: str, syntax_code: str) -> str | Wrong:
    """Return the address in a path without its source route, '' for the null path, or why it cannot be one."""
    if _CONTROL.search(path):
        return Wrong(syntax_code, "An address has no control characters")
    try:
        octets = len(path.encode())
    except UnicodeEncodeError:
        return Wrong(syntax_code, "An address is ASCII or UTF-8")
    if octets > MAX_PATH:
        return Wrong(syntax_code, "That address is too long")
    route = _ROUTE.match(path)
    address = path[route.end() :] if route else path
    if address == "" and route is None:
        return ""
    return address if _is_address(address) else Wrong(syntax_code, "That is not an address")


def _is_address(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = address, ""
    if not (_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)):
        return False
    if not at:
        return True
    return len(domain) <= MAX_DOMAIN and bool(_DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain))


def _split(text: str) -> tuple[str | None, str]:
    """Split ``<path> tail`` or ``path tail``; a ``>`` inside a quoted local part does not end the path."""
    if not text.startswith("<"):
        path, _, tail = text.partition(" ")
        return path or None, tail
    quoted, escaped = False, False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = quoted
        elif char == '"':
            quoted = not quoted
        elif char == ">" and not quoted:
            tail = text[index + 1 :]
            return (text[1:index].strip(" "), tail) if tail[:1] in ("", " ") else (None, "")
    return None, ""


def _parameters(text: str) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in parameters:
            return None
        parameters[match[1].upper()] = match[2] or ""
    return parameters
