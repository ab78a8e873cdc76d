"""Mail in: durable mails a second beside a stock aiosmtpd that stores nothing and beside Postfix, and filing.

Each round every server gets the same mails, one server after another, so that a busy machine is busy for all; what is
told is the median of the rounds, and the limits are ratios of two figures of the same run.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median

from bench import mails, peers
from bench.console import command, environment
from bench.report import Figure, percentile
from bench.sender import Sent, send
from tests.fakes.postfix import Missing

ROUNDS = 5
MAILS = 400
CONNECTIONS = (1, 10, 50)
FILED = 450
FILED_A_SECOND = 150.0

Mails = list[tuple[str, bytes]]


@contextmanager
def desk(folder: Path) -> Iterator[int]:
    """Run a service with an empty store and give the port of its listener."""
    folder.mkdir(exist_ok=True)
    more = {
        "TIERDESK_SMTP__LISTEN": "127.0.0.1:0",
        "TIERDESK_DESK__ADDRESSES": mails.RECIPIENT,
        "TIERDESK_SMTP__MAX_CONNECTIONS_PER_PEER": "100",
    }
    env = {**environment(f"sqlite:///{folder}/desk.db"), **more}
    with subprocess.Popen(
        command("serve"), env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as service:
        try:
            assert service.stdout is not None
            yield int(service.stdout.readline().rpartition(":")[2])
        finally:
            service.terminate()
            service.wait(60)


def run(folder: Path) -> list[Figure]:
    """Measure accepting with the realistic set and with small mails, then filing."""
    figures = []
    sent = _rounds(folder, CONNECTIONS, lambda number: mails.realistic(MAILS, number))
    for connections in CONNECTIONS:
        figures += _told(f"37 KB, {connections} at once", sent, connections)
    figures += _by_smtp_source(folder)
    figures += _filing(folder / "filing")
    return figures


Results = dict[tuple[str, int], list[Sent]]


def _rounds(folder: Path, widths: tuple[int, ...], make: Callable[[int], Mails]) -> Results:
    """Send to every server, in each round other mails: a store would take the same ones for mails sent again."""
    results: Results = {}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(server) for name, server in _servers(folder)}
        for number in range(ROUNDS):
            for place, connections in enumerate(widths):
                batch = make(1 + number * len(widths) + place)
                for name, port in ports.items():
                    results.setdefault((name, connections), []).append(send(port, batch, connections))
                    if name == "tierdesk":
                        _wait_until_filed(folder / "desk" / "desk.db")
    return results


def _servers(folder: Path) -> Iterator[tuple[str, AbstractContextManager[int]]]:
    yield "tierdesk", desk(folder / "desk")
    yield "aiosmtpd", peers.bare_aiosmtpd()
    try:
        with peers.postfix_queue():
            pass
        yield "Postfix", peers.postfix_queue()
    except Missing as reason:
        print(f"without Postfix: {reason}")


def _told(what: str, sent: Results, connections: int) -> list[Figure]:
    """Return the rate beside those of the others, and the wait for the 250 at ten connections."""
    ours = sent["tierdesk", connections]
    rate = median(one.rate for one in ours)
    waits = [wait for one in ours for wait in one.waits]
    spread = ", ".join(f"p{q} {percentile(waits, q) * 1000:.1f} ms" for q in (50, 95, 99))
    figures = [
        Figure(f"{what}, wait p95", percentile(waits, 95) * 1000, "ms", 25.0 if connections == 10 else 100.0, spread)
    ]
    for name, times in (("aiosmtpd", 3.0), ("Postfix", 1.0)):
        if (name, connections) in sent:
            peer = median(one.rate for one in sent[name, connections])
            wanted = peer * times if connections == 10 else peer
            note = f"tierdesk {rate:.0f}/s, {name} {peer:.0f}/s: {rate / peer:.2f} times"
            figures.append(Figure(f"{what}, {name}", wanted, "/s", rate, note))
    return figures


def _by_smtp_source(folder: Path) -> list[Figure]:
    """Have Postfix's own load generator send small mails, many connections one after another."""
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    if program is None:
        print("without smtp-source: it is not installed")
        return []
    figures = []
    with ExitStack() as stack:
        ports = {name: stack.enter_context(server) for name, server in _servers(folder)}
        for connections in CONNECTIONS:
            rates: dict[str, list[float]] = {}
            for number in range(3):
                for name, port in ports.items():
                    subject = f"{name} {connections} {number}"
                    rates.setdefault(name, []).append(_smtp_source(program, port, connections, subject))
            ours = median(rates["tierdesk"])
            for name in ports.keys() - {"tierdesk"}:
                peer = median(rates[name])
                note = f"tierdesk {ours:.0f}/s, {name} {peer:.0f}/s: {ours / peer:.2f} times"
                figures.append(Figure(f"4 KB, {connections} at once, {name}", peer, "/s", ours, note))
    return figures


def _smtp_source(program: str, port: int, connections: int, subject: str) -> float:
    started = time.perf_counter()
    words = [program, "-d", "-s", str(connections), "-m", "400", "-l", "4000", "-S", subject]
    subprocess.run([*words, "-f", "a@example.net", "-t", mails.RECIPIENT, f"127.0.0.1:{port}"], check=True, timeout=120)
    return 400 / (time.perf_counter() - started)


def _filing(folder: Path) -> list[Figure]:
    """Let mails come at a steady 150 a second, then as a backlog, and look how soon each has its fate."""
    with desk(folder) as port:
        store = folder / "desk.db"
        send(port, mails.realistic(60, 7), 4)
        _wait_until_filed(store)
        steady = send(port, mails.realistic(FILED, 8), 10, per_second=FILED_A_SECOND)
        lag = _wait_until_filed(store)
        waits = _filing_waits(store, FILED)
        send(port, mails.realistic(FILED, 9), 10)
        backlog = _wait_until_filed(store)
        beside = send(port, mails.realistic(FILED, 10), 10)
        _wait_until_filed(store)
    note = ", ".join(f"p{q} {percentile(waits, q):.2f} s" for q in (50, 95, 99))
    return [
        Figure("150/s: last one filed after", lag, "s", 1.0, f"250 to filed {note}"),
        Figure("150/s: wait for 250, p95", percentile(steady.waits, 95) * 1000, "ms", 25.0, "filing beside it"),
        Figure(f"a backlog of {FILED} is filed in", backlog, "s", FILED / FILED_A_SECOND, f"{FILED / backlog:.0f}/s"),
        Figure(
            "into a backlog: wait for 250, p95", percentile(beside.waits, 95) * 1000, "ms", 25.0, f"{beside.rate:.0f}/s"
        ),
    ]


def _wait_until_filed(store: Path) -> float:
    """Return after how many seconds no mail was pending any more."""
    started = time.perf_counter()
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        while connection.execute("SELECT 1 FROM ledger WHERE fate = 'pending' LIMIT 1").fetchone():
            if time.perf_counter() - started > 300:
                raise TimeoutError("mails are still pending after five minutes")
            time.sleep(0.02)
    finally:
        connection.close()
    return time.perf_counter() - started


def _filing_waits(store: Path, newest: int) -> list[float]:
    """Return the seconds from accepted to filed of the newest mails that became tickets."""
    statement = """
        SELECT (julianday(event.at) - julianday(ledger.received_at)) * 86400 FROM ledger
        JOIN event ON event.ticket_id = ledger.ticket_id AND event.kind IN ('created', 'customer_wrote')
        WHERE ledger.fate IN ('new_ticket', 'appended') AND json_extract(event.data, '$.ledger') = ledger.id
        ORDER BY ledger.id DESC LIMIT ?
    """
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return [float(wait) for (wait,) in connection.execute(statement, (newest,))]
    finally:
        connection.close()
