"""The first member of staff of a store on a server, where no file says whose the desk is."""

from __future__ import annotations

from sqlmodel import Session, select

from desk.act import desk_errors
from desk.actors import OWNER_LOGIN, Actor
from desk.context import Desk
from desk.errors import Refused
from procedure.terms import Role
from store.tables import Staff


def founder(desk: Desk) -> Actor:
    """Return who may add the first member of staff: whoever can open the store, as long as nobody works there.

    Raises Refused once there is staff.
    """

    def work(session: Session) -> Actor:
        if session.exec(select(Staff.id).where(Staff.login != OWNER_LOGIN).limit(1)).first() is not None:
            raise Refused("There is staff already; one of them with the role owner adds more.")
        return Actor(OWNER_LOGIN, "Owner", frozenset({Role.OWNER}))

    with desk_errors():
        return desk.database.read(work)
