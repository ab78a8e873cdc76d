"""The index of the search: the folded words of each message beside its ticket's subject and requester.

Written by our own code in the transaction that writes the message, so that both engines hold the same words, folded by
``procedure.folding`` and by nothing else. SQLite: an FTS5 table without content whose row numbers begin with the
ticket's, so that it is walked newest ticket first. PostgreSQL: a table with a tsvector and a GIN index.

Known limits: of one message the first ``MAX_INDEXED`` characters are indexed; a requester who is renamed is found under
the new name in what is written from then on, and everywhere after ``rebuild``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import Session

from procedure.search_fields import LONGEST_WORD, index_message, index_text
from store.database import Database

TICKET_STEP = 1 << 32
"""Row numbers that each ticket has in the FTS5 table; the rest of a number is the message's."""

SEARCHED_SQL = "(message.kind <> 'system' OR message.ledger_id IS NOT NULL)"
"""Messages that are indexed: all but our own acknowledgements, whose words every ticket would have."""

BATCH = 500
"""Messages in one transaction of a rebuild: writers wait for one batch at most."""

SUBJECT_MARK, SENDER_MARK = "s:", "f:"
"""What stands before the words of subject and requester in a tsvector, which has no columns."""

_LAST_PLACE = 16_383  # the last position that a tsvector knows
_MOST_PLACES = 255

_OF_TICKET = (
    "SELECT ticket.subject, contact.name, contact.address FROM ticket JOIN contact ON contact.id = ticket.requester_id "
    "WHERE ticket.id = "
)
_INSERT = {
    "sqlite": "INSERT INTO search_words (rowid, subject, sender, body) VALUES (?, ?, ?, ?)",
    "postgresql": "INSERT INTO search_words (message_id, ticket_id, words) VALUES (%s, %s, %s::tsvector)",
}
_DELETE = "INSERT INTO search_words (search_words, rowid, subject, sender, body) VALUES ('delete', ?, ?, ?, ?)"
_BATCH = text(
    "SELECT message.id, message.ticket_id, message.text, ticket.subject, contact.name, contact.address "
    "FROM message JOIN ticket ON ticket.id = message.ticket_id JOIN contact ON contact.id = ticket.requester_id "
    f"WHERE message.id > :after AND message.id <= :last AND {SEARCHED_SQL} ORDER BY message.id LIMIT :batch"
)
_FILES = text(
    "SELECT message_id, filename FROM attachment WHERE message_id > :after AND message_id <= :last ORDER BY id"
)

Entry = tuple[int, int, str, str, str]
"""Message, ticket, and the folded words of subject, requester and message, with blanks between them."""


def put(session: Session, message_id: int, ticket_id: int, folded: str, files: Iterable[str] = ()) -> None:
    """Index a message that was just written to a ticket, by its folded words, with the names of its files."""
    session.flush()
    connection = session.connection()
    subject, name, address = _of_ticket(connection, ticket_id)
    insert(connection, [entry(message_id, ticket_id, folded, files, subject, name, address)])


def take(session: Session, message_id: int, ticket_id: int, words: str) -> None:
    """Take a message without files out of the index again; its ticket and words must be those it was put with."""
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("DELETE FROM search_words WHERE message_id = :id"), {"id": message_id})
        return
    row = ticket_id * TICKET_STEP + message_id
    if connection.exec_driver_sql("SELECT 1 FROM search_words WHERE rowid = ?", (row,)).first() is None:
        return  # a rebuild is under way and has not come to it
    subject, name, address = _of_ticket(connection, ticket_id)
    _, _, *columns = entry(message_id, ticket_id, index_message(words), (), subject, name, address)
    connection.exec_driver_sql(_DELETE, (row, *columns))


def _of_ticket(connection: Connection, ticket_id: int) -> tuple[str, str, str | None]:
    """Return subject, and name and address of the requester."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    # Not a compiled statement: this is asked for every mail, and compiling costs more than asking.
    row = connection.exec_driver_sql(_OF_TICKET + mark, (ticket_id,)).one()
    return row[0], row[1], row[2]


def entry(
    message_id: int, ticket_id: int, folded: str, files: Iterable[str], subject: str, name: str, address: str | None
) -> Entry:
    """Return what the index holds of a message."""
    body = f"{folded} {index_text(' '.join(files))}" if files else folded
    return message_id, ticket_id, index_text(subject), index_text(f"{name} {address or ''}"), body


def insert(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write entries of messages that are not in the index."""
    rows: list[Any]
    if connection.dialect.name == "sqlite":
        rows = [(ticket * TICKET_STEP + message, *columns) for message, ticket, *columns in entries]
    else:
        rows = [(message, ticket, _vector(*columns)) for message, ticket, *columns in entries]
    if rows:
        connection.exec_driver_sql(_INSERT[connection.dialect.name], rows if len(rows) > 1 else rows[0])


def _vector(subject: str, sender: str, body: str) -> str:
    """Return a tsvector as PostgreSQL reads it.

    Nothing is taken on trust here: the words of a mail come from the process that reads what strangers wrote.
    """
    places: dict[str, list[str]] = {}
    number = count(1)
    for mark, column in ((SUBJECT_MARK, subject), (SENDER_MARK, sender), ("", body)):
        for word in column.split():
            place = str(min(next(number), _LAST_PLACE))
            plain = word[:LONGEST_WORD].replace("\\", "\\\\").replace("'", "''")
            for lexeme in (plain, mark + plain) if mark else (plain,):
                places.setdefault(lexeme, []).append(place)
        next(number)  # no phrase reaches from one column into the next
    return " ".join(f"'{lexeme}':{','.join(found[:_MOST_PLACES])}" for lexeme, found in places.items())


def rebuild(database: Database, on_progress: Callable[[int, int], None] = lambda done, last: None) -> int:
    """Write the index anew, and return how many messages it holds of those that were there at the start.

    The desk may be at work meanwhile: it finds less until this is done. After an interruption it is begun again.
    ``on_progress`` is told the number of the last message done and of the last of all.
    """
    last = database.write(_empty)
    after = done = 0
    while after < last:
        found = database.write(partial(_write_batch, after=after, last=last))
        if not found:
            break
        after, done = found[-1], done + len(found)
        on_progress(after, last)
    return done


def _empty(session: Session) -> int:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search_words (search_words) VALUES ('delete-all')")
    else:
        connection.execute(text("TRUNCATE search_words"))
    return int(connection.execute(text("SELECT coalesce(max(id), 0) FROM message")).scalar_one())


def _write_batch(session: Session, after: int, last: int) -> list[int]:
    connection = session.connection()
    rows = connection.execute(_BATCH, {"after": after, "last": last, "batch": BATCH}).all()
    if not rows:
        return []
    files: dict[int, list[str]] = {}
    for message_id, name in connection.execute(_FILES, {"after": after, "last": rows[-1][0]}):
        files.setdefault(message_id, []).append(name)
    insert(connection, [entry(row[0], row[1], index_message(row[2]), files.get(row[0], ()), *row[3:]) for row in rows])
    return [row[0] for row in rows]


def missing(session: Session) -> int:
    """Return how many messages the index lacks."""
    # FTS5 keeps one row for each entry in a table of its own; the count of the virtual table would read all words.
    table = "search_words_docsize" if session.connection().dialect.name == "sqlite" else "search_words"
    counted = text(f"SELECT (SELECT count(*) FROM message WHERE {SEARCHED_SQL}) - (SELECT count(*) FROM {table})")
    return int(session.connection().execute(counted).scalar_one())
