"""The lines above a conversation: what the ticket is, where it stands, and why it is on this level."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from desk.views import TicketView
from procedure.terms import Priority, Status
from tui.safe import safe
from tui.words import PRIORITY, STATUS, left, moment, waits

Part = tuple[str, str]


def title_line(ticket: TicketView, width: int) -> Content:
    """Return reference and subject in one line."""
    room = max(0, width - len(ticket.ref) - 2)
    return Content.assemble((ticket.ref, "bold $text-accent"), "  ", (safe(ticket.subject, width=room), "bold"))


def standing_parts(ticket: TicketView, now: datetime, zone: tzinfo | None = None) -> list[Part]:
    """Return status, times and people, the most telling first; each is a word and not a colour alone."""
    sign = STATUS[ticket.status]
    parts: list[Part] = [(f"{sign.glyph} {sign.word}", "bold")]
    if ticket.wake_at is not None and ticket.wake_at > now:
        word = "closes" if ticket.status is Status.SOLVED else "back"
        parts.append((f"{word} {moment(ticket.wake_at, now, zone)}", ""))
    if ticket.due_at is not None:
        is_late, length = ticket.due_at < now, left(ticket.due_at, now).lstrip("-")
        parts.append((f"late by {length}", "bold $text-error") if is_late else (f"due in {length}", ""))
    if ticket.priority is not Priority.NORMAL:
        parts.append((f"{PRIORITY[ticket.priority].glyph} {PRIORITY[ticket.priority].word}", "bold"))
    parts.append((f"with {safe(ticket.assignee)}" if ticket.assignee else "nobody's", ""))
    if ticket.waiting_since is not None:
        parts.append((f"waits {waits(ticket.waiting_since, now)}", ""))
    parts.append((f"{ticket.level.label} level", ""))
    parts.append((f"difficulty {ticket.difficulty}", ""))
    if ticket.tags:
        parts.append((" ".join(f"#{safe(tag)}" for tag in ticket.tags), "$text-muted"))
    return parts


def people_line(ticket: TicketView, width: int) -> str:
    """Return who asks, and which rules put the ticket where it is."""
    name, address = safe(ticket.requester_name), safe(ticket.requester_address)
    who = f"{name} <{address}>" if name and address else name or address
    rules = ", ".join(f"{hit.rule} ({safe(hit.because)})" for hit in ticket.rules)
    return safe(f"{who} · by rule {rules}" if rules else who, width=max(0, width))


class TicketHeader(Widget):
    """Three lines; the last gives way on a low screen."""

    DEFAULT_CSS = """
    TicketHeader { height: 3; padding: 0 1; background: $background; }
    """

    def __init__(self, clock: Callable[[], datetime], zone: tzinfo | None = None) -> None:
        super().__init__()
        self._clock, self._zone = clock, zone
        self._ticket: TicketView | None = None

    def show(self, ticket: TicketView | None) -> None:
        """Show a ticket."""
        if ticket != self._ticket:
            self._ticket = ticket
            self.refresh()

    def render(self) -> RenderResult:
        """Return the lines."""
        if self._ticket is None:
            return Content("Opening …")
        width, now = self.content_size.width, self._clock()
        parts: list[Part | str] = []
        for part in standing_parts(self._ticket, now, self._zone):
            parts += [" · ", part] if parts else [part]
        lines = [
            title_line(self._ticket, width),
            Content.assemble(*parts).truncate(width, ellipsis=True),
            Content.styled(people_line(self._ticket, width), "$text-muted"),
        ]
        return Content("\n").join(lines)
