"""What ``--json`` prints: the fields that other programs rely on. Fields are added, never renamed or taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from desk.views import Balance, DecisionView, EventView, LedgerRow, MessageView, OutboxRow, StaffView, TicketView
from procedure.terms import ref

if TYPE_CHECKING:
    from desk.decisions import Decided
    from desk.flood_decisions import FloodDecided
    from procedure.clocks import Clock


def ticket(view: TicketView) -> dict[str, Any]:
    """Return a ticket without its conversation."""
    return {
        "ref": view.ref,
        "subject": view.subject,
        "status": view.status.value,
        "level": int(view.level),
        "difficulty": view.difficulty,
        "priority": view.priority.value,
        "channel": view.channel.value,
        "requester": {"name": view.requester_name, "address": view.requester_address},
        "assignee": view.assignee,
        "tags": list(view.tags),
        "created_at": instant(view.created_at),
        "waiting_since": instant(view.waiting_since),
        "due_at": instant(view.due_at),
        "wake_at": instant(view.wake_at),
        "rules": [{"rule": hit.rule, "because": hit.because} for hit in view.rules],
    }


def whole_ticket(view: TicketView) -> dict[str, Any]:
    """Return a ticket with its messages and its history."""
    messages = [message(one) for one in view.messages]
    return {**ticket(view), "messages": messages, "events": [_event(event) for event in view.events]}


def message(view: MessageView) -> dict[str, Any]:
    """Return one message of a conversation."""
    return {
        "id": view.id,
        "kind": view.kind.value,
        "author": {"name": view.author_name, "address": view.author_address},
        "at": instant(view.at),
        "text": view.text,
        "message_id": view.message_id,
        "ledger_id": view.ledger_id,
        "attachments": [
            {"filename": one.filename, "content_type": one.content_type, "size": one.size, "sha256": one.sha256}
            for one in view.attachments
        ],
    }


def clock(one: Clock) -> dict[str, Any]:
    """Return a clock with its intervals; lengths are minutes."""
    return {
        "target": one.target.value,
        "level": int(one.level),
        "priority": one.priority.value,
        "began_at": instant(one.began_at),
        "ended_at": instant(one.ended_at),
        "limit": _minutes(one.limit),
        "counted": _minutes(one.counted),
        "wall": _minutes(one.wall),
        "due_at": instant(one.due_at),
        "is_met": one.is_met,
        "intervals": [
            {"kind": i.kind.value, "from": instant(i.start), "to": instant(i.end), "why": i.why} for i in one.intervals
        ],
    }


def _minutes(length: timedelta | None) -> float | None:
    return None if length is None else round(length / timedelta(minutes=1), 3)


def _event(view: EventView) -> dict[str, Any]:
    return {"id": view.id, "at": instant(view.at), "actor": view.actor, "kind": view.kind, "data": view.data}


def ledger(row: LedgerRow) -> dict[str, Any]:
    """Return an accepted mail."""
    return {
        "id": row.id,
        "received_at": instant(row.received_at),
        "peer": row.peer,
        "mail_from": row.mail_from,
        "rcpt_to": list(row.rcpt_to),
        "size": row.size,
        "digest": row.digest,
        "fate": row.fate.value,
        "reason": row.reason,
        "ticket": ref(row.ticket_id) if row.ticket_id is not None else None,
        "attempts": row.attempts,
        "duplicate_of": row.duplicate_of,
        "wants_ticket": ref(row.wants_ticket_id) if row.wants_ticket_id is not None else None,
        "decision": _decision(row.decision),
    }


def _decision(view: DecisionView | None) -> dict[str, Any] | None:
    if view is None:
        return None
    ticket = ref(view.ticket_id) if view.ticket_id is not None else None
    return {"act": view.act, "by": view.by, "at": instant(view.at), "ticket": ticket}


def decided(done: Decided) -> dict[str, Any]:
    """Return where a mail stands after a decision."""
    ticket = ref(done.ticket_id) if done.ticket_id is not None else None
    return {"id": done.ledger_id, "decision": done.act, "fate": done.fate.value, "ticket": ticket}


def flood_decided(done: FloodDecided) -> dict[str, Any]:
    """Return what was decided about a flood."""
    return {"id": done.first_id, "decision": done.act, "mails": done.mails}


def ledger_with_rules(row: LedgerRow) -> dict[str, Any]:
    """Return an accepted mail with who had logged in to send it and the rules that had a say in its fate."""
    rules = [{"rule": hit.rule, "because": hit.because} for hit in row.rules]
    return {**ledger(row), "user": row.user, "flood_of": row.flood_of, "folded": row.folded, "rules": rules}


def balance(sums: Balance) -> dict[str, Any]:
    """Return the sum of the ledger."""
    return {
        "accepted": sums.accepted,
        "fates": {fate.value: mails for fate, mails in sums.fates.items()},
        "pending": sums.pending,
        "balanced": sums.is_balanced,
    }


def outbox(row: OutboxRow) -> dict[str, Any]:
    """Return an outgoing mail."""
    return {
        "id": row.id,
        "ticket": ref(row.ticket_id),
        "to": row.to,
        "subject": row.subject,
        "state": row.state.value,
        "attempts": row.attempts,
        "due_at": instant(row.due_at),
        "last_reply": row.last_reply,
        "message_id": row.message_id,
    }


def staff(view: StaffView) -> dict[str, Any]:
    """Return a member of staff."""
    return {
        "login": view.login,
        "name": view.name,
        "email": view.email,
        "roles": list(view.roles),
        "blocked": view.is_blocked,
    }


def instant(at: datetime | None) -> str | None:
    """Return an instant in ISO 8601, UTC, ending in Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
