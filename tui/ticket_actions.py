"""What can be done to the ticket in hand, from a queue as from the ticket itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from textual import work

from procedure.moments import EXAMPLES, parse_moment
from procedure.terms import Level, MessageKind, Priority, Status, ref
from tui.gateway import Gateway
from tui.screens.clock import ClockScreen, described
from tui.screens.dialogs import AskLine, AskText, Choice, Choose
from tui.screens.place import Place
from tui.words import moment


@dataclass(frozen=True)
class Nap:
    """How a ticket sleeps; ``wake_at`` None leaves the moment to the policy, ``is_asked`` asks for it."""

    status: Status
    wake_at: datetime | None = None
    is_asked: bool = False


def naps(now: datetime, zone: tzinfo | None) -> list[Choice[Nap]]:
    """Return the ways to let a ticket sleep."""
    return [
        Choice("p", "pending: the customer's turn", Nap(Status.PENDING)),
        Choice("1", "on hold for 1 hour", Nap(Status.ON_HOLD, now + timedelta(hours=1))),
        Choice("4", "on hold for 4 hours", Nap(Status.ON_HOLD, now + timedelta(hours=4))),
        Choice("t", "on hold until tomorrow 09:00", Nap(Status.ON_HOLD, parse_moment("tomorrow", now, zone))),
        Choice("w", "on hold for a week", Nap(Status.ON_HOLD, now + timedelta(weeks=1))),
        Choice("o", "on hold until another moment …", Nap(Status.ON_HOLD, is_asked=True)),
    ]


class TicketActions(Place[None]):
    """The acts; a screen says which ticket they are about."""

    @property
    def ticket_id(self) -> int | None:
        """Return the ticket in hand."""
        raise NotImplementedError

    @property
    def ticket_level(self) -> Level:
        """Return the level of the ticket in hand."""
        raise NotImplementedError

    def begin_writing(self, ticket_id: int, kind: MessageKind) -> None:
        """Open the composer for a ticket."""
        self.console.open_ticket(ticket_id, write=kind)

    def _in_hand(self) -> tuple[Gateway, int] | None:
        if self.gateway is None or self.ticket_id is None:
            return None
        return self.gateway, self.ticket_id

    def action_place_search(self) -> None:
        """Go to the search."""
        self.console.go_to_search()

    def action_ticket_reply(self) -> None:
        """Write an answer."""
        if self.ticket_id is not None:
            self.begin_writing(self.ticket_id, MessageKind.STAFF)

    def action_ticket_note(self) -> None:
        """Write a note."""
        if self.ticket_id is not None:
            self.begin_writing(self.ticket_id, MessageKind.NOTE)

    def action_ticket_claim(self) -> None:
        """Take the ticket in hand."""
        ticket_id = self.ticket_id
        if ticket_id is not None:
            self.act(lambda gateway: gateway.claim(ticket_id), f"{ref(ticket_id)} is yours.")

    def action_ticket_release(self) -> None:
        """Give the ticket back to its queue."""
        ticket_id = self.ticket_id
        if ticket_id is not None:
            self.act(lambda gateway: gateway.assign(ticket_id, None), f"{ref(ticket_id)} is nobody's. u undoes it.")

    def action_ticket_solve(self) -> None:
        """Mark the ticket as solved."""
        ticket_id = self.ticket_id
        if ticket_id is not None:
            self.act(
                lambda gateway: gateway.set_status(ticket_id, Status.SOLVED),
                f"{ref(ticket_id)} is solved. u undoes it.",
            )

    def action_ticket_reopen(self) -> None:
        """Make the ticket open again."""
        ticket_id = self.ticket_id
        if ticket_id is not None:
            self.act(lambda gateway: gateway.set_status(ticket_id, Status.OPEN), f"{ref(ticket_id)} is open.")

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_clock(self) -> None:
        """Explain the ticket's clocks."""
        in_hand = self._in_hand()
        if in_hand is None:
            return
        gateway, ticket_id = in_hand
        found = await self.attempt(gateway.clocks(ticket_id))
        if found is not None:
            await self.app.push_screen_wait(
                ClockScreen(ref(ticket_id), described(found[0], self.now(), self.console.zone))
            )

    def action_ticket_yank(self) -> None:
        """Copy the reference."""
        if self.ticket_id is not None:
            self.app.copy_to_clipboard(ref(self.ticket_id))
            self.console.say(f"{ref(self.ticket_id)} copied, if your terminal allows it (OSC 52).")

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_up(self) -> None:
        """Hand up one level, with a note."""
        await self._hand(+1)

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_down(self) -> None:
        """Hand down one level, with a note."""
        await self._hand(-1)

    async def _hand(self, direction: int) -> None:
        wanted = int(self.ticket_level) + direction
        if not 1 <= wanted <= 3:
            edge = "highest" if direction > 0 else "lowest"
            self.console.say(f"The {self.ticket_level.label} level is the {edge}.", is_bad=True)
            return
        await self._move(Level(wanted))

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_level(self) -> None:
        """Choose the level, with a note."""
        if self._in_hand() is None:
            return
        levels = [
            Choice(str(int(level)), f"{level.label} level", level) for level in Level if level != self.ticket_level
        ]
        level = await self.app.push_screen_wait(Choose("Move the ticket to which level?", levels))
        if level is not None:
            await self._move(level)

    async def _move(self, level: Level) -> None:
        in_hand = self._in_hand()
        if in_hand is None:
            return
        gateway, ticket_id = in_hand
        way = "up" if level > self.ticket_level else "down"
        question = f"Hand {ref(ticket_id)} {way} to the {level.label} level: what was asked, tried and seen?"
        if way == "down":
            question = f"Hand {ref(ticket_id)} down to the {level.label} level: what is to be done?"
        note = await self._ask_note(question, ticket_id)
        while note is not None:
            if note.strip() and await self.attempt(gateway.set_level(ticket_id, level, note.strip())) is not None:
                del self.console.handover_notes[ticket_id]
                self.console.say(f"{ref(ticket_id)} is on the {level.label} level. u undoes it.")
                return
            reason = self.console.said if note.strip() else "a hand-over needs a note"
            note = await self._ask_note(question, ticket_id, reason)

    async def _ask_note(self, question: str, ticket_id: int, reason: str = "") -> str | None:
        """Ask for a handover note; what was written is kept for the next time, whether it is taken or not."""
        kept = self.console.handover_notes
        note = await self.app.push_screen_wait(
            AskText(question, kept.get(ticket_id, ""), reason, lambda text: kept.update({ticket_id: text}))
        )
        if note is not None:
            kept[ticket_id] = note
        return note

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_assign(self) -> None:
        """Give the ticket to somebody."""
        in_hand = self._in_hand()
        if in_hand is None:
            return
        gateway, ticket_id = in_hand
        found = await self.attempt(gateway.staff())
        if found is None:
            return
        people = [person for person in found[0] if not person.is_blocked]
        if not people:
            self.console.say("There is no staff to give it to yet: tierdesk staff add.", is_bad=True)
            return
        keys = "123456789abcdefghilmnopqrstuvwxyz"
        choices = [
            Choice(keys[i] if i < len(keys) else "", f"{person.login} · {person.name}", person.login)
            for i, person in enumerate(people)
        ]
        login = await self.app.push_screen_wait(Choose(f"Give {ref(ticket_id)} to whom?", choices))
        if login is not None and await self.attempt(gateway.assign(ticket_id, login)) is not None:
            self.console.say(f"{ref(ticket_id)} is with {login}. u undoes it.")

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_snooze(self) -> None:
        """Let the ticket sleep until the customer writes or a moment comes."""
        in_hand = self._in_hand()
        if in_hand is None:
            return
        gateway, ticket_id = in_hand
        question = f"Let {ref(ticket_id)} sleep until when?"
        nap = await self.app.push_screen_wait(
            Choose(question, naps(self.now(), self.console.zone), "a word of the customer wakes it")
        )
        if nap is not None and nap.is_asked:
            wake = await self._ask_moment(f"On hold until when? {EXAMPLES}")
            nap = None if wake is None else Nap(Status.ON_HOLD, wake)
        if nap is None:
            return
        if await self.attempt(gateway.set_status(ticket_id, nap.status, nap.wake_at)) is not None:
            until = f"on hold until {moment(nap.wake_at, self.now(), self.console.zone)}" if nap.wake_at else "pending"
            self.console.say(f"{ref(ticket_id)} is {until}. u undoes it.")

    async def _ask_moment(self, question: str) -> datetime | None:
        text = await self.app.push_screen_wait(AskLine(question))
        while text is not None:
            try:
                return parse_moment(text, self.now(), self.console.zone)
            except ValueError as error:
                text = await self.app.push_screen_wait(AskLine(question, text, str(error)))
        return None

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_priority(self) -> None:
        """Choose the priority."""
        in_hand = self._in_hand()
        if in_hand is None:
            return
        gateway, ticket_id = in_hand
        choices = [Choice(priority.value[0], priority.value, priority) for priority in reversed(Priority)]
        priority = await self.app.push_screen_wait(Choose(f"How soon must {ref(ticket_id)} be looked at?", choices))
        if priority is not None and await self.attempt(gateway.set_priority(ticket_id, priority)) is not None:
            self.console.say(f"{ref(ticket_id)} has priority {priority}. u undoes it.")

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_difficulty(self) -> None:
        """Correct the difficulty."""
        in_hand = self._in_hand()
        if in_hand is None:
            return
        gateway, ticket_id = in_hand
        words = ("a how-to", "a setting", "needs looking into", "hard", "infrastructure")
        choices = [Choice(str(number), f"{number} · {word}", number) for number, word in enumerate(words, 1)]
        difficulty = await self.app.push_screen_wait(Choose(f"How hard is {ref(ticket_id)}?", choices))
        if difficulty is not None and await self.attempt(gateway.set_difficulty(ticket_id, difficulty)) is not None:
            self.console.say(f"{ref(ticket_id)} has difficulty {difficulty}. u undoes it.")

    @work(group="dialog", exclusive=True, exit_on_error=False)
    async def action_ticket_tags(self) -> None:
        """Change the tags."""
        in_hand = self._in_hand()
        if in_hand is None:
            return
        gateway, ticket_id = in_hand
        found = await self.attempt(gateway.show(ticket_id))
        if found is None:
            return
        question = f"Tags of {ref(ticket_id)}, with blanks between"
        text = await self.app.push_screen_wait(AskLine(question, " ".join(found[0].tags)))
        if text is not None and await self.attempt(gateway.set_tags(ticket_id, text.split())) is not None:
            self.console.say(f"{ref(ticket_id)} has new tags. u undoes it.")
