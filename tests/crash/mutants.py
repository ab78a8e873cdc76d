"""The service with one fault put in, which the crash tests must notice: ``python -m tests.crash.mutants NAME serve``.

| name               | the fault                                                     | what must be seen |
|--------------------|---------------------------------------------------------------|-------------------|
| ack-before-commit  | the 250 is said while the mail is still being written         | mail lost         |
| digest-not-unique  | a mail that is sent again is not recognised                   | mail doubled      |
| synchronous-normal | a commit returns before its bytes are synced                  | mail lost by cuts |
| files-not-synced   | the file of a large mail is written and not synced            | mail lost by cuts |
| folders-not-synced | that file is synced, but its name is not                      | mail lost by cuts |
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Callable

from desk import raw_mail
from intake.listener import Listener
from intake.recorder import Recorder
from procedure.mail import Envelope
from store import engine, spool

_under_way: set[asyncio.Task[int]] = set()


def ack_before_commit() -> None:
    """Say 250 at once and write afterwards."""
    commit = Recorder.record

    async def record(self: Recorder, envelope: Envelope) -> int:
        task = asyncio.create_task(commit(self, envelope))
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        return 0

    Recorder.record = record  # type: ignore[method-assign]


def digest_not_unique() -> None:
    """Take every mail for a new one, and let the peer wait a little for its 250, as on a slow network."""
    take = Listener.take

    async def late(self: Listener, peer: str, mail_from: str, rcpt_to: tuple[str, ...], raw: bytes, user: str) -> int:
        ledger_id = await take(self, peer, mail_from, rcpt_to, raw, user)
        await asyncio.sleep(0.05)
        return ledger_id

    Listener.take = late  # type: ignore[method-assign]
    raw_mail.digest = lambda envelope: secrets.token_hex(32)


def synchronous_normal() -> None:
    """Let SQLite sync when it checkpoints, not when it commits."""
    normal = tuple(pragma.replace("=FULL", "=NORMAL") for pragma in engine._PRAGMAS)
    engine._PRAGMAS = normal  # type: ignore[assignment]  # as many as before


def files_not_synced() -> None:
    """Let nothing but SQLite sync a file."""
    os.fsync = lambda fd: None


def folders_not_synced() -> None:
    """Leave the names of large mails to chance."""
    spool._sync_folder = lambda folder: None


MUTANTS: dict[str, Callable[[], None]] = {
    "ack-before-commit": ack_before_commit,
    "digest-not-unique": digest_not_unique,
    "synchronous-normal": synchronous_normal,
    "files-not-synced": files_not_synced,
    "folders-not-synced": folders_not_synced,
}


def main() -> int:
    """Put the fault in and go on as tierdesk."""
    from app.main import main as tierdesk

    MUTANTS[sys.argv[1]]()
    return tierdesk(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
