"""A desk whose mails, people, couriers, clock and restarts are in the hand of chance."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from desk import alarms, decisions, filing, ledger, outgoing, packing, policies, recounting, replies, tickets, timers
from desk.actors import COURIER, FILER, LISTENER, TIMERS, Actor
from desk.context import Desk
from desk.errors import DeskError, Unavailable
from desk.undo import undo
from procedure.mail import Deferred, Envelope, Outcome, ParsedMail, Rejected, Sent
from procedure.terms import Fate, Level, OutboxKind, OutboxState, Priority, Status
from store.tables import Ledger, Message, Outbox, Ticket
from tests.fakes.desks import SUPPORT, FakeChance, FakeClock, Group, engage, opened
from tests.fakes.looks import every
from tests.fakes.mails import letter, wrap
from tests.fakes.memory import memory
from tests.laws.checks import broken, sound

CUSTOMERS = ("nikos@example.gr", "eleni@example.gr", "petros@example.gr")
WHO = st.integers(0, 3)
WHICH = st.integers(0, 9)
OUTCOMES = st.sampled_from([Sent("250 ok"), Deferred("451 later"), Rejected("550 no"), None])
HEAD = policies.shipped_text().split("[[rules]]")[0]
POLICIES = (
    HEAD,
    HEAD.replace("normal = 120", "normal = 45").replace('resolution = ["pending"]', "resolution = []")
    + '[calendars.hours]\nzone = "Europe/Athens"\nmon-fri = ["09:00-17:00"]\n',
    HEAD.replace("time_box = 120", 'calendar = "hours"').replace("next_answer = []", 'next_answer = ["on_hold"]')
    + '[calendars.hours]\nzone = "Europe/Athens"\nmon-sat = ["22:00-06:00"]\n',
)
SPANS = st.sampled_from([dict(seconds=3), dict(minutes=2), dict(hours=5), dict(days=2), dict(days=20)])


class DeskMachine(RuleBasedStateMachine):
    """Everything that happens to a desk, in any order."""

    template: ClassVar[Path]

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="tierdesk-laws-", dir=memory())
        path = Path(self.directory.name) / "desk.db"
        shutil.copyfile(self.template, path)
        self.url, self.clock, self.chance = f"sqlite:///{path}", FakeClock(), FakeChance()
        self.desk: Desk = opened(self.url, self.clock, self.chance)
        self.group: Group = engage(self.desk)
        self.parsed: dict[int, ParsedMail] = {}
        self.wrapped: list[tuple[Envelope, ParsedMail]] = []
        self.versions: dict[int, int] = {}
        for who in CUSTOMERS:  # a desk at work, so that a short history reaches far
            self.request(who, "Cannot log in")
        self.file("no")
        self.answer(0, 0, Status.PENDING)
        self.clock.advance(minutes=1)

    # --- mails -------------------------------------------------------------------------------------------------

    def accept(self, mail: ParsedMail, mail_from: str | None = None, rcpt_to: tuple[str, ...] = (SUPPORT,)) -> None:
        envelope = wrap(mail, self.clock.now(), mail_from, rcpt_to)
        [number] = ledger.record(LISTENER, self.desk, [envelope])
        self.parsed[number] = mail
        self.wrapped.append((envelope, mail))

    @rule(who=st.sampled_from(CUSTOMERS), subject=st.sampled_from(["Cannot log in", "Database down", "Κωδικός", ""]))
    def request(self, who: str, subject: str) -> None:
        self.accept(letter(who, subject=subject))

    @rule(which=WHICH, who=st.sampled_from(CUSTOMERS))
    def answer_by_mail(self, which: int, who: str) -> None:
        if said := [m for m in every(self.desk, Message) if m.message_id]:
            self.accept(letter(who, text="And now?", in_reply_to=(said[which % len(said)].message_id,)))

    @rule(which=WHICH)
    def want_to_join(self, which: int) -> None:
        self.accept(letter("stranger@example.org", subject=f"[TD-{self.ticket(which)}] me too"))

    @rule(which=WHICH)
    def vacation(self, which: int) -> None:
        if said := [m for m in every(self.desk, Message) if m.message_id]:
            headers = {"auto-submitted": "auto-replied"}
            answered = (said[which % len(said)].message_id,)
            self.accept(letter(CUSTOMERS[0], text="Away", in_reply_to=answered, headers=headers), mail_from="")

    @rule(which=WHICH)
    def bounce(self, which: int) -> None:
        if mails := [m for m in every(self.desk, Outbox) if m.kind is OutboxKind.ANSWER]:
            report = letter("mailer-daemon@x.gr", subject="Undelivered", is_delivery_report=True, bounce_status="5.1.1")
            self.accept(report, mail_from="", rcpt_to=(mails[which % len(mails)].envelope_from,))

    @rule(which=WHICH)
    def deliver_again(self, which: int) -> None:
        if self.wrapped:
            envelope, mail = self.wrapped[which % len(self.wrapped)]
            [number] = ledger.record(LISTENER, self.desk, [envelope])
            self.parsed[number] = mail

    @rule(fails=st.sampled_from(["no", "no", "no", "disappears", "cannot read"]))
    def file(self, fails: str) -> None:
        for mail in filing.claim(FILER, self.desk, limit=3):
            if fails == "no":
                filing.file(FILER, self.desk, mail.ledger_id, self.parsed[mail.ledger_id])
            elif fails == "cannot read":
                filing.fail(FILER, self.desk, mail.ledger_id, "took too long")

    # --- people ------------------------------------------------------------------------------------------------

    def agent(self, who: int) -> Actor:
        return self.group.everybody[who]

    def ticket(self, which: int) -> int:
        numbers = sorted(row.id or 0 for row in every(self.desk, Ticket))
        return numbers[which % len(numbers)] if numbers else 4711

    def attempt(self, act: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Do a thing that the desk may refuse with a reason; trouble of the store is none."""
        try:
            act(*args, **named)
        except Unavailable:
            raise
        except DeskError:
            pass

    @rule(who=WHO, which=WHICH, then=st.sampled_from([Status.PENDING, Status.SOLVED, Status.OPEN, Status.ON_HOLD]))
    def answer(self, who: int, which: int, then: Status) -> None:
        self.attempt(replies.send, self.agent(who), self.desk, self.ticket(which), "Try again", then=then)

    @rule(who=WHO, which=WHICH)
    def note(self, who: int, which: int) -> None:
        self.attempt(replies.note, self.agent(who), self.desk, self.ticket(which), "Asked.")

    @rule(who=WHO, which=WHICH)
    def claim(self, who: int, which: int) -> None:
        self.attempt(tickets.claim, self.agent(who), self.desk, self.ticket(which))

    @rule(who=WHO, level=st.sampled_from(Level))
    def take_next(self, who: int, level: Level) -> None:
        self.attempt(tickets.take_next, self.agent(who), self.desk, level)

    @rule(who=WHO, which=WHICH, to=st.sampled_from(["maria", "kostas", None]))
    def assign(self, who: int, which: int, to: str | None) -> None:
        self.attempt(tickets.assign, self.agent(who), self.desk, self.ticket(which), to)

    @rule(who=WHO, which=WHICH, status=st.sampled_from(Status), hours=st.none() | st.integers(-1, 100))
    def set_status(self, who: int, which: int, status: Status, hours: int | None) -> None:
        wake_at = None if hours is None else self.clock.now() + timedelta(hours=hours)
        self.attempt(tickets.set_status, self.agent(who), self.desk, self.ticket(which), status, wake_at)

    @rule(who=WHO, which=WHICH, level=st.sampled_from(Level))
    def set_level(self, who: int, which: int, level: Level) -> None:
        self.attempt(tickets.set_level, self.agent(who), self.desk, self.ticket(which), level, "Seen, tried.")

    @rule(who=WHO, which=WHICH, priority=st.sampled_from(Priority), difficulty=st.integers(0, 6))
    def estimate(self, who: int, which: int, priority: Priority, difficulty: int) -> None:
        self.attempt(tickets.set_priority, self.agent(who), self.desk, self.ticket(which), priority)
        self.attempt(tickets.set_difficulty, self.agent(who), self.desk, self.ticket(which), difficulty)

    @rule(who=WHO, which=WHICH, tags=st.sets(st.sampled_from(["disk", "dns", "νύχτα"])))
    def set_tags(self, who: int, which: int, tags: set[str]) -> None:
        self.attempt(tickets.set_tags, self.agent(who), self.desk, self.ticket(which), tags)

    @rule(
        who=st.integers(2, 5),
        which=WHICH,
        act=st.sampled_from(["release", "join", "spam", "retry", "take_back"]),
        named=st.booleans(),
    )
    def decide(self, who: int, which: int, act: str, named: bool) -> None:
        mails = every(self.desk, Ledger)
        if parked := [m.id for m in mails if m.decision or m.fate in decisions.PARKED] or [m.id for m in mails]:
            number = parked[which % len(parked)]
            into = [self.ticket(which)] if act == "join" and named else []
            self.attempt(getattr(decisions, act), self.agent(who), self.desk, number, *into)

    @rule(who=st.integers(0, 5))
    def undo(self, who: int) -> None:
        self.attempt(undo, self.agent(who), self.desk)

    # --- service, time, machine --------------------------------------------------------------------------------

    @rule(outcome=OUTCOMES)
    def courier(self, outcome: Outcome | None) -> None:
        for mail in outgoing.claim(COURIER, self.desk, limit=2):
            if outcome is not None:
                outgoing.record_outcome(COURIER, self.desk, mail.outbox_id, outcome)

    @rule(which=WHICH)
    def late_word(self, which: int) -> None:
        """Let a courier that was thought lost come back."""
        if mails := [mail for mail in every(self.desk, Outbox) if mail.attempts]:
            outgoing.record_outcome(COURIER, self.desk, mails[which % len(mails)].id or 0, Sent("250 late"))

    @rule(which=WHICH)
    def send_again(self, which: int) -> None:
        if mails := every(self.desk, Outbox):
            self.attempt(outgoing.retry, self.group.moderator, self.desk, mails[which % len(mails)].id)

    @rule(span=SPANS)
    def pass_time(self, span: dict[str, int]) -> None:
        self.clock.advance(**span)

    @rule()
    def timers(self) -> None:
        timers.run_due(TIMERS, self.desk)
        alarms.ring(TIMERS, self.desk)

    @rule(text=st.sampled_from(POLICIES))
    def new_policy(self, text: str) -> None:
        policies.load(self.group.owner, self.desk, text)
        while recounting.recount(TIMERS, self.desk) == recounting.BATCH:
            pass

    @rule()
    def pack(self) -> None:
        self.clock.advance(minutes=11)
        packing.pack_some(TIMERS, self.desk)

    @rule()
    def restart(self) -> None:
        self.desk.close()
        self.desk = opened(self.url, self.clock, self.chance)

    # --- laws --------------------------------------------------------------------------------------------------

    @invariant()
    def laws_hold(self) -> None:
        if not hasattr(self, "desk"):
            return
        assert broken(self.desk, self.group.maria) == []
        versions = {row.id or 0: row.version for row in every(self.desk, Ticket)}
        assert [number for number in self.versions if versions.get(number, 0) < self.versions[number]] == []
        self.versions = versions

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            self.settle()
        finally:
            self.desk.close()
            self.directory.cleanup()

    def settle(self) -> None:
        """With a network that works and time enough, every mail has its fate and every answer has left."""
        for _ in range(6):
            self.clock.advance(hours=5)
            while claimed := filing.claim(FILER, self.desk):
                for mail in claimed:
                    filing.file(FILER, self.desk, mail.ledger_id, self.parsed[mail.ledger_id])
            while mails := outgoing.claim(COURIER, self.desk):
                for out in mails:
                    outgoing.record_outcome(COURIER, self.desk, out.outbox_id, Sent("250 ok"))
        self.laws_hold()
        assert ledger.balance(self.group.maria, self.desk).fates.get(Fate.PENDING, 0) == 0
        assert ledger.balance(self.group.maria, self.desk).pending == 0
        assert {m.state for m in every(self.desk, Outbox)} <= {OutboxState.SENT, OutboxState.DEAD}
        assert sound(self.desk)
