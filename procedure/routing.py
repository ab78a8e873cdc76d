"""Where a new request goes: an honest estimate of its difficulty, its level, its priority, and why.

Every rule of the policy that fits is recorded with the words it saw, so that anybody can read the decision. Only new
words count: what a mail quotes was said before, and the names inside links and addresses say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from procedure.mail import ParsedAttachment, ParsedMail, RuleHit
from procedure.phrases import Phrase, WordIndex
from procedure.policy_values import Policy, Rule
from procedure.telling import Telling, tell
from procedure.terms import Level, Priority

DEFAULT_RULE = "default"
ALWAYS_HEARD = 5
"""The difficulty of an outage: a rule that settles lower does not silence it."""

_PRIORITIES = tuple(Priority)


@dataclass(frozen=True)
class Routing:
    """The decision about one new request; ``rules`` names every rule that had a say, the deciding one first."""

    level: Level
    difficulty: int
    priority: Priority
    tags: tuple[str, ...]
    rules: tuple[RuleHit, ...]


@dataclass(frozen=True)
class _Hit:
    rule: Rule
    because: str


def decide(
    subject: str,
    text: str,
    recipients: Sequence[str],
    attachments: Sequence[ParsedAttachment],
    policy: Policy,
    telling: Telling | None = None,
    *,
    sender: str = "",
) -> Routing:
    """Return where a new request goes; ``telling`` are its words, if somebody has read them.

    1. The greatest difficulty among the rules that fit wins, unless one of them settles a lower one and nothing says 5;
       weak rules are asked only where no other knows.
    2. The highest priority among them wins.
    3. With no rule that knows, the policy's defaults hold and the hit is called ``default``.
    """
    hits = _hits(telling or tell(subject, text), recipients, attachments, policy, sender)
    deciding = _deciding([hit for hit in hits if hit.rule.difficulty is not None])
    difficulty = deciding.rule.difficulty if deciding else None
    if difficulty is None:
        difficulty = policy.default_difficulty
    priorities = [hit.rule.priority for hit in hits if hit.rule.priority is not None]
    return Routing(
        level=policy.level_of(difficulty),
        difficulty=difficulty,
        priority=max(priorities, key=_PRIORITIES.index, default=policy.default_priority),
        tags=tuple(dict.fromkeys(tag for hit in hits for tag in hit.rule.tags)),
        rules=_explained(hits, deciding, policy),
    )


def decide_mail(mail: ParsedMail, recipients: Sequence[str], policy: Policy) -> Routing:
    """Return where a mail goes as a new request; ``recipients`` are the envelope's: the To line may say anything."""
    return decide(
        mail.subject, mail.text, recipients, mail.attachments, policy, mail.telling, sender=mail.sender.address
    )


def _hits(
    telling: Telling,
    recipients: Sequence[str],
    attachments: Sequence[ParsedAttachment],
    policy: Policy,
    sender: str,
) -> list[_Hit]:
    everything = WordIndex(telling.title, telling.body)
    seen = _Seen(
        subject=WordIndex(telling.title),
        everything=everything,
        may_stand=policy.openings.among(everything.vocabulary),
        recipients=[address.lower() for address in recipients],
        attachments=[attachment.filename.lower() for attachment in attachments],
        sender=sender.lower(),
    )
    found = ((rule, seen.because(rule)) for rule in policy.rules)
    return [_Hit(rule, because) for rule, because in found if because]


@dataclass(frozen=True)
class _Seen:
    """What the rules may look at."""

    subject: WordIndex
    everything: WordIndex
    may_stand: set[int]
    """Phrases whose first word is among everything; of nine hundred, a dozen."""
    recipients: list[str]
    attachments: list[str]
    sender: str

    def because(self, rule: Rule) -> str:
        """Return why a rule fits, '' when it does not: each kind of condition that it has must be met."""
        reasons: list[str] = []
        if rule.words or rule.subject:
            reasons.append(_quoted(self._words(rule)))
        if rule.also:
            reasons.append(_quoted(self._found(self.everything, rule.also)))
        if rule.senders:
            reasons.append(_named("from", _matching([self.sender], rule.senders)))
        if rule.recipients:
            reasons.append(_named("to", _matching(self.recipients, rule.recipients)))
        if rule.attachments:
            reasons.append(_named("attached", _matching(self.attachments, rule.attachments)))
        if not all(reasons) or self._found(self.everything, rule.unless):
            return ""
        return ", ".join(reasons)

    def _words(self, rule: Rule) -> list[str]:
        return [*self._found(self.subject, rule.subject), *self._found(self.everything, rule.words)]

    def _found(self, index: WordIndex, phrases: Sequence[Phrase]) -> list[str]:
        found = (index.find(phrase) for phrase in phrases if id(phrase) in self.may_stand)
        return [words for words in found if words is not None]


def _quoted(found: list[str]) -> str:
    return ", ".join(f'"{words}"' for words in list(dict.fromkeys(found))[:MAX_SHOWN])


MAX_SHOWN = 4
"""Words that a hit shows at most."""


def _named(label: str, value: str) -> str:
    return f"{label} {value}" if value else ""


def _matching(values: Sequence[str], patterns: Sequence[str]) -> str:
    return next((value for value in values for pattern in patterns if fnmatchcase(value, pattern)), "")


def _deciding(hits: list[_Hit]) -> _Hit | None:
    hits = [hit for hit in hits if not hit.rule.weak] or hits
    if not hits:
        return None
    greatest = max(hits, key=_difficulty)
    settled = [hit for hit in hits if hit.rule.settles]
    if settled and _difficulty(greatest) < ALWAYS_HEARD:
        return max(settled, key=_difficulty)
    return greatest


def _difficulty(hit: _Hit) -> int:
    return hit.rule.difficulty or 0


def _explained(hits: list[_Hit], deciding: _Hit | None, policy: Policy) -> tuple[RuleHit, ...]:
    ordered = sorted(hits, key=lambda hit: (hit is not deciding, -_difficulty(hit)))
    explained = [RuleHit(hit.rule.id, hit.because) for hit in ordered]
    if deciding is None:
        explained.append(RuleHit(DEFAULT_RULE, f"no rule knows its difficulty, so {policy.default_difficulty}"))
    return tuple(explained)
