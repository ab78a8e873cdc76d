"""What a search is made of: words, fields with values, moments, and how they are combined.

| field | takes |
|---|---|
| level, difficulty, priority | a value, several after commas, or a comparison: ``level:2,3`` ``difficulty>3`` |
| status, channel, is, has | a word, or several after commas |
| from, subject | words; ``nik*`` is a beginning, of three letters or more |
| to, assignee, tag, ref | an address, a login (``me``, ``none``), a tag, a reference |
| waits, created, updated | ``>2h``, ``<3d``; the last two also a date |
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from procedure.folding import fold, words
from procedure.terms import Channel, Priority, Status, parse_ref

MIN_PREFIX = 3
"""Letters that a beginning needs: one of two would be half of the store."""

LONGEST_WORD = 64
"""Characters of a word that are kept; the rest tells nothing apart."""


MAX_INDEXED = 50_000
"""Characters of a message that are indexed; a log pasted into a mail must not hold up the filing."""


class SearchError(ValueError):
    """A search that means nothing: one sentence, and the place of the mistake in the line (``end`` is behind it)."""

    def __init__(self, sentence: str, start: int, end: int) -> None:
        super().__init__(sentence)
        self.start, self.end = start, max(end, start + 1)


class Where(StrEnum):
    """In which words of a ticket is looked."""

    ANYWHERE = ""
    SUBJECT = "subject"
    FROM = "from"


class Field(StrEnum):
    """What a ticket can be asked for besides its words."""

    LEVEL = "level"
    DIFFICULTY = "difficulty"
    PRIORITY = "priority"
    STATUS = "status"
    CHANNEL = "channel"
    TO = "to"
    ASSIGNEE = "assignee"
    TAG = "tag"
    REF = "ref"
    IS = "is"
    HAS = "has"
    WAITS = "waits"
    CREATED = "created"
    UPDATED = "updated"


class Is(StrEnum):
    """What ``is:`` knows."""

    OPEN = "open"
    CLOSED = "closed"
    UNANSWERED = "unanswered"
    CLAIMED = "claimed"
    MINE = "mine"
    BREACHED = "breached"


@dataclass(frozen=True)
class Words:
    """Folded words beside each other; the last may be the beginning of a longer one."""

    words: tuple[str, ...]
    where: Where = Where.ANYWHERE
    is_prefix: bool = False

    def written(self) -> str:
        """Return the term."""
        text = ".".join(self.words) + "*" if self.is_prefix else f'"{" ".join(self.words)}"'
        return f"{self.where}:{text}" if self.where else text


@dataclass(frozen=True)
class OneOf:
    """A field with one of several values, as the store keeps them."""

    field: Field
    values: tuple[str | int, ...]

    def written(self) -> str:
        """Return the term."""
        joined = ",".join(str(value) for value in self.values)
        return f'{self.field}:"{joined}"' if re.search(r"[\s()]", joined) else f"{self.field}:{joined}"


@dataclass(frozen=True)
class Since:
    """A moment further back than a span (``is_longer``), or nearer."""

    field: Field
    span: timedelta
    is_longer: bool

    def written(self) -> str:
        """Return the term, in minutes."""
        return f"{self.field}{'>' if self.is_longer else '<'}{self.span // timedelta(minutes=1)}m"


@dataclass(frozen=True)
class Day:
    """A moment on a day (``=``), before it (``<``) or after it (``>``), with the day itself (``<=``, ``>=``) or not."""

    field: Field
    day: date
    sign: str

    def written(self) -> str:
        """Return the term."""
        return f"{self.field}{':' if self.sign == '=' else self.sign}{self.day.isoformat()}"


@dataclass(frozen=True)
class Not:
    """What must not hold."""

    node: Node


@dataclass(frozen=True)
class All:
    """What must hold together; nothing in it holds for every ticket."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    """Of what one must hold."""

    nodes: tuple[Node, ...]


Node = Words | OneOf | Since | Day | Not | All | AnyOf

_ALIASES = {"requester": "from", "mailbox": "to", "agent": "assignee", "age": "created", "channels": "channel"}
_TEXTS = {"from": Where.FROM, "subject": Where.SUBJECT}
_ORDERED: dict[Field, tuple[str | int, ...]] = {
    Field.LEVEL: (1, 2, 3),
    Field.DIFFICULTY: (1, 2, 3, 4, 5),
    Field.PRIORITY: tuple(priority.value for priority in Priority),
}
_WORDS: dict[Field, tuple[str, ...]] = {
    Field.STATUS: tuple(status.value for status in Status),
    Field.CHANNEL: tuple(channel.value for channel in Channel),
    Field.IS: tuple(word.value for word in Is),
    Field.HAS: ("attachment",),
}
_REMEMBERED = 20_000
_RUN = re.compile(
    r"[^\W_]+"
)  # what ``folding.words`` finds where no accent stands as a character of its own, and faster
_MARK = re.compile("[\u0300-\u036f]")
_TIMES = frozenset({Field.WAITS, Field.CREATED, Field.UPDATED})
_SPAN = re.compile(r"(\d{1,5}|\d{6,9}(?=m))(m|min|h|d|w)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
NAMES = tuple(sorted({*_TEXTS, *(field.value for field in Field), "requester", "mailbox"}))
"""The fields that can be typed."""


class _Folded(dict[str, str]):
    """Words as the index has them, remembered: people use the same words over and over, and each letter costs."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        folded = fold(word)
        # What falls apart when it is folded (½) is several words.
        parts = [folded] if folded.isalnum() else words(folded)
        found = self[word] = " ".join(part[:LONGEST_WORD] for part in parts)
        return found


_folded = _Folded()


def index_text(text: str) -> str:
    """Return the folded words of a text with blanks between them, each cut to ``LONGEST_WORD`` characters."""
    whole = words(text) if _MARK.search(text) else _RUN.findall(text)
    return " ".join(map(_folded.__getitem__, whole))


def index_message(text: str) -> str:
    """Return the folded words of a message, as far as it is indexed."""
    return index_text(text[:MAX_INDEXED])


def index_words(text: str) -> list[str]:
    """Return the folded words of a text as the index has them."""
    return index_text(text).split()


def field_node(name: str, sign: str, value: str, start: int, end: int) -> Node:
    """Return what ``name sign value`` asks for; the places are those of the term. Raises SearchError."""
    called = _ALIASES.get(name.lower(), name.lower())
    at = end - len(value)
    plain = value[1:-1] if value.startswith('"') else value
    if called not in NAMES:
        near = difflib.get_close_matches(called, NAMES, 1, 0.6)
        hint = f"did you mean “{near[0]}”?" if near else "quotation marks look for the words as they stand."
        raise SearchError(f"There is no field “{name}”; {hint}", start, start + len(name))
    if not plain.strip():
        raise SearchError(f"A value is missing after “{name}{sign}”.", max(start, at - 1), end)
    if called in _TEXTS:
        return _text(called, sign, value, plain, at, end)
    field = Field(called)
    if field in _TIMES:
        return _moment(field, sign, plain, at, end)
    if field in _ORDERED:
        return _ordered(field, sign, plain, at, end)
    _refuse_comparison(field, sign, at)
    if field in _WORDS:
        return OneOf(field, tuple(_chosen(field, one, _WORDS[field], at, end) for one in _split(plain, at, end)))
    return OneOf(field, tuple(_named(field, one, at, end) for one in _split(plain, at, end)))


def _split(value: str, start: int, end: int) -> list[str]:
    found = [one.strip() for one in value.lower().split(",")]
    if not all(found):
        raise SearchError("A value is missing beside this comma.", start, end)
    return found


def _refuse_comparison(field: str, sign: str, at: int) -> None:
    if sign not in (":", "="):
        raise SearchError(f"“{field}” cannot be compared; write “{field}:”.", at - len(sign), at)


def _text(called: str, sign: str, value: str, plain: str, start: int, end: int) -> Words:
    _refuse_comparison(called, sign, start)
    return words_node(value, plain, _TEXTS[called], start, end)


def words_node(value: str, plain: str, where: Where, start: int, end: int) -> Words:
    """Return the words of ``value``, which is ``plain`` unless it is in quotation marks. Raises SearchError."""
    found = tuple(index_words(plain))
    if not found:
        raise SearchError("There is no letter or digit here to look for.", start, end)
    is_prefix = value == plain and plain.endswith("*")
    if is_prefix and len(found[-1]) < MIN_PREFIX:
        raise SearchError(f"A beginning needs {MIN_PREFIX} letters.", start, end)
    return Words(found, where, is_prefix)


def _chosen(field: Field, one: str, known: tuple[str, ...], start: int, end: int) -> str:
    word = "on_hold" if one in ("on-hold", "hold", "held") else "attachment" if one == "attachments" else one
    if word not in known:
        raise SearchError(f"“{field}” is one of {', '.join(known)}; not “{one}”.", start, end)
    return word


def _named(field: Field, one: str, start: int, end: int) -> str | int:
    if field is not Field.REF:
        return one.removeprefix("#") or one
    number = parse_ref(one)
    if number is None:
        raise SearchError(f"“{one}” is no reference; write TD-1042 or 1042.", start, end)
    return number


def _ordered(field: Field, sign: str, value: str, start: int, end: int) -> OneOf:
    """Return the values of a field that has an order: those named, or those on one side of the one named."""
    scale = _ORDERED[field]
    places = [_place(field, one, scale, start, end) for one in _split(value, start, end)]
    if sign in (":", "="):
        return OneOf(field, tuple(scale[place] for place in places))
    if len(places) > 1:
        raise SearchError("A comparison takes one value.", start, end)
    at = places[0]
    kept = scale[at + (sign == ">") :] if sign[0] == ">" else scale[: at + (sign == "<=")]
    if not kept:
        raise SearchError(f"“{field}” goes from {scale[0]} to {scale[-1]}, so nothing can match.", start, end)
    return OneOf(field, kept)


def _place(field: Field, one: str, scale: tuple[str | int, ...], start: int, end: int) -> int:
    words_of = [str(value) for value in scale]
    if one not in words_of:
        raise SearchError(f"“{field}” is one of {', '.join(words_of)}; not “{one}”.", start, end)
    return words_of.index(one)


def _moment(field: Field, sign: str, value: str, start: int, end: int) -> Since | Day:
    plain = value.strip().lower()
    span = _SPAN.fullmatch(plain)
    if span:
        if sign in (":", "="):
            raise SearchError(f"Say more or less: “{field}>{plain}” or “{field}<{plain}”.", start - 1, end)
        try:
            return Since(field, timedelta(**{_UNITS[span[2]]: int(span[1])}), sign[0] == ">")
        except OverflowError:
            raise SearchError("That is too long.", start, end) from None
    if field is Field.WAITS:
        raise SearchError(f"“{plain}” is no span of time; write 30m, 2h, 3d or 1w.", start, end)
    try:
        day = date.fromisoformat(plain)
    except ValueError:
        raise SearchError(f"“{plain}” is neither a span nor a date; write 2h, 3d or 2026-12-01.", start, end) from None
    if not 1900 < day.year < 9999:
        raise SearchError("No ticket is of that year.", start, end)
    return Day(field, day, "=" if sign == ":" else sign)
