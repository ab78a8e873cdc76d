"""A ticket's messages and events as lines of a given width. No screen: values in, lines out.

Who speaks is said three times, never by colour alone: a glyph and a word in the heading, and a gutter before every line
of what the customer does not see. Quoted text is folded, never cut. Every text of outside origin passes ``safe`` here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from desk.views import AttachmentView, EventView, MessageView
from procedure.quoting import answers_inside, fold_ranges
from procedure.terms import MessageKind, OutboxState
from tui.history_words import Reader, sentence, who
from tui.safe import cut, safe
from tui.words import DELIVERY, NOTHING, SPEAKER, moment, size
from tui.wrapping import wrap

PORTION = 256 * 1024
"""Characters of a message shown at first, and with each request for more."""

GUTTER: dict[MessageKind, str] = {
    MessageKind.CUSTOMER: "  ",
    MessageKind.STAFF: "▏ ",
    MessageKind.NOTE: "# ",
    MessageKind.SYSTEM: "· ",
}


class SpotKind(StrEnum):
    """What a line that can be opened holds."""

    FOLD = "fold"
    REST = "rest"
    OLDER = "older"


@dataclass(frozen=True)
class Spot:
    """Something to open: the ``number``-th quote of a message, the rest of a message, or older messages."""

    kind: SpotKind
    message_id: int = 0
    number: int = 0


@dataclass(frozen=True)
class Line:
    """One line of the screen: gutter, text, the name of its style, and what opens there."""

    text: str
    style: str = ""
    gutter: str = ""
    spot: Spot | None = None


@dataclass(frozen=True)
class Look:
    """How messages are laid out: cells, the reader's clock and zone."""

    width: int
    now: datetime
    zone: tzinfo | None = None


MACHINE_LINES = 2
"""Lines of an automatic mail that are shown without being asked for."""


def message_lines(
    message: MessageView, look: Look, unfolded: frozenset[int], shown: int = PORTION, earlier: tuple[str, ...] = ()
) -> tuple[Line, ...]:
    """Return a message as lines: heading, delivery, attachments, body, and a blank line.

    ``unfolded`` are the numbers of the quotes that stand open, ``shown`` the characters of the body to show,
    ``earlier`` the messages that it may quote.
    """
    lines = [_heading(message, look), *_delivery(message, look)]
    for attachment in message.attachments:
        lines += _attachment(attachment, look, GUTTER[message.kind])
    lines += _body(message, look, unfolded, shown, earlier)
    return (*lines, Line(""))


def older_line(count: int) -> Line:
    """Return the line above the first message shown."""
    word = "message" if count == 1 else "messages"
    return Line(f"▸ {count} older {word}", "fold", spot=Spot(SpotKind.OLDER))


def event_lines(event: EventView, look: Look) -> tuple[Line, ...]:
    """Return one event of a ticket's history: when, who, and what in one sentence, wrapped under itself."""
    head = f"{moment(event.at, look.now, look.zone):>12}  "
    text = safe(f"{who(event)}: {sentence(event, Reader(look.now, look.zone))}")
    first, *rest = wrap(text, max(2, look.width - len(head)))
    return (Line(first, "", head), *(Line(piece, "", " " * len(head)) for piece in rest))


def _heading(message: MessageView, look: Look) -> Line:
    sign = SPEAKER[message.kind]
    # The word stands first and the name, which is the sender's own invention, after it: a name cannot pass for a word.
    parts = [f"{sign.glyph} {sign.word}"]
    if message.delivery is not None:
        delivery = DELIVERY[message.delivery]
        parts.append(f"{delivery.glyph} {delivery.word}")
    # The moment before the name, which may be long enough to push it off the line.
    parts += [moment(message.at, look.now, look.zone)]
    parts += [safe(message.author_name or message.author_address, width=40) or NOTHING]
    if message.kind is MessageKind.NOTE:
        parts.append("the customer does not see it")
    style = "late" if message.delivery is OutboxState.DEAD else sign.style
    return Line(cut(" · ".join(parts), look.width), style)


def _delivery(message: MessageView, look: Look) -> list[Line]:
    """Return what the next hop said, while it matters."""
    if not message.delivery_reply or message.delivery in (None, OutboxState.SENT):
        return []
    style, gutter = DELIVERY[message.delivery].style, GUTTER[message.kind]
    text = safe(f"the next mail server said: {message.delivery_reply}")
    return [Line(piece, style, gutter) for piece in wrap(text, look.width - 2)]


def _attachment(attachment: AttachmentView, look: Look, gutter: str) -> Iterator[Line]:
    """Yield name, type and size; wrapped and not cut, for a cut name hides its ending."""
    name = safe(attachment.filename) or "without a name"
    text = f"attached: {name} ({safe(attachment.content_type)}, {size(attachment.size)})"
    for piece in wrap(text, look.width - 2):
        yield Line(piece, "strong", gutter)


def _body(
    message: MessageView, look: Look, unfolded: frozenset[int], shown: int, earlier: tuple[str, ...]
) -> Iterator[Line]:
    """Yield the body, each quote as one line unless it is unfolded; words written inside a quote are pointed at."""
    text, gutter = safe(message.text[:shown].rstrip(), multiline=True), GUTTER[message.kind]
    plain = text.split("\n")
    place = 0
    folds = _folds(message, text, earlier)
    answers = answers_inside(text, folds)
    for number, (begin, end) in enumerate(folds):
        if (place, begin) in answers:
            yield Line("✎ written inside the quote", "strong", gutter)
        yield from _wrapped(plain[place:begin], look, gutter)
        is_open, word = number in unfolded, "line" if end - begin == 1 else "lines"
        glyph = "▾" if is_open else "▸"
        spot = Spot(SpotKind.FOLD, message.id, number)
        what = f"{word} of an automatic mail" if message.kind is MessageKind.SYSTEM else f"quoted {word}"
        yield Line(f"{glyph} {end - begin} {what}", "fold", gutter, spot)
        if is_open:
            yield from _wrapped(plain[begin:end], look, gutter, "dim")
        place = end
    yield from _wrapped(plain[place:], look, gutter)
    rest = len(message.text) - shown
    if rest > 0:
        said = f"▸ {size(rest)} more of this message, shown {size(min(rest, PORTION))} at a time"
        yield Line(cut(said, look.width - 2), "fold", gutter, Spot(SpotKind.REST, message.id))


def _folds(message: MessageView, text: str, earlier: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return what is folded: quotes; of a machine's mail all of it, since every ticket has the same acknowledgement."""
    if message.kind is not MessageKind.SYSTEM:
        return fold_ranges(text, earlier)
    lines = text.count("\n") + 1
    return ((0, lines),) if lines > MACHINE_LINES else ()


def _wrapped(plain: list[str], look: Look, gutter: str, style: str = "") -> Iterator[Line]:
    for line in plain:
        for piece in wrap(line, look.width - 2):
            yield Line(piece, style, gutter)
