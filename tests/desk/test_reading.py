"""What is shown of a ticket beside its conversation."""

from __future__ import annotations

from dataclasses import replace

from desk import policies, reading
from desk.context import Desk
from procedure.terms import Fate, MessageKind
from tests.fakes.desks import BILLING, SUPPORT, Group, owner_of
from tests.fakes.mails import arrive, letter

MARIA = "maria@example.com"


def test_the_note_address_leads_to_a_note(any_desk: Desk, actors: Group) -> None:
    """Where the listener knows passwords, mail of staff to the address that is shown becomes a note."""
    desk = replace(any_desk, mail=replace(any_desk.mail, has_logins=True))
    number = arrive(desk, rcpt_to=(BILLING,)).ticket
    shown = reading.show(actors.maria, desk, number).note_address
    assert shown.startswith(f"billing+n{number}.")
    came = arrive(desk, letter(MARIA, text="See log."), rcpt_to=(shown,), user="maria")
    message = reading.show(actors.maria, desk, number).messages[-1]
    assert (came.fate, came.ticket_id, message.kind) == (Fate.APPENDED, number, MessageKind.NOTE)


def test_no_note_address_that_leads_nowhere(any_desk: Desk, actors: Group) -> None:
    """Without passwords or a trusted relay no mail could prove itself, and no address is promised."""
    number = arrive(any_desk, rcpt_to=(SUPPORT,)).ticket
    assert reading.show(actors.maria, any_desk, number).note_address == ""
    nameless = replace(any_desk, mail=replace(any_desk.mail, addresses=(), has_logins=True))
    assert reading.show(actors.maria, nameless, number).note_address == ""
    text = policies.shipped_text().replace("relays = []", 'relays = ["192.0.2.7"]')
    policies.load(owner_of(), any_desk, text.replace("authserv_ids = []", 'authserv_ids = ["mx.example.com"]'))
    assert reading.show(actors.maria, any_desk, number).note_address.startswith(f"support+n{number}.")
