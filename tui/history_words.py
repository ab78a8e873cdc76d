"""A ticket's history in words: each kind of event is one sentence that says who, what, and from what to what.

Values in, words out; whatever came from outside passes ``safe`` where the lines are made (``conversation_lines``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from desk.views import EventView, TicketView
from procedure.terms import Level
from tui.words import NOTHING, moment

SERVICE = "service:"
"""How the logins of the service's parts begin; a reader knows them as ``tierdesk``."""


@dataclass(frozen=True)
class Reader:
    """For whom moments are told: the present one and the zone."""

    now: datetime
    zone: tzinfo | None = None


@dataclass(frozen=True)
class Telling:
    """How a kind of event is told: its words, and the fields that these words have told already."""

    words: Callable[[Mapping[str, Any]], str]
    told: frozenset[str] = frozenset()


def _says(words: str, *told: str) -> Telling:
    return Telling(lambda data: words, frozenset(told))


def _reply(words: str) -> Telling:
    return Telling(lambda data: _with(words, data.get("reply")))


def _with(words: str, more: object) -> str:
    return f"{words}: {more}" if more else words


def _created(data: Mapping[str, Any]) -> str:
    """Return how a ticket began: by which way, where it was put and why; what is as usual is left out."""
    new = data.get("set", {})
    rules = ", ".join(str(hit.get("rule", "")) for hit in data.get("rules", ()))
    level, priority = new.get("level"), new.get("priority")
    parts = [
        f"opened it by {new.get('channel', 'hand')}",
        f"{Level(level).label} level" if level in list(Level) else "",
        f"difficulty {new['difficulty']}" if new.get("difficulty") else "",
        f"priority {priority}" if priority not in (None, "normal") else "",
        f"by rule {rules}" if rules else "",
        _plain(new["tags"]) if new.get("tags") else "",
    ]
    return ", ".join(part for part in parts if part)


def _assigned(data: Mapping[str, Any]) -> str:
    before = data.get("was", {}).get("assignee_id")
    return f"gave it to {_new(data, 'assignee_id')}" + (f", before {before}" if before else "")


def _released(data: Mapping[str, Any]) -> str:
    before = data.get("was", {}).get("assignee_id")
    return "gave it back to the queue" + (f", before {before}" if before else "")


def _wrote(data: Mapping[str, Any]) -> str:
    return "the customer wrote" + (", from an address not known here" if data.get("unverified") else "")


def _filed(data: Mapping[str, Any]) -> str:
    return _with(f"a mail was filed as {_plain(data.get('fate'))}", data.get("reason"))


def _sent(data: Mapping[str, Any]) -> str:
    return _with(f"{data.get('kind') or 'mail'} sent, the next server said", data.get("reply"))


def _undone(data: Mapping[str, Any]) -> str:
    return f"took back: {_plain(data.get('kind'))}"


def _new(data: Mapping[str, Any], field: str) -> str:
    return _plain(data.get("set", {}).get(field))


_FIELDS = {
    "status": "status",
    "level": "level",
    "priority": "priority",
    "difficulty": "difficulty",
    "assignee_id": "with",
    "wake_at": "comes back",
    "tags": "tags",
}

_ASSIGNEE = frozenset({"assignee_id"})

TELLINGS: dict[str, Telling] = {
    "created": Telling(_created, frozenset(_FIELDS)),
    "claimed": _says("took it", "assignee_id"),
    "assigned": Telling(_assigned, _ASSIGNEE),
    "released": Telling(_released, _ASSIGNEE),
    "status": _says(""),
    "handed_up": _says("handed it up", "assignee_id"),
    "handed_down": _says("handed it down", "assignee_id"),
    "difficulty": _says(""),
    "priority": _says(""),
    "tags": _says(""),
    "answered": _says("answered", "assignee_id"),
    "noted": _says("wrote a note"),
    "undone": Telling(_undone),
    "customer_wrote": Telling(_wrote),
    "machine_wrote": _says("an automatic mail was put beside it"),
    "acknowledged": Telling(lambda data: _with("acknowledgement", data.get("to"))),
    "not_acknowledged": Telling(lambda data: _with("no acknowledgement", data.get("reason"))),
    "sent": Telling(_sent),
    "delivery_late": _reply("a mail could not be delivered yet"),
    "delayed": _reply("a mail that was sent is late further on"),
    "delivery_failed": _reply("a mail was not delivered"),
    "bounced": _reply("a mail came back"),
    "retried": _says("a mail is sent again"),
    "woke": _says("came back"),
    "closed": _says("closed"),
    "due_soon": Telling(lambda data: f"warned: the {_plain(data.get('target'))} is due soon"),
    "breached": Telling(lambda data: f"late: the {_plain(data.get('target'))} was due"),
    "time_box_out": _says("its time on this level is up, a hand-up is proposed (e)"),
    "clocks_corrected": _says("its clocks were read again by a new policy"),
    "filed": Telling(_filed),
    "received_again": _says("the same mail was received again"),
    "decided": Telling(lambda data: _with("decided on a mail", data.get("decision"))),
    "decision_taken_back": Telling(lambda data: _with("took back the decision on a mail", data.get("decision"))),
}
"""Every kind of event that can stand in a ticket's history; a test compares it with what ``desk`` writes."""


def who(event: EventView) -> str:
    """Return who did it, as a reader knows them."""
    return "tierdesk" if event.actor.startswith(SERVICE) else event.actor


def sentence(event: EventView, reader: Reader) -> str:
    """Return what happened in one line of text; an unknown kind is named, with all that it changed."""
    telling = TELLINGS.get(event.kind) or _says(_plain(event.kind))
    parts = [telling.words(event.data), *_changes(event, telling.told, reader)]
    return ", ".join(part for part in parts if part) or _plain(event.kind)


def _changes(event: EventView, told: frozenset[str], reader: Reader) -> Iterator[str]:
    """Yield the changes of fields that a reader follows; what is computed from others is left out."""
    new, old = _fields(event, "set"), _fields(event, "was")
    for field, name in _FIELDS.items():
        if field in new and field not in told and not (field == "wake_at" and new[field] is None):
            now, before = _value(field, new[field], reader), _value(field, old.get(field), reader)
            is_change = field in old and field not in ("wake_at", "tags")
            yield f"{name} {before} → {now}" if is_change else f"{name} {now}"


def _fields(event: EventView, name: str) -> Mapping[str, Any]:
    found = event.data.get(name)
    return found if isinstance(found, Mapping) else {}


def _value(field: str, value: Any, reader: Reader) -> str:
    if value is None:
        return "nobody" if field == "assignee_id" else NOTHING
    if field == "level" and value in list(Level):
        return Level(value).label
    if field == "wake_at":
        return moment(datetime.fromisoformat(value), reader.now, reader.zone)
    return _plain(value)


def _plain(value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, list | tuple):
        return " ".join(f"#{item}" for item in value) or "none"
    return str(value).replace("_", " ")


def with_names(ticket: TicketView, names: Mapping[int, str]) -> TicketView:
    """Return the ticket with people's logins where its events have their numbers."""
    return replace(ticket, events=tuple(_with_names(event, names) for event in ticket.events))


def _with_names(event: EventView, names: Mapping[int, str]) -> EventView:
    named = {
        part: {**fields, "assignee_id": names.get(fields["assignee_id"], f"staff {fields['assignee_id']}")}
        for part in ("set", "was")
        if isinstance(fields := event.data.get(part), Mapping) and fields.get("assignee_id") is not None
    }
    return replace(event, data={**event.data, **named}) if named else event


def unnamed(ticket: TicketView) -> set[int]:
    """Return the numbers of people in a ticket's events."""
    found = {_fields(event, part).get("assignee_id") for event in ticket.events for part in ("set", "was")}
    return {number for number in found if isinstance(number, int)}
