"""From settings to an open desk and to the person who acts: the one place where the layers are put together.

Who acts, in this order:

| how one came in                                    | acts as                                                     |
|----------------------------------------------------|-------------------------------------------------------------|
| ``TIERDESK_LOGIN`` (set by the SSH forced command) | that member of staff; ``--as`` is refused                   |
| ``--as LOGIN``                                     | that member of staff (``owner``: the owner)                 |
| the system's user name is a login of the staff     | that member of staff                                        |
| embedded store, its file is the user's own         | the owner: all roles until staff are added                  |
| database server without any staff                  | the founder, who can only add staff and load a policy       |

docs/security.md says why this is enough: whoever can open the store is above all roles anyway.
"""

from __future__ import annotations

import os
import pwd
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.context import Context
from app.errors import AppError
from app.settings_model import Settings
from desk import people
from desk.actors import OWNER_LOGIN, Actor
from desk.context import Clock, Desk, MailIdentity, SystemClock
from desk.context import open_desk as open_store
from desk.errors import DeskError, NotFound, Refused, Unavailable
from desk.founding import founder
from store import schema
from store.database import Database
from store.engine import open_engine, sqlite_path
from store.errors import StoreError

_WRITE_AHEAD = b"\x02\x02"
"""The read and write versions in the head of an SQLite file in write-ahead mode."""

LOGIN_VARIABLE = "TIERDESK_LOGIN"


class NotYours(AppError):
    """The store's file belongs to somebody else."""


def mail_identity(settings: Settings) -> MailIdentity:
    """Return who we are to correspondents."""
    addresses = tuple(address.lower() for address in settings.desk.addresses)
    return MailIdentity(addresses, settings.desk.name, has_logins=bool(settings.smtp.users_file))


def open_desk(context: Context, clock: Clock | None = None) -> Desk:
    """Open the desk of the settings; a new or older embedded store is brought to this version first.

    Raises SettingsError, NotYours, Unavailable.
    """
    settings = context.settings
    bring_up(settings.store.url, clock or SystemClock())
    return open_store(settings.store.url, mail_identity(settings), clock)


def bring_up(url: str, clock: Clock, *, is_asked: bool = False) -> tuple[str | None, Path | None]:
    """Migrate a store that needs it; return the revision it had and the copy that was made before.

    An empty store has no revision and needs no copy. A server's store is migrated only when that is asked for: other
    programs of the old version may be at work on it. Raises NotYours, Unavailable.
    """
    refuse_foreign(url)
    refuse_stranger(url)
    try:
        database = Database(open_engine(url))
        try:
            found = schema.revision(database)
            if found == schema.HEAD or not (database.is_embedded or is_asked):
                return found, None
            is_older = found is not None and found < schema.HEAD
            copy = schema.back_up(database, url, clock.now()) if is_older else None
            schema.migrate(database)
            return found, copy
        finally:
            database.close()
    except StoreError as error:
        raise Unavailable(str(error)) from error


def refuse_foreign(url: str) -> None:
    """Raise NotYours when an embedded store's file belongs to another user."""
    path = store_file(url)
    try:
        owner = path.stat().st_uid if path else None
    except OSError:
        return  # missing: will be ours; out of reach: opening says so
    if path and owner is not None and owner != os.geteuid():
        whose, me = user_name(owner), user_name(os.geteuid())
        raise NotYours(f"The store {path} belongs to {whose} and you are {me}: run tierdesk as {whose}.")


def refuse_stranger(url: str) -> None:
    """Raise Unavailable for another program's SQLite file before anything is written: opening a store sets its mode.

    A store of ours is in write-ahead mode already (or is a copy of one), so few files are looked into.
    """
    path = store_file(url)
    if path is None or not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError:
        return  # opening says why
    if not head.startswith(b"SQLite format 3") or head[18:20] == _WRITE_AHEAD:
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            tables = {name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return  # damaged: opening says so
    if tables and "alembic_version" not in tables:
        raise Unavailable("The database holds tables that are not tierdesk's; name an empty one in store.url.")


def store_file(url: str) -> Path | None:
    """Return the file of an embedded store, None for a server. Raises Unavailable for an address without a file."""
    try:
        return sqlite_path(url)
    except StoreError as error:
        raise Unavailable(str(error)) from error


def who(context: Context, desk: Desk) -> Actor:
    """Return the person who acts; see the table above. Raises NotFound, Refused."""
    signed_in = context.environ.get(LOGIN_VARIABLE)
    if signed_in:
        if context.as_login not in (None, signed_in):
            raise Refused(f"You are signed in as {signed_in} and cannot act as {context.as_login}.")
        return people.member(desk, signed_in)
    if context.as_login and context.as_login != OWNER_LOGIN:
        return people.member(desk, context.as_login)
    try:
        if context.as_login is None:
            return people.member(desk, user_name(os.geteuid()))
    except NotFound:
        pass
    return people.owner(desk, None) if desk.database.is_embedded else _founder(desk)


def _founder(desk: Desk) -> Actor:
    try:
        return founder(desk)
    except DeskError:
        me = user_name(os.geteuid())
        raise Refused(f"{me} is not the login of a member of staff: say who you are with --as LOGIN.") from None


def user_name(number: int) -> str:
    """Return the name of a user of this machine."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


@contextmanager
def at_desk(context: Context) -> Iterator[tuple[Actor, Desk]]:
    """Open the desk for one command, as the person who typed it; closes it at the end."""
    with closing(open_desk(context)) as desk:
        actor = who(context, desk)
        try:
            yield actor, desk
        except Refused as error:
            hint = " Act as a member of staff with --as LOGIN." if actor.login == OWNER_LOGIN else ""
            raise Refused(f"{error}{hint}") from error
