"""A store with any number of open tickets, written in bulk: what a measurement starts from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session

from desk.context import MailIdentity, open_desk
from procedure.terms import Channel, MessageKind, Priority, Status
from store.tables import Contact, Message, Ticket

BATCH = 5_000


def fill(path: Path, per_level: dict[int, int]) -> str:
    """Write tickets on each level and return the store's address."""
    url = f"sqlite:///{path}"
    desk = open_desk(url, MailIdentity(("support@example.org",), "Support"))
    number = 1000
    for level, count in per_level.items():
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            first, number = number + 1, number + size
            desk.database.write(partial(_write, level=level, first=first, size=size))
    desk.close()
    return url


def _write(session: Session, level: int, first: int, size: int) -> None:
    now = datetime.now(UTC)
    contacts, tickets, messages = [], [], []
    for ticket_id in range(first, first + size):
        since = now - timedelta(seconds=ticket_id % 7_000)
        due = since + timedelta(hours=2)
        contacts.append(
            {
                "id": ticket_id,
                "address": f"c{ticket_id}@example.org",
                "name": f"Customer {ticket_id}",
                "created_at": now,
            }
        )
        tickets.append(
            {
                "id": ticket_id, "subject": f"Cannot reach mailbox {ticket_id}", "requester_id": ticket_id,
                "channel": Channel.MAIL, "mailbox": "support@example.org", "level": level, "difficulty": 2,
                "priority": Priority.NORMAL, "status": Status.OPEN, "turn": 0, "next_at": due, "waiting_since": since,
                "due_at": due, "created_at": since, "changed_at": since, "rules": [], "version": 1,
            }
        )  # fmt: skip
        messages.append(
            {"ticket_id": ticket_id, "kind": MessageKind.CUSTOMER, "at": since, "author_name": f"Customer {ticket_id}",
             "author_address": "", "text": "It does not answer since this morning.", "message_id": "",
             "takes_turn": True}
        )  # fmt: skip
    session.execute(insert(Contact), contacts)
    session.execute(insert(Ticket), tickets)
    session.execute(insert(Message), messages)
