"""Who vouches for the sender of a mail: Authentication-Results of our own relay (RFC 8601), and of nobody else.

Only the topmost field counts, and only when the mail came from a trusted relay and names a trusted ``authserv-id``: our
relay writes its field on top and removes fields in its own name from what comes in (RFC 8601 §5). All others are
words of the sender. The reader is tolerant and takes linear time: what it does not understand proves nothing.

A password given to our own listener proves its own login and address as well (``logged_in``).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from procedure.mail import Envelope, ParsedMail

LOCAL = "local"
"""The peer of a mail that came over a unix socket."""

MAX_FIELD = 8_000
MAX_DEPTH = 20
_ASIDES = re.compile(r"[()\"\\;]")
_PAIR = re.compile(r"([a-z0-9.-]{1,40})(?:/[0-9]{1,4})?\s*=\s*(\"[^\"]*\"|[^\s;\"]+)")
_STRICT = re.compile(r"\b(?:p|policy|dis|action|policy\.dmarc)\s*=\s*o?(?:reject|quarantine)\b")


@dataclass(frozen=True)
class Verdict:
    """What our relay found out. ``is_known`` is false when no relay of ours said anything.

    ``domains`` and ``addresses`` are lower-case and stand behind a pass of DKIM, SPF, DMARC or of a sign-in with a
    password. ``fails`` is the DMARC result, ``is_refused`` that and a domain that asks to reject or quarantine.
    """

    is_known: bool = False
    domains: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    fails: bool = False
    is_refused: bool = False

    def proves(self, address: str) -> bool:
        """Tell whether an address in From surely belongs to who sent the mail (aligned, RFC 7489 §3.1)."""
        lower = address.strip().lower()
        domain = lower.rpartition("@")[2]
        if self.fails or not domain:
            return False
        parents = (domain, *(domain[at + 1 :] for at, letter in enumerate(domain) if letter == "."))
        return lower in self.addresses or any(parent in self.domains for parent in parents if "." in parent)


NOTHING = Verdict()


def is_relay(peer: str, relays: Collection[str]) -> bool:
    """Tell whether a peer is one of ``relays``: addresses, networks (``10.0.0.0/8``) or ``local`` for a unix socket."""
    if peer in relays:
        return True
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(one, strict=False) for one in relays if one != LOCAL)


def verdict(mail: ParsedMail, envelope: Envelope, relays: Collection[str], authserv_ids: Collection[str]) -> Verdict:
    """Return what our own relay says about the sender of a mail."""
    if not is_relay(envelope.peer, relays):
        return NOTHING
    return read(mail.headers.get("authentication-results", ""), authserv_ids)


def logged_in(found: Verdict, user: str, login: str, address: str) -> Verdict:
    """Return the verdict with what a password at our own listener proves (RFC 4954).

    Who logged in as ``user`` is the member of staff ``login`` with that ``address`` when it is the one or the other;
    it says nothing about any other address.
    """
    lower = address.strip().lower()
    if not user or (user != login and user.lower() != lower):
        return found
    return replace(found, addresses=found.addresses | {lower})


def read(field: str, authserv_ids: Collection[str]) -> Verdict:
    """Read one Authentication-Results field; nothing is known when its ``authserv-id`` is not a trusted one."""
    first, *results = _statements(field[:MAX_FIELD].lower())
    name = first[0].split()
    if not name or name[0] not in {known.lower() for known in authserv_ids}:
        return NOTHING
    domains: set[str] = set()
    addresses: set[str] = set()
    fails = is_refused = False
    for words, asides in results:
        pairs = [(key, value.strip('"')) for key, value in _PAIR.findall(words)]
        if not pairs:
            continue
        (method, result), properties = pairs[0], dict(reversed(pairs[1:]))
        if method == "dmarc" and result != "pass":
            fails = fails or result == "fail"
            is_refused = is_refused or (result == "fail" and bool(_STRICT.search(f"{words} {asides}")))
        elif result == "pass" and method == "auth":
            addresses |= {properties.get("smtp.auth", ""), properties.get("smtp.mailfrom", "")}
        elif result == "pass":
            domains |= _domains(method, properties)
    return Verdict(True, frozenset(domains - {""}), frozenset(addresses - {""}), fails, is_refused)


def _domains(method: str, properties: dict[str, str]) -> set[str]:
    names = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",), "dmarc": ("header.from",)}.get(method, ())
    found = (properties.get(name, "") for name in names)
    return {next((value for value in found if value), "").rpartition("@")[2].rstrip(".")}


def _statements(field: str) -> Iterator[tuple[str, str]]:
    """Yield each part between semicolons: its words, and what stood in comments (RFC 5322 §3.2.2)."""
    words: list[str] = []
    asides: list[str] = []
    depth, quoted, start = 0, False, 0
    position = 0
    for match in _ASIDES.finditer(field):
        if match.start() < position:
            continue
        mark, position = match[0], match.end()
        (asides if depth else words).append(field[start : match.start()])
        start = match.end()
        if mark == "\\":
            position = start = min(len(field), match.end() + 1)  # the next character stands for itself
        elif mark == '"' and not depth:
            quoted = not quoted
            words.append('"')
        elif mark == "(" and not quoted:
            depth = min(depth + 1, MAX_DEPTH)
        elif mark == ")" and not quoted:
            depth = max(depth - 1, 0)
        elif mark == ";" and not quoted and not depth:
            yield "".join(words), " ".join(asides)
            words, asides = [], []
        else:
            (asides if depth else words).append(mark)
    (asides if depth else words).append(field[start:])
    yield "".join(words), " ".join(asides)
