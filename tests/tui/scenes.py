"""A desk full of believable and of hostile words, and the places of the console to look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from desk import people, reading, replies, tickets
from desk.context import Desk
from procedure.mail import ParsedAttachment
from procedure.terms import Level, Priority, Role, Status
from tests.fakes.desks import START, Group, owner_of
from tests.fakes.mails import accept, arrive, letter
from tests.tui.console import Seat, clock_of, settle
from tests.tui.unsteady import Unsteady
from tui.widgets.conversation import Conversation


@dataclass
class Stage:
    """A console, the people of its desk, and the switch of its store."""

    seat: Seat
    actors: Group
    store: Unsteady


Scene = Callable[[Stage], Awaitable[None]]

PAYLOAD = (
    "\x1b]52;c;SGVsbG8=\x07\x1b]0;forged\x07\x1b[2J\x1b[31;41mred\x1b[0m\x9b5m\x9d52;c;aGk=\x9c"
    "\u202e\u2066\x00\x08\x7f\r[@click=app.quit()]click[/][/x [link=https://evil.example]l[/link]"
)
"""What tries to write the clipboard, the title and the screen, to turn text around, and to be read as markup."""

PEOPLE = (
    ("Νίκος Παππάς", "nikos@example.gr", "Δεν λαμβάνω email από χθες το απόγευμα"),
    ("Eleni Georgiou", "eleni.georgiou@example.com", "Cannot log in to webmail"),
    ("", "info@a-rather-long-domain-name.example.org", "Mailbox quota"),
    ("Dimitris K.", "dk@example.net", "FTP password please"),
    (
        "Anna Schmidt",
        "anna@example.de",
        "Re: Rechnung 2026-118 und eine sehr lange Betreffzeile, die niemand lesen will",
    ),
    ("Γιώργος Δημητρίου", "g@example.gr", "Το site μου βγάζει σφάλμα 500"),
)

GREEK = """Καλημέρα σας,

από χθες το απόγευμα δεν λαμβάνω κανένα email στον λογαριασμό μου. Δοκίμασα και από το κινητό και από τον υπολογιστή, με
το ίδιο αποτέλεσμα: το πρόγραμμα λέει ότι ο κωδικός δεν είναι σωστός.

Στις Πέμ 19 Νοε 2026 στις 16:02, η Μαρία έγραψε:
> Καλησπέρα σας,
> αλλάξαμε τους διακομιστές.
> Δοκιμάστε ξανά σε μία ώρα.

Ευχαριστώ,
Νίκος Παππάς
"""


def fill(desk: Desk, actors: Group) -> None:
    """Fill the desk: a morning's queue on the first level, a few on the second, none on the third."""
    clock = clock_of(desk)
    clock.at = START - timedelta(hours=3)
    for number, (name, address, subject) in enumerate(PEOPLE * 3):
        text, message_id = f"Hello,\n\n{subject}.\n\nThanks\n{name}", f"<{number}.filled@example.gr>"
        ticket = arrive(desk, letter(address, subject, text, name=name, message_id=message_id)).ticket
        if number < len(PEOPLE) * 2 and desk_level(desk, ticket) is not Level.FIRST:
            tickets.set_level(actors.moderator, desk, ticket, Level.FIRST, "an easy one")
        clock.advance(minutes=11)
    tickets.claim(actors.maria, desk, 1001)
    tickets.assign(actors.moderator, desk, 1002, "eleni")
    tickets.set_priority(actors.maria, desk, 1003, Priority.URGENT)
    tickets.set_status(actors.maria, desk, 1004, Status.PENDING)
    tickets.set_status(actors.maria, desk, 1005, Status.ON_HOLD, START + timedelta(days=2))
    tickets.set_tags(actors.maria, desk, 1001, ["mail", "vip"])
    clock.at = START


def desk_level(desk: Desk, ticket: int) -> Level:
    return reading.show(owner_of(), desk, ticket).level


def converse(desk: Desk, actors: Group) -> None:
    """Let ticket 1001 become a long conversation with quotes, attachments, an answer and a note."""
    clock = clock_of(desk)
    picture = ParsedAttachment("στιγμιότυπο οθόνης 2026-11-20.png", "image/png", b"x" * 48_213)
    contract = ParsedAttachment("contract.pdf.exe", "application/octet-stream", b"x" * 812)
    for number in range(3):
        clock.advance(minutes=7)
        replies.send(actors.maria, desk, 1001, f"Καλημέρα,\nδοκιμάστε τώρα, παρακαλώ ({number + 1}).")
        clock.advance(minutes=9)
        files = (picture, contract) if number == 2 else ()
        mail = letter("nikos@example.gr", "Re: [TD-1001]", GREEK, name="Νίκος Παππάς", attachments=files)
        arrive(desk, mail)
    replies.note(actors.kostas, desk, 1001, "Looks like the IMAP migration of last night.\nI look at the log.")


def attack(desk: Desk, actors: Group) -> int:
    """Let a mail arrive whose every word is hostile, and return its ticket."""
    file = ParsedAttachment(f"{PAYLOAD}.txt", f"text/plain{PAYLOAD}", b"x")
    text = f"{PAYLOAD} body\n> {PAYLOAD}\n> quoted\n" * 3
    mail = letter("evil@example.org", f"{PAYLOAD} subject", text, name=f"{PAYLOAD} name", attachments=(file,))
    ticket = arrive(desk, mail).ticket
    tickets.set_tags(actors.maria, desk, ticket, ["[@click=app.quit()]", "[/x", "\x9b5m\u202e"])
    people.add(owner_of(), desk, "mallory", f"{PAYLOAD} staff", f"m{PAYLOAD}@example.org", [Role.LEVEL1])
    replies.note(actors.kostas, desk, ticket, f"{PAYLOAD} note")
    return ticket


# Places


async def queue(stage: Stage) -> None:
    seat = stage.seat
    await seat.sees("TD-1001", "TD-1006")
    if seat.app.size.width >= 130:
        await seat.sees("customer")


async def preview(stage: Stage) -> None:
    seat = stage.seat
    await queue(stage)
    await seat.press("j")
    if seat.app.size.width < 130:
        await seat.press("p")
    await seat.until(lambda: seat.queue.ticket_id is not None)
    shown = seat.queue.query_one(Conversation)
    await seat.until(lambda: shown.ticket is not None and shown.ticket.id == seat.queue.ticket_id)


async def empty(stage: Stage) -> None:
    seat = stage.seat
    await seat.press("3")
    await seat.sees("Nothing waits on the 3rd level")


async def no_hit(stage: Stage) -> None:
    seat = stage.seat
    await seat.press("slash")
    await seat.write("printer on fire")
    await seat.sees("holds “printer on fire”", "esc clears it")


async def ticket(stage: Stage) -> None:
    seat = stage.seat
    await seat.open(1001)
    await seat.sees("customer")


async def conversation(stage: Stage) -> None:
    seat = stage.seat
    converse(seat.desk, stage.actors)
    await seat.open(1001)
    await seat.until(lambda: seat.conversation.ticket is not None and len(seat.conversation.ticket.messages) >= 8)
    await seat.press("k", "k", "k")


async def writing(stage: Stage) -> None:
    seat = stage.seat
    await seat.open(1001)
    await seat.begin("r")
    await seat.write("Καλημέρα,\n\nδοκιμάστε ξανά τώρα, παρακαλώ.")
    await seat.until(lambda: not seat.composer.is_unsaved)


async def history(stage: Stage) -> None:
    seat = stage.seat
    await seat.open(1003)
    await seat.press("h")
    await seat.sees("History")


async def clocks(stage: Stage) -> None:
    seat, desk = stage.seat, stage.store.desk
    tickets.set_status(stage.actors.maria, desk, 1001, Status.ON_HOLD, START + timedelta(hours=1))
    clock_of(desk).advance(minutes=70)
    tickets.set_status(stage.actors.maria, desk, 1001, Status.OPEN)
    clock_of(desk).advance(minutes=20)
    await seat.open(1001)
    await settle(seat)
    await seat.press("w")
    await seat.sees("Clocks · TD-1001")


async def help_(stage: Stage) -> None:
    seat = stage.seat
    await seat.open(1001)
    await settle(seat)
    await seat.press("question_mark")
    await seat.sees("Keys · a ticket")


async def question(stage: Stage) -> None:
    seat = stage.seat
    await seat.open(1001)
    await settle(seat)
    await seat.press("z")
    await seat.sees("sleep until when?")


async def ledger_(stage: Stage) -> None:
    seat = stage.seat
    arrive(seat.desk, letter("petros@example.org", "[TD-1002] me too", message_id="<me.too@example.org>"))
    accept(seat.desk, letter("g@example.gr", "On its way", message_id="<on.its.way@example.gr>"))
    await seat.press("7")
    await seat.sees("quarantined", "pending")


async def mail(stage: Stage) -> None:
    seat = stage.seat
    await ledger_(stage)
    await seat.press("j", "enter")
    await seat.sees("Why", "wants-to-join")


async def hostile(stage: Stage) -> None:
    seat = stage.seat
    await seat.open(attack(seat.desk, stage.actors))
    await seat.press("g")
    await seat.sees("◂ customer")


async def away(stage: Stage) -> None:
    seat = stage.seat
    await queue(stage)
    clock_of(seat.desk).advance(minutes=4)
    stage.store.is_away = True
    await seat.press("c")
    await seat.sees("as of 09:04")


SCENES: dict[str, Scene] = {
    "queue": queue,
    "preview": preview,
    "empty": empty,
    "no_hit": no_hit,
    "ticket": ticket,
    "conversation": conversation,
    "writing": writing,
    "history": history,
    "ledger": ledger_,
    "mail": mail,
    "help": help_,
    "clocks": clocks,
    "question": question,
    "hostile": hostile,
    "away": away,
}
