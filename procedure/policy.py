"""The policy file: levels, targets, routing rules and fixed texts, read from TOML with every fault reported at once.

``desk/default_policy.toml`` is the policy that tierdesk ships, with each key explained. The values are in
``procedure.policy_values`` and come out of here too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from string import Template

from procedure import policy_clocks, policy_mail
from procedure.calendars import Calendar
from procedure.families import NAME, Families, spelled_out
from procedure.phrases import Phrase, read_phrase
from procedure.policy_tables import Table
from procedure.policy_values import Acknowledgement, LevelRules, Policy, Rule, Times
from procedure.terms import Level, Priority

__all__ = ["Acknowledgement", "LevelRules", "Policy", "PolicyError", "Rule", "Times", "parse"]

ACKNOWLEDGEMENT_FIELDS = frozenset({"ref"})
"""Fields of an acknowledgement. Never anything the sender wrote: an echo makes the desk a relay for spam."""

SIGNATURE_FIELDS = frozenset({"agent"})
DIFFICULTIES = (1, 5)
_RULE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RESERVED_IDS = frozenset({"default", "history", "known-contact"})


class PolicyError(ValueError):
    """The policy cannot be used; ``problems`` holds one sentence for each thing that is wrong with it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def parse(text: str) -> Policy:
    """Read a policy. Raises PolicyError with every fault, each one sentence that names table and key."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError((f"The policy is not valid TOML: {error}.",)) from None
    except RecursionError:
        raise PolicyError(("The policy is not valid TOML: nested too deep.",)) from None
    problems: list[str] = []
    policy = _read(Table(values, "", problems))
    if problems:
        raise PolicyError(tuple(problems))
    return policy


def _read(top: Table) -> Policy:
    difficulty, calendars = top.table("difficulty"), policy_clocks.calendars(top)
    acknowledgements = _acknowledgements(top.table("acknowledgement", required=True))
    first, second, third, fourth, fifth = difficulty.integers("levels", 5, 1, 3, (1, 1, 2, 2, 3))
    policy = Policy(
        name=top.text("name"),
        language=top.text("language", "en"),
        times=_times(top.table("times")),
        default_difficulty=difficulty.integer("default", *DIFFICULTIES, default=2),
        default_priority=Priority(difficulty.choice("priority", Priority) or Priority.NORMAL),
        level_by_difficulty=(Level(first), Level(second), Level(third), Level(fourth), Level(fifth)),
        levels=_levels(top.table("levels", required=True), calendars),
        acknowledgements=acknowledgements,
        rules=_rules(top),
        acknowledging=policy_mail.acknowledging(top.table("acknowledge")),
        trust=policy_mail.trust(top.table("trust")),
        junk=policy_mail.junk(top.table("junk")),
        flood=policy_mail.flood(top.table("flood")),
        history=difficulty.integer("history", 0, 100, default=5),
        calendars=calendars,
        pauses=policy_clocks.pauses(top.table("pauses")),
    )
    if acknowledgements and policy.language not in acknowledgements:
        top.fault("language", f"is {policy.language!r}, but there is no acknowledgement.{policy.language}")
    difficulty.finish()
    top.finish()
    return policy


def _times(table: Table) -> Times:
    times = Times(
        pending=timedelta(days=table.integer("pending_days", 1, 365, default=3)),
        solved=timedelta(days=table.integer("solved_days", 1, 365, default=7)),
        reopen=timedelta(days=table.integer("reopen_days", 0, 3650, default=14)),
        claim=timedelta(minutes=table.integer("claim_minutes", 1, 1440, default=30)),
        undo=timedelta(seconds=table.integer("undo_seconds", 0, 600, default=5)),
        join=timedelta(days=table.integer("join_days", 0, 365, default=7)),
        warn=table.integer("warn_percent", 1, 99, default=75),
    )
    table.finish()
    return times


def _levels(table: Table, calendars: Mapping[str, Calendar]) -> Mapping[Level, LevelRules]:
    levels = {}
    for level in Level:
        row = table.table(str(level.value), required=True)
        clock = policy_clocks.level(row, level, calendars)
        levels[level] = LevelRules(clock, _template(row, "signature", SIGNATURE_FIELDS))
        row.finish()
    table.finish()
    return levels


def _acknowledgements(table: Table) -> Mapping[str, Acknowledgement]:
    texts = {}
    for language in table.keys_in_order():
        row = table.table(language)
        subject = _template(row, "subject", ACKNOWLEDGEMENT_FIELDS)
        if "\n" in subject:
            row.fault("subject", "must be one line")
        texts[language] = Acknowledgement(subject, _template(row, "text", ACKNOWLEDGEMENT_FIELDS))
        row.finish()
    return texts


def _template(table: Table, key: str, allowed: frozenset[str]) -> str:
    text = table.text(key)
    template = Template(text)
    if not template.is_valid():
        table.fault(key, "has a $ that begins no field; write $$ for a dollar sign")
    else:
        for field in sorted(set(template.get_identifiers()) - allowed):
            known = ", ".join(f"${name}" for name in sorted(allowed))
            table.fault(key, f"has the unknown field ${field}; known are {known}")
    return text


def _rules(top: Table) -> tuple[Rule, ...]:
    families = _families(top.table("families"))
    rules = [_rule(table, families) for table in top.tables("rules")]
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            top.fault(f"rules.{rule.id}", "is there twice; the id of a rule must be its own")
        seen.add(rule.id)
    return tuple(rules)


def _families(table: Table) -> Families:
    families = {}
    for name in table.keys_in_order():
        families[name] = table.texts(name)
        if not NAME.fullmatch(name):
            table.fault(name, "must be small letters, digits and single hyphens")
        for word in families[name]:
            try:
                if len(read_phrase(f"{word}|{word}").parts) != 1:
                    table.fault(name, f"has {word!r}, which is not a single word or stem")
            except ValueError:
                table.fault(name, f"has {word!r}, which is not a single word or stem")
    return families


def _rule(table: Table, families: Families) -> Rule:
    priority = table.choice("priority", Priority)
    rule = Rule(
        id=table.text("id"),
        difficulty=table.optional_integer("difficulty", *DIFFICULTIES),
        priority=Priority(priority) if priority else None,
        words=_phrases(table, "words", families),
        subject=_phrases(table, "subject", families),
        also=_phrases(table, "also", families),
        unless=_phrases(table, "unless", families),
        senders=_patterns(table, "senders"),
        recipients=_patterns(table, "recipients"),
        attachments=_patterns(table, "attachments"),
        settles=table.flag("settles"),
        weak=table.flag("weak"),
        tags=table.texts("tags"),
        note=table.text("note", ""),
    )
    if rule.id and (not _RULE_ID.fullmatch(rule.id) or rule.id in _RESERVED_IDS):
        table.fault("id", "must be small letters, digits and single hyphens, and none of the desk's own")
    if not table.has_any("words", "subject", "senders", "recipients", "attachments"):
        table.fault("words", "is missing: a rule needs words, subject, senders, recipients or attachments to look for")
    if not table.has_any("difficulty", "priority", "tags"):
        table.fault("difficulty", "is missing: a rule must set difficulty, priority or tags")
    if rule.settles and rule.weak:
        table.fault("weak", "contradicts settles")
    if rule.settles and rule.difficulty is None:
        table.fault("settles", "needs a difficulty that it could settle")
    table.finish()
    return rule


def _patterns(table: Table, key: str) -> tuple[str, ...]:
    return tuple(pattern.lower() for pattern in table.texts(key))


def _phrases(table: Table, key: str, families: Families) -> tuple[Phrase, ...]:
    phrases: list[Phrase] = []
    for written in table.texts(key):
        try:
            phrases += [read_phrase(plain) for plain in spelled_out(written, families)]
        except ValueError as reason:
            table.fault(key, f"has {written!r}, which {reason}")
    return tuple(phrases)
