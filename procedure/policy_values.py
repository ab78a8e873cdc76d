"""A policy as plain values: what ``procedure.policy.parse`` makes and the rest reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from string import Template

from procedure.calendars import Calendar
from procedure.phrases import Openings, Phrase
from procedure.policy_clocks import SHIPPED_PAUSES, ClockRules, LevelClock
from procedure.terms import Level, Priority, Status, Target


@dataclass(frozen=True)
class Rule:
    """One routing rule. Each kind of condition that it has must be met, by any one of its entries.

    ``words`` are looked for in subject and new text, ``subject`` in the subject only; of ``also`` one must be there
    too, and a phrase of ``unless`` found anywhere silences the rule. ``senders``, ``recipients`` and ``attachments``
    are shell patterns for addresses and file names. The difficulty of a rule that ``settles`` stands against greater
    ones below 5, that of a ``weak`` one counts only where no other rule has one.
    """

    id: str
    difficulty: int | None = None
    priority: Priority | None = None
    words: tuple[Phrase, ...] = ()
    subject: tuple[Phrase, ...] = ()
    also: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    settles: bool = False
    weak: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class LevelRules:
    """What a support level promises and in which hours, and the signature of its answers."""

    clock: LevelClock
    signature: str


@dataclass(frozen=True)
class Acknowledgement:
    """The fixed text that says a request has arrived; nothing the sender wrote is ever in it (relay spam)."""

    subject: str
    text: str


@dataclass(frozen=True)
class Times:
    """Moments that nobody has to remember.

    ``pending`` until a ticket that waits for the customer comes back, ``solved`` until a solved one closes, ``reopen``
    while an answer still opens a closed one again, ``claim`` the lease of a claim, ``undo`` the hold on an answer,
    ``join`` while a fresh mail with the subject of an answered ticket joins it. ``warn`` is the share of a target, in
    percent, after which its agent is warned.
    """

    pending: timedelta
    solved: timedelta
    reopen: timedelta
    claim: timedelta
    undo: timedelta
    join: timedelta = timedelta(days=7)
    warn: int = 75


@dataclass(frozen=True)
class Acknowledging:
    """How many acknowledgements may leave: in an hour to an address, to a domain and in all.

    ``in_a_row`` is how many an address gets without a word of ours in between: two desks stop there for ever.
    """

    per_address: int = 5
    in_a_row: int = 10
    per_domain: int = 100
    in_all: int = 1000


@dataclass(frozen=True)
class Trust:
    """Whose word about a mail is believed: ``relays`` are peers, ``authserv_ids`` the names they sign with (RFC 8601).

    Both empty: nobody's.
    """

    relays: tuple[str, ...] = ()
    authserv_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Junk:
    """What a person looks at before it becomes a ticket. ``block`` and ``allow`` hold addresses and domains.

    A mail of at least ``score`` points of a trusted relay's filter is junk.
    """

    block: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    score: int = 6


@dataclass(frozen=True)
class Flood:
    """How many new requests within ``window`` are a flood: of one sender with the ``same`` subject, and with any.

    ``strangers`` is how many mails of anybody come in before requests of those who never wrote before must wait. 0
    switches a number off.
    """

    window: timedelta = timedelta(minutes=10)
    same: int = 100
    sender: int = 200
    strangers: int = 0


@dataclass(frozen=True)
class Policy:
    """A version of the desk's policy; ``level_of`` and its neighbours answer what the rest asks."""

    name: str
    language: str
    times: Times
    default_difficulty: int
    default_priority: Priority
    level_by_difficulty: tuple[Level, Level, Level, Level, Level]
    levels: Mapping[Level, LevelRules]
    acknowledgements: Mapping[str, Acknowledgement]
    rules: tuple[Rule, ...]
    acknowledging: Acknowledging = field(default_factory=Acknowledging)
    trust: Trust = field(default_factory=Trust)
    junk: Junk = field(default_factory=Junk)
    flood: Flood = field(default_factory=Flood)
    history: int = 5
    """Earlier tickets of a requester that are looked at; 0: none."""
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    pauses: Mapping[Target, frozenset[Status]] = field(default_factory=lambda: SHIPPED_PAUSES)
    loaded_at: datetime | None = None
    """Since when it is in force; None: always was."""

    @cached_property
    def clock_rules(self) -> ClockRules:
        """Return what clocks are read by."""
        levels = {level: rules.clock for level, rules in self.levels.items()}
        return ClockRules(levels, self.calendars, self.pauses, self.times.warn)

    @cached_property
    def openings(self) -> Openings:
        """Return all phrases of the rules by their first words."""
        return Openings(
            phrase
            for rule in self.rules
            for phrases in (rule.words, rule.subject, rule.also, rule.unless)
            for phrase in phrases
        )

    def level_of(self, difficulty: int) -> Level:
        """Return the level that works tickets of a difficulty (1 to 5)."""
        return self.level_by_difficulty[difficulty - 1]

    def first_answer(self, level: Level, priority: Priority) -> timedelta:
        """Return how long after its arrival a request is to have its first answer."""
        return self.levels[level].clock.first_answer[priority]

    def acknowledgement(self, language: str, ref: str) -> Acknowledgement:
        """Return the acknowledgement in a language, else in the policy's own, with the ticket's ``ref`` in place."""
        template = self.acknowledgements.get(language) or self.acknowledgements[self.language]
        return Acknowledgement(
            Template(template.subject).safe_substitute(ref=ref), Template(template.text).safe_substitute(ref=ref)
        )

    def signature(self, level: Level, agent: str) -> str:
        """Return the signature under an answer of a level, with the agent's name in place."""
        return Template(self.levels[level].signature).safe_substitute(agent=agent)
