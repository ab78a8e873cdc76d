"""Delivery reports: which of our mails each is about, and what became of it (RFC 3464).

| it says | the answer | the ticket |
|---|---|---|
| failed | is dead | the turn is ours again |
| delayed | stands, the delay is in the history | as it was |
| delivered, relayed, expanded | stands | as it was |

A token or a signed Message-ID of ours proves which mail it is about. Without either, a failure waits for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from procedure.automatic import Automatic, Delivery, delivery, is_null, says_away
from procedure.clues import Clues
from procedure.destination import Destination, TicketFacts, end, existing, explained
from procedure.mail import Envelope, ParsedMail
from procedure.terms import Fate

_BECAME = {
    Delivery.FAILED: "an answer of ours did not arrive",
    Delivery.DELAYED: "an answer of ours is late, and is still tried",
    Delivery.ARRIVED: "an answer of ours has arrived",
}


def delivery_report(
    mail: ParsedMail, envelope: Envelope, clues: Clues, tickets: Mapping[int, TicketFacts]
) -> Destination | None:
    """Decide about a delivery report; None when a mail is none."""
    if clues.bounced_outbox_id is not None and _is_bounce_at_token(mail, envelope, clues):
        ticket_id = next((number for number in clues.at_bounce if number in tickets), None)
        bounce = Destination(Fate.AUTOMATIC, "", ticket_id=ticket_id, bounced_outbox_id=clues.bounced_outbox_id)
        return _about(mail, bounce, "bounce-token")
    if clues.automatic is Automatic.BOUNCE:
        return _without_token(mail, envelope, clues, tickets)
    return None


def _is_bounce_at_token(mail: ParsedMail, envelope: Envelope, clues: Clues) -> bool:
    """Tell a bounce from a vacation notice or a person who answered to the envelope sender."""
    return clues.automatic is Automatic.BOUNCE or (is_null(envelope.mail_from) and not says_away(mail))


def _about(mail: ParsedMail, bounce: Destination, rule: str) -> Destination:
    became = delivery(mail)
    status = f" ({mail.bounce_status[:20]})" if mail.bounce_status else ""
    return explained(replace(bounce, delivery=became), rule, f"A delivery report: {_BECAME[became]}{status}.")


def _without_token(
    mail: ParsedMail, envelope: Envelope, clues: Clues, tickets: Mapping[int, TicketFacts]
) -> Destination:
    """Believe a report only when it shows a signed Message-ID of ours: others could mark a customer as unreachable."""
    says_so = bool(mail.bounce_action) and is_null(envelope.mail_from)  # words in a subject are not enough here
    if clues.bounced_ticket is None and says_so and delivery(mail) is not Delivery.FAILED:
        return end(Fate.AUTOMATIC, "foreign-report", "A delivery report of no mail of ours: nothing failed.")
    if clues.bounced_ticket is None:
        return end(Fate.QUARANTINED, "foreign-bounce", "A bounce of a mail that we cannot prove to be ours.")
    ticket_id = existing(clues.bounced_ticket, tickets)
    bounce = Destination(Fate.AUTOMATIC, "", ticket_id=ticket_id, bounced_message_id=clues.bounced_message_id)
    return _about(mail, bounce, "bounced-message")
