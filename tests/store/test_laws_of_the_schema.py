"""The laws that the schema itself holds: a statement that breaks one is refused, whoever sends it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlmodel import Session

from store.database import Database
from store.errors import LawBroken, StoreError, Taken

AT = "'2026-11-20 09:00'"
TICKET = {
    "id": "7", "subject": "'s'", "requester_id": "1", "channel": "'mail'", "mailbox": "''", "level": "1",
    "difficulty": "1", "priority": "'normal'", "status": "'new'", "turn": "0", "next_at": AT, "waiting_since": AT,
    "created_at": AT, "changed_at": AT, "rules": "'[]'", "version": "1",
}  # fmt: skip
LEDGER = {
    "id": "7", "received_at": AT, "peer": "'p'", '"user"': "''", "mail_from": "'a@b.c'", "rcpt_to": "'[]'", "size": "1",
    "digest": "'d7'", "fate": "'pending'", "reason": "''", "rules": "'[]'", "attempts": "0", "due_at": AT,
}  # fmt: skip
MESSAGE = {
    "id": "7", "ticket_id": "1", "kind": "'customer'", "at": AT, "author_name": "''", "author_address": "''",
    "text": "'t'", "message_id": "''", "takes_turn": "true",
}  # fmt: skip
OUTBOX = {
    "id": "7", "ticket_id": "1", "kind": "'answer'", "envelope_from": "''", "sender_name": "''", "sender_address": "''",
    "to_name": "''", "to_address": "''", "reply_to": "''", "subject": "''", "text": "''", "message_id": "'<7@x>'",
    "in_reply_to": "''", '"references"': "'[]'", "state": "'queued'", "attempts": "0", "created_at": AT, "due_at": AT,
    "last_reply": "''",
}  # fmt: skip
DRAFT = {"id": "7", "ticket_id": "1", "staff_login": "'m'", "kind": "'note'", "text": "'t'", "updated_at": AT}
EVENT = {"id": "7", "at": AT, "actor": "'maria'", "kind": "'noted'", "ticket_id": "1", "data": "'{}'"}
STAFF = {"id": "7", "login": "'k'", "name": "'K'", "email": "''", "is_blocked": "false", "created_at": AT}


def insert(table: str, row: dict[str, str], **other: str) -> str:
    values = {**row, **other}
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"


CONTACT = {"id": "7", "address": "'d@b.c'", "name": "''", "created_at": AT}

FIRST = (
    insert("contact", CONTACT, id="1", address="'a@b.c'"),
    insert("staff", STAFF, id="1", login="'m'"),
    insert("ticket", TICKET, id="1"),
    insert("ledger", LEDGER, id="1", digest="'d1'"),
    insert("message", MESSAGE, id="1", ledger_id="1"),
    insert("outbox", OUTBOX, id="1", message_id="'<1@x>'", answer_id="1"),
    insert("draft", DRAFT, id="1"),
    insert("event", EVENT, id="1"),
)
SLEEPS = {"waiting_since": "NULL", "turn": "1"}

BROKEN = {
    "a status that is none": (LawBroken, insert("ticket", TICKET, status="'lost'")),
    "a level that is none": (LawBroken, insert("ticket", TICKET, level="4")),
    "a difficulty that is none": (LawBroken, insert("ticket", TICKET, difficulty="0")),
    "a priority that is none": (LawBroken, insert("ticket", TICKET, priority="'soon'")),
    "a channel that is none": (LawBroken, insert("ticket", TICKET, channel="'fax'")),
    "a turn that is none": (LawBroken, insert("ticket", TICKET, turn="2")),
    "pending without a moment": (LawBroken, insert("ticket", TICKET, status="'pending'")),
    "on hold without a moment": (LawBroken, insert("ticket", TICKET, status="'on_hold'")),
    "solved without a moment": (LawBroken, insert("ticket", TICKET, status="'solved'")),
    "open without a next moment": (LawBroken, insert("ticket", {**TICKET, **SLEEPS}, status="'open'")),
    "a ticket that no queue can sort": (LawBroken, insert("ticket", TICKET, next_at="NULL")),
    "a claim without its end": (LawBroken, insert("ticket", TICKET, claimed_by="1")),
    "an end without its claim": (LawBroken, insert("ticket", TICKET, claimed_until=AT)),
    "a ticket of nobody": (LawBroken, insert("ticket", TICKET, requester_id="99")),
    "a ticket put to sleep without a moment": (LawBroken, "UPDATE ticket SET status = 'pending' WHERE id = 1"),
    "an original twice": (Taken, insert("ledger", LEDGER, digest="'d1'")),
    "a duplicate of nothing": (LawBroken, insert("ledger", LEDGER, fate="'duplicate'")),
    "an original that names a first": (LawBroken, insert("ledger", LEDGER, duplicate_of="1")),
    "a duplicate of what is not there": (LawBroken, insert("ledger", LEDGER, fate="'duplicate'", duplicate_of="99")),
    "a fate that is none": (LawBroken, insert("ledger", LEDGER, fate="'lost'")),
    "no fate": (LawBroken, insert("ledger", LEDGER, fate="NULL")),
    "filed into no ticket": (LawBroken, "UPDATE ledger SET fate = 'new_ticket' WHERE id = 1"),
    "appended to no ticket": (LawBroken, insert("ledger", LEDGER, fate="'appended'")),
    "an accepted mail deleted": (LawBroken, "DELETE FROM ledger WHERE id = 1"),
    "one mail in two messages": (Taken, insert("message", MESSAGE, ledger_id="1")),
    "a message that nobody kind of says": (LawBroken, insert("message", MESSAGE, kind="'rumour'")),
    "a message in no ticket": (LawBroken, insert("message", MESSAGE, ticket_id="99")),
    "a Message-ID twice": (Taken, insert("outbox", OUTBOX, message_id="'<1@x>'")),
    "an answer sent by two rows": (Taken, insert("outbox", OUTBOX, answer_id="1")),
    "sending without a lease": (LawBroken, insert("outbox", OUTBOX, state="'sending'")),
    "a lease on what waits": (LawBroken, insert("outbox", OUTBOX, lease_until=AT)),
    "an outbox state that is none": (LawBroken, insert("outbox", OUTBOX, state="'gone'")),
    "an answer taken out of its conversation": (LawBroken, "DELETE FROM message WHERE id = 1"),
    "a second draft": (Taken, insert("draft", DRAFT)),
    "an event without an actor": (LawBroken, insert("event", EVENT, actor="''")),
    "an event edited": (LawBroken, "UPDATE event SET actor = 'kostas' WHERE id = 1"),
    "an event deleted": (LawBroken, "DELETE FROM event WHERE id = 1"),
    "an address of nothing": (LawBroken, insert("contact", CONTACT, address="''")),
    "an address twice": (Taken, insert("contact", CONTACT, address="'a@b.c'")),
    "a login twice": (Taken, insert("staff", STAFF, login="'m'")),
    "a role that is none": (LawBroken, "INSERT INTO staff_role (staff_id, role) VALUES (1, 'king')"),
}  # fmt: skip


def run(session: Session, *statements: str) -> None:
    for statement in statements:
        session.execute(text(statement))


@pytest.mark.parametrize(("error", "statement"), BROKEN.values(), ids=BROKEN)
def test_the_schema_refuses(database: Database, error: type[StoreError], statement: str) -> None:
    """Each law of the schema refuses the statement that would break it."""
    database.write(lambda s: run(s, *FIRST))
    with pytest.raises(error):
        database.write(lambda s: run(s, statement))


@pytest.mark.parametrize("table", ["ticket", "message", "ledger", "outbox", "draft", "event", "staff"])
def test_the_rows_of_this_table_are_lawful_themselves(database: Database, table: str) -> None:
    """What the cases above begin with is accepted, so each is refused for its own fault."""
    rows = {"ticket": TICKET, "message": MESSAGE, "ledger": LEDGER, "outbox": OUTBOX, "event": EVENT, "staff": STAFF}
    rows["draft"] = {**DRAFT, "staff_login": "'k'"}
    database.write(lambda s: run(s, *FIRST, insert(table, rows[table])))
    assert database.read(lambda s: s.execute(text(f"SELECT count(*) FROM {table}")).scalar()) == 2


def test_a_duplicate_shares_the_digest_of_its_first(database: Database) -> None:
    """The digest is unique among originals alone: a mail sent again has a row of its own."""
    again = insert("ledger", LEDGER, digest="'d1'", fate="'duplicate'", duplicate_of="1")
    database.write(
        lambda s: run(
            s,
            *FIRST,
            again,
            insert("ledger", {**LEDGER, "id": "8"}, digest="'d1'", fate="'duplicate'", duplicate_of="1"),
        )
    )
    assert database.read(lambda s: s.execute(text("SELECT count(*) FROM ledger")).scalar()) == 3


@pytest.mark.parametrize(("table", "row"), [("message", MESSAGE), ("outbox", OUTBOX), ("ticket", TICKET)])
def test_a_number_given_out_is_never_given_out_again(database: Database, table: str, row: dict[str, str]) -> None:
    """The reference of a ticket and the number in a bounce address stay unused when their row goes."""
    bare = {key: value for key, value in row.items() if key != "id"}
    newest = text(f"SELECT max(id) FROM {table}")

    def make(session: Session) -> int:
        run(session, insert(table, bare))
        return int(session.execute(newest).scalar_one())

    database.write(lambda s: run(s, FIRST[0], insert("ticket", TICKET, id="1")))
    first = database.write(make)
    database.write(lambda s: run(s, f"DELETE FROM {table} WHERE id = {first}"))
    assert database.write(make) > first


def test_tickets_begin_at_1001(database: Database) -> None:
    """The first reference is TD-1001, on both engines."""
    bare = {key: value for key, value in TICKET.items() if key != "id"}
    database.write(lambda s: run(s, FIRST[0], insert("ticket", bare)))
    assert database.read(lambda s: s.execute(text("SELECT id FROM ticket")).scalar()) == 1001
