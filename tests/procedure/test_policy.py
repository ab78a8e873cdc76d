from __future__ import annotations

from datetime import timedelta
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.policy import Acknowledgement, PolicyError, parse
from procedure.terms import Level, Priority

SHIPPED = resources.files("desk").joinpath("default_policy.toml").read_text(encoding="utf-8")
HEAD = SHIPPED[: SHIPPED.index("[[rules]]")]
RULE = '\n[[rules]]\nid = "one"\nwords = ["quota"]\ndifficulty = 1\n'


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    return list(caught.value.problems)


def test_shipped_policy() -> None:
    """The policy that tierdesk ships is right, and says what the procedure says."""
    policy = parse(SHIPPED)
    assert [policy.level_of(difficulty) for difficulty in range(1, 6)] == [1, 1, 2, 2, 3]
    assert policy.first_answer(Level.THIRD, Priority.URGENT) == timedelta(minutes=10)
    assert (policy.times.pending, policy.times.solved) == (timedelta(days=3), timedelta(days=7))
    assert (policy.times.reopen, policy.times.undo) == (timedelta(days=14), timedelta(seconds=5))
    assert set(policy.acknowledgements) == {"en", "el"}
    assert len(policy.rules) >= 30


def test_urgent_is_never_later() -> None:
    """In the shipped policy a higher priority is never promised a later answer."""
    policy = parse(SHIPPED)
    for level in Level:
        targets = [policy.first_answer(level, priority) for priority in Priority]
        assert targets == sorted(targets, reverse=True)


def test_templates() -> None:
    """Acknowledgements hold the ticket's number, signatures the agent's name; a language without one gets another."""
    policy = parse(SHIPPED)
    assert "TD-7" in policy.acknowledgement("el", "TD-7").text
    assert policy.acknowledgement("el", "TD-7").subject == "[TD-7] Λάβαμε το μήνυμά σας"
    assert policy.acknowledgement("fr", "TD-7") == policy.acknowledgement("en", "TD-7")
    assert policy.acknowledgement("en", "$ref") == policy.acknowledgement("en", "$ref")
    assert isinstance(policy.acknowledgement("en", "TD-7"), Acknowledgement)
    assert policy.signature(Level.FIRST, "Maria") == "Maria\n1st level support"


def test_defaults() -> None:
    """Times, difficulty and language may be left out."""
    start = HEAD.index("[levels.1]")
    policy = parse('name = "small"\n' + HEAD[start:])
    assert (policy.default_difficulty, policy.default_priority, policy.language) == (2, Priority.NORMAL, "en")
    assert policy.times == parse(SHIPPED).times
    assert policy.rules == ()


def test_every_fault_at_once() -> None:
    """All that is wrong is said in one go, each fault with its table and key."""
    text = HEAD.replace("pending_days = 3 ", "pending_days = 0 ").replace("normal = 240", "normal = true", 1)
    text = text.replace('name = "web hosting"', "name = 7").replace("claim_minutes", "claim_hours")
    text += RULE + RULE + '[[rules]]\nid = "Two"\nwords = ["ab*"]\npriority = "soon"\ncolour = "red"\n'
    assert problems(text) == [
        "name must be a text that is not empty.",
        "times.pending_days must be a whole number from 1 to 365.",
        "times.claim_hours is not known here;"
        " known are claim_minutes, join_days, pending_days, reopen_days, solved_days, undo_seconds,"
        " warn_percent.",
        "levels.2.first_answer.normal must be a whole number from 1 to 86400.",
        "rules.Two.priority must be one of low, normal, high, urgent.",
        "rules.Two.words has 'ab*', which has a stem of fewer than 3 letters.",
        "rules.Two.id must be small letters, digits and single hyphens, and none of the desk's own.",
        "rules.Two.colour is not known here; known are also, attachments, difficulty, id, note, priority,"
        " recipients, senders, settles, subject, tags, unless, weak, words.",
        "rules.one is there twice; the id of a rule must be its own.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name =", "name", "The policy is not valid TOML: "),
        ('name = "web hosting"', "", "name is missing."),
        ('language = "en"', 'language = "de"', "language is 'de', but there is no acknowledgement.de."),
        ("levels = [1, 1, 2, 2, 3]", "levels = [1, 2, 3]", "difficulty.levels must be a list of 5 whole numbers"),
        ("default = 2", "default = 6", "difficulty.default must be a whole number from 1 to 5."),
        ('priority = "normal"', 'priority = "asap"', "difficulty.priority must be one of low, normal, high, urgent."),
        ("[levels.3]", "[levels.4]", "levels.3 is missing."),
        ('subject = "[$ref] We', 'subject = "$subject We', "acknowledgement.en.subject has the unknown field"),
        ('subject = "[$ref] We', 'subject = "100$ We', "acknowledgement.en.subject has a $ that begins no field;"),
        ('subject = "[$ref] We', 'subject = "a\\nb We', "acknowledgement.en.subject must be one line."),
        ("$agent\n1st", "$name\n1st", "levels.1.signature has the unknown field $name; known are $agent."),
    ],
)  # fmt: skip
def test_faults(old: str, new: str, problem: str) -> None:
    """A fault is named by a sentence with table and key."""
    assert old in HEAD
    assert any(found.startswith(problem) for found in problems(HEAD.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('id = "a"\nwords = ["quota"]', "rules.a.difficulty is missing: a rule must set difficulty, priority or tags."),
        ('id = "a"\nwords = []\ndifficulty = 1', "rules.a.words must be a list of texts, none of them empty."),
        ('id = "a"\nwords = "quota"\ndifficulty = 1', "rules.a.words must be a list of texts, none of them empty."),
        ('id = "default"\nwords = ["quota"]\ndifficulty = 1', "rules.default.id must be small letters"),
        ('words = ["quota"]\ndifficulty = 1', "rules.1.id is missing."),
        ('id = "a"\nwords = ["quota"]\ntags = ["x"]\nsettles = true', "rules.a.settles needs a difficulty"),
        ('id = "a"\nwords = ["quota"]\ndifficulty = 1\nsettles = 1', "rules.a.settles must be true or false."),
        ('id = "a"\nwords = ["a|b c"]\ndifficulty = true', "rules.a.difficulty must be a whole number from 1 to 5."),
    ],
)
def test_faults_of_rules(lines: str, problem: str) -> None:
    """A rule that finds nothing, changes nothing or has no name is refused."""
    assert any(found.startswith(problem) for found in problems(f"{HEAD}\n[[rules]]\n{lines}\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rules = 1",
        "levels = 1\nacknowledgement = 2",
        "[[levels]]\n",
        "[acknowledgement]\nen = 1",
        "a=" + "[" * 5000,
    ],
)
def test_wrong_shapes(text: str) -> None:
    """A file of another shape is refused with sentences."""
    assert all(problem.endswith(".") for problem in problems(text))


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is a policy or has problems; nothing else happens."""
    with pytest.raises(PolicyError):
        parse(text)


def test_mail_tables() -> None:
    """Each fault of the tables about mail is named; the lists may be empty."""
    text = HEAD.replace("relays = []", 'relays = ["10.0.0.0/8", "local", "mx"]')
    text = text.replace("authserv_ids = []", 'authserv_ids = ["a b"]').replace("score = 6", "score = 0")
    text = text.replace("block = []", 'block = ["@X.example", "a b"]').replace("allow = []", 'allow = ["x.example"]')
    text = text.replace("in_a_row = 10", "in_a_row = -1").replace("minutes = 10", "minutes = 0")
    assert problems(text) == [
        "acknowledge.in_a_row must be a whole number from 0 to 1000000.",
        "trust.relays has 'mx', which is neither an address, a network nor 'local'.",
        "trust.authserv_ids has 'a b', which is no name.",
        "junk.block has 'a b', which is neither an address nor a domain.",
        "junk.allow has 'x.example', which is blocked too.",
        "junk.score must be a whole number from 1 to 1000.",
        "flood.minutes must be a whole number from 1 to 1440.",
    ]


def test_shipped_mail_tables_are_the_defaults() -> None:
    """A policy without these tables says the same as the shipped one."""
    policy, start = parse(SHIPPED), HEAD.index("[levels.1]")
    bare = parse('name = "small"\n' + HEAD[start : HEAD.index("# How many acknowledgements")])
    assert (bare.acknowledging, bare.trust, bare.junk, bare.flood) == (
        policy.acknowledging, policy.trust, policy.junk, policy.flood,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("families", "rule", "problem"),
    [
        ('"a b" = ["server"]', "", "families.a b must be small letters, digits and single hyphens."),
        ('box = ["two words"]', "", "families.box has 'two words', which is not a single word or stem."),
        ('box = ["ab*"]', "", "families.box has 'ab*', which is not a single word or stem."),
        ('box = ["server"]', 'words = ["@rack"]', "rules.one.words has '@rack', which names the unknown family @rack."),
        ('box = ["server"]', 'words = ["@box"]\nsettles = true\nweak = true', "rules.one.weak contradicts settles."),
    ],
)
def test_faults_of_families(families: str, rule: str, problem: str) -> None:
    """A family's name, its words and their use are checked."""
    text = HEAD[: HEAD.index("[families]")] + f"[families]\n{families}\n"
    text += '[[rules]]\nid = "one"\ndifficulty = 1\n' + (rule or 'words = ["quota"]')
    assert problems(text) == [problem]
