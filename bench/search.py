"""The search over a million tickets, a tenth of them open, on SQLite and, where its programs are found, PostgreSQL.

``TIERDESK_BENCH_TICKETS`` sets how many; 100,000 unless told otherwise, since a million takes minutes to write: some
5 on SQLite (1.5 GB in the temporary folder) and 15 on PostgreSQL (3 GB).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, text
from sqlmodel import Session

from bench.report import Figure, percentile
from desk import queues, search
from desk.actors import Actor
from desk.context import Desk, MailIdentity, open_desk
from procedure.search_fields import index_message
from procedure.terms import Channel, MessageKind, Priority, Role, Status
from store import schema, search_index
from store.database import Database
from store.engine import open_engine
from store.tables import Contact, Message, Ticket

TICKETS = int(os.environ.get("TIERDESK_BENCH_TICKETS", "100000"))
BATCH = 5_000
FIRST = 1_001
RUNS = 15
LIMIT_MS = 100.0
TEXT_WORDS = 60

QUERIES = {
    "rare word": "zarathustra",
    "common word": "mailbox",
    "beginning of a word": "quart*",
    "phrase": '"mailbox quarter"',
    "field": "level:2 status:open",
    "requester": "from:c4321",
    "word and fields": "quarter level:3 status:open",
    "common word, rare tag": "mailbox tag:none-has-it",
    "common word, rare field": "mailbox priority:urgent",
    "no such thing": "level:3 priority:urgent",
    "word without another": "quarter -zarathustra waits>2h",
    "either": "zarathustra OR is:breached",
    "everything": "",
}


def _vocabulary() -> tuple[list[str], list[float]]:
    """Return made-up words and how often each is used: a few very often, most of them seldom."""
    chance = random.Random(7)
    syllables = ["ba", "ko", "ri", "ter", "mo", "λα", "σω", "νι", "den", "plu", "ge", "xi"]
    made = dict.fromkeys("".join(chance.choices(syllables, k=chance.randint(2, 5))) for _ in range(20_000))
    words = ["mailbox", "please", *made]
    return words, [1 / (place + 1) for place in range(len(words))]


def fill(desk: Desk, tickets: int) -> None:
    """Write tickets with one message each, and their index."""
    chance = random.Random(11)
    words, weights = _vocabulary()
    sums = [sum(weights[:1])]
    for weight in weights[1:]:
        sums.append(sums[-1] + weight)
    for start in range(0, tickets, BATCH):
        numbers = range(FIRST + start, FIRST + min(start + BATCH, tickets))
        texts = [" ".join(chance.choices(words, cum_weights=sums, k=TEXT_WORDS)) for _ in numbers]
        desk.database.write(lambda session, numbers=numbers, texts=texts: _write(session, numbers, texts, tickets))  # type: ignore[misc]


def _write(session: Session, numbers: range, texts: list[str], tickets: int) -> None:
    now = datetime.now(UTC)
    said = zip(numbers, texts, strict=True)
    rows = [_rows(number, body, FIRST + tickets - number, tickets, now) for number, body in said]
    session.execute(insert(Contact), [row[0] for row in rows])
    session.execute(insert(Ticket), [row[1] for row in rows])
    session.execute(insert(Message), [row[2] for row in rows])
    entries = []
    for person, ticket, message in rows:
        number, folded = ticket["id"], index_message(message["text"])
        entries.append(
            search_index.entry(number, number, folded, (), ticket["subject"], person["name"], person["address"])
        )
    search_index.insert(session.connection(), entries)


def _rows(number: int, body: str, age: int, tickets: int, now: datetime) -> tuple[dict[str, Any], ...]:
    """Return a contact, a ticket and a message; half of the open tickets are the newest, half are spread."""
    since = now - timedelta(minutes=age)
    is_open = age <= tickets // 20 or number % 19 == 0
    if number % 100 == 0:
        body += " quarter"
    if number % (tickets // 10) == 77:
        body += " zarathustra"
    person = {"id": number, "address": f"c{number}@example.org", "name": f"Customer {number}", "created_at": since}
    ticket = {
        "id": number, "subject": f"Cannot reach {body[:24]}", "requester_id": number, "channel": Channel.MAIL,
        "mailbox": "support@example.org", "level": number % 3 + 1, "difficulty": number % 5 + 1,
        "priority": Priority.URGENT if number % tickets == 5 else Priority.NORMAL,
        "status": Status.OPEN if is_open else Status.CLOSED, "turn": 0, "next_at": since,
        "waiting_since": since if is_open else None, "due_at": since + timedelta(hours=2), "created_at": since,
        "changed_at": since, "rules": [], "version": 1,
    }  # fmt: skip
    message = {
        "id": number, "ticket_id": number, "kind": MessageKind.CUSTOMER, "at": since, "author_name": "", "text": body,
        "author_address": "", "message_id": "", "takes_turn": True,
    }  # fmt: skip
    return person, ticket, message


@contextmanager
def _postgresql() -> Iterator[str | None]:
    from tests.fakes import postgres

    try:
        server = postgres.start()
    except postgres.Missing:
        yield None
        return
    try:
        server.execute("CREATE DATABASE bench")
        yield server.url("bench")
    finally:
        server.stop()


def measure(url: str, engine: str) -> list[Figure]:
    """Fill a store and clock each search to its rows, as the console asks for them."""
    database = Database(open_engine(url))
    schema.migrate(database)
    database.close()
    desk = open_desk(url, MailIdentity(("support@example.org",), "Support"))
    began = time.perf_counter()
    fill(desk, TICKETS)
    with desk.database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    print(f"{engine}: {TICKETS:,} tickets written in {time.perf_counter() - began:.0f} s", flush=True)
    who = Actor("owner", "Owner", frozenset({Role.OWNER}))
    figures = [figure for name, query in QUERIES.items() for figure in _clocked(who, desk, f"{engine}, {name}", query)]
    figures += _clocked(who, desk, f"{engine}, second page", "mailbox", pages=2)
    figures.append(_queue(who, desk, engine))
    desk.close()
    return figures


def _clocked(who: Actor, desk: Desk, name: str, query: str, pages: int = 1) -> list[Figure]:
    took: list[float] = []
    for _ in range(RUNS):
        before: int | None = None
        for _ in range(pages):
            start = time.perf_counter()
            page = search.search(who, desk, query, before=before)
            queues.rows(who, desk, page.ids)
            spent = (time.perf_counter() - start) * 1000
            before = page.next_before
        took.append(spent)
    note = f"{len(page.ids)} found" + ("" if page.next_before is None else ", more below")
    return [
        Figure(f"{name}, p50", median(took), "ms", LIMIT_MS, note),
        Figure(f"{name}, p95", percentile(took, 95), "ms", LIMIT_MS, f"largest {max(took):.0f}"),
    ]


def _queue(who: Actor, desk: Desk, engine: str) -> Figure:
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        queues.page(who, desk)
        took.append((time.perf_counter() - start) * 1000)
    return Figure(f"{engine}, page of a queue, p95", percentile(took, 95), "ms", LIMIT_MS, f"median {median(took):.1f}")


def run(folder: Path) -> list[Figure]:
    """Measure both engines."""
    figures = measure(f"sqlite:///{folder / 'search.db'}", "SQLite")
    with _postgresql() as url:
        if url is not None:
            figures += measure(url, "PostgreSQL")
    return figures
