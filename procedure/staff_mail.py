"""Mail of staff: answers, notes and forwarded requests. A From line is no proof, and mail is never a command.

| it came to | and is | it becomes |
|---|---|---|
| the note address of a ticket | of staff | a note |
| a ticket, by token or signed Message-ID | forwarded, or sent by a machine | a note: nothing of it may leave |
| a ticket, by token or signed Message-ID | of somebody who may answer | an answer to the customer |
| a desk's address | a forwarded mail | a new ticket of the original sender, as stated by who forwarded it |

All of it only when our own relay vouches for the sender, or the sender has logged in to our listener under their own
login or address (``procedure.authentication``); else a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from procedure import forwarding, quoting
from procedure.authentication import Verdict
from procedure.clues import Clues
from procedure.destination import Destination, StaffFacts, TicketFacts, end
from procedure.mail import ForwardedMail, ParsedMail
from procedure.subjects import is_forward
from procedure.terms import Fate, MessageKind, ref
from procedure.tokens import base_address


def decide_staff(
    mail: ParsedMail,
    clues: Clues,
    tickets: Mapping[int, TicketFacts],
    staff: StaffFacts | None,
    verdict: Verdict,
) -> Destination | None:
    """Decide about what only staff may do; None when a mail is nothing of the kind."""
    noted = next((number for number in clues.noted if number in tickets), None)
    named = next((n for n in (*clues.replied, *clues.signed, *clues.at_bounce) if n in tickets), None)
    if staff is None:
        return _to_note_address(clues, noted)
    stated = None if noted or named else _stated(mail, clues)
    if noted is None and named is None and stated is None:
        return _to_note_address(clues, noted)
    if not verdict.proves(mail.sender.address):
        reason = f"It says that it is from staff ({staff.login}), and nothing proves it."
        return replace(end(Fate.QUARANTINED, "says-staff", reason), linked_ticket_id=noted or named)
    if noted is not None:
        return _note(staff, noted, "note-address", f"A note of {staff.login} for {ref(noted)}.")
    if named is not None:
        return _in_ticket(mail, clues, staff, named)
    reason = f"Forwarded by {staff.login}, who states that it is from the sender named in it."
    return replace(end(Fate.NEW_TICKET, "staff-forward", reason), staff_login=staff.login, stated=stated)


def answer_text(mail: ParsedMail) -> str:
    """Return the words of an answer by mail: what it quotes stays in the house, since notes could be among it."""
    lines = quoting.unquoted(mail.text).split("\n")
    return "\n".join(line for line in lines if not line.lstrip().startswith(">")).strip()


def _to_note_address(clues: Clues, noted: int | None) -> Destination | None:
    if not clues.noted:
        return None
    found = end(Fate.QUARANTINED, "note-address", "It was sent to an address for notes, which only staff may write.")
    return replace(found, linked_ticket_id=noted)


def _stated(mail: ParsedMail, clues: Clues) -> ForwardedMail | None:
    """Return the request that a mail forwards, unless it names ourselves or its forwarder as the sender."""
    stated = forwarding.original(mail)
    if stated is None:
        return None
    sender = stated.sender.address.lower()
    if sender == mail.sender.address.lower() or {sender, base_address(sender)} & clues.mailboxes:
        return None
    return stated


def _in_ticket(mail: ParsedMail, clues: Clues, staff: StaffFacts, ticket_id: int) -> Destination:
    """Decide what a proven mail of staff is in a ticket: an answer only when it can be sent as it is."""
    name = ref(ticket_id)
    if mail.forwarded is not None or is_forward(mail.subject) or clues.automatic is not None:
        return _note(staff, ticket_id, "staff-note", f"{staff.login} sent it to {name} without writing an answer.")
    refusal = _refusal(mail, staff)
    if refusal:
        return replace(end(Fate.QUARANTINED, "staff-answer-held", refusal), linked_ticket_id=ticket_id)
    found = end(Fate.APPENDED, "staff-answer", f"{staff.login} answers {name} by mail.", ticket_id)
    return replace(found, kind=MessageKind.STAFF, staff_login=staff.login)


def _refusal(mail: ParsedMail, staff: StaffFacts) -> str:
    if not staff.may_answer:
        return f"{staff.login} may not answer customers."
    if mail.attachments:
        return "An answer by mail cannot carry files to the customer."
    return "" if answer_text(mail) else "An answer without a word of its own."


def _note(staff: StaffFacts, ticket_id: int, rule: str, reason: str) -> Destination:
    return replace(end(Fate.APPENDED, rule, reason, ticket_id), kind=MessageKind.NOTE, staff_login=staff.login)
