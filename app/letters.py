"""A whole ticket as plain text: a head, the conversation, the history in one line each."""

from __future__ import annotations

from app import plain
from desk.views import AttachmentView, MessageView, TicketView


def put_ticket(view: TicketView) -> None:
    """Print a ticket."""
    plain.put(f"{view.ref}  {_one_line(view.subject)}")
    for name, value in _head(view):
        plain.put(f"{name:<14} {_one_line(value)}")
    for message in view.messages:
        _put_message(message)


def _head(view: TicketView) -> list[tuple[str, str]]:
    lines = [
        ("from", _person(view.requester_name, view.requester_address)),
        ("status", f"{view.status}, {view.level.label} level, difficulty {view.difficulty}, {view.priority} priority"),
        ("agent", view.assignee or "nobody"),
        ("came by", f"{view.channel}, {plain.stamp(view.created_at)} UTC"),
    ]
    moments = [("waits since", view.waiting_since), ("due", view.due_at), ("comes back", view.wake_at)]
    lines += [(name, f"{plain.stamp(at)} UTC") for name, at in moments if at]
    if view.note_address:
        lines.append(("note by mail", view.note_address))
    if view.tags:
        lines.append(("tags", " ".join(view.tags)))
    return lines + [("rule", f"{hit.rule}: {hit.because}") for hit in view.rules]


def _put_message(message: MessageView) -> None:
    delivery = f", {message.delivery}" if message.delivery else ""
    who = _one_line(_person(message.author_name, message.author_address))
    plain.put(f"\n--- {message.id} {message.kind}{delivery} · {who} · {plain.stamp(message.at)} UTC")
    plain.put(message.text)
    for attachment in message.attachments:
        plain.put(_attachment(attachment))


def _attachment(one: AttachmentView) -> str:
    return _one_line(f"[{one.filename or 'without a name'}, {one.content_type}, {one.size:,} bytes]")


def _person(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address else name or address or "unknown"


def _one_line(text: str) -> str:
    """Keep a line break in outside text from looking like a line of ours."""
    return " ".join(text.split())
