"""What a ticket's time was counted as, and why: the explanation behind every due moment."""

from __future__ import annotations

from sqlmodel import Session

from desk.act import act
from desk.actors import Actor
from desk.context import Desk
from desk.errors import NotFound
from desk.policies import in_force
from desk.timekeeping import clocks_of
from procedure.clocks import Clock
from procedure.permissions import Permission
from procedure.terms import ref
from store.tables import Ticket


@act(Permission.READ_TICKETS)
def explain(actor: Actor, desk: Desk, ticket_id: int) -> tuple[Clock, ...]:
    """Return every clock of a ticket as it stands now, in the order in which they began. Raises NotFound."""

    def work(session: Session) -> tuple[Clock, ...]:
        ticket = session.get(Ticket, ticket_id)
        if ticket is None:
            raise NotFound(f"There is no ticket {ref(ticket_id)}.")
        return clocks_of(session, in_force(session, desk), ticket, desk.clock.now())[0]

    return desk.database.read(work)
