"""The language of the search: what it means, where it is mistaken, and that it never fails in another way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.search import (
    All,
    AnyOf,
    Day,
    Field,
    Node,
    Not,
    OneOf,
    SearchError,
    Since,
    Where,
    Words,
    parse,
    written,
)
from procedure.search_fields import NAMES, index_words

MEANS = {
    "": All(()),
    "ssl": Words(("ssl",)),
    "ssl*": Words(("ssl",), is_prefix=True),
    "my.example*": Words(("my", "example"), is_prefix=True),
    '"ssl*"': Words(("ssl",)),
    "from:nik*": Words(("nik",), Where.FROM, is_prefix=True),    '"ssl expired"': Words(("ssl", "expired")),
    "example.com": Words(("example", "com")),
    "ΛΟΓΑΡΙΑΣΜΌΣ": Words(("λογαριασμοσ",)),
    "or": Words(("or",)),
    "level:2": OneOf(Field.LEVEL, (2,)),
    "level:2,3": OneOf(Field.LEVEL, (2, 3)),
    "difficulty>3": OneOf(Field.DIFFICULTY, (4, 5)),
    "difficulty<=2": OneOf(Field.DIFFICULTY, (1, 2)),
    "priority>=high": OneOf(Field.PRIORITY, ("high", "urgent")),
    "Status:Open": OneOf(Field.STATUS, ("open",)),
    "status:on-hold": OneOf(Field.STATUS, ("on_hold",)),
    "from:nikos": Words(("nikos",), Where.FROM),
    'requester:"Nikos Pappas"': Words(("nikos", "pappas"), Where.FROM),
    "subject:quota": Words(("quota",), Where.SUBJECT),
    "mailbox:billing@example.com": OneOf(Field.TO, ("billing@example.com",)),
    "assignee:me": OneOf(Field.ASSIGNEE, ("me",)),
    "tag:#dns": OneOf(Field.TAG, ("dns",)),
    "ref:TD-1042,7": OneOf(Field.REF, (1042, 7)),
    "is:unanswered": OneOf(Field.IS, ("unanswered",)),
    "has:attachment": OneOf(Field.HAS, ("attachment",)),
    "waits>2h": Since(Field.WAITS, timedelta(hours=2), True),
    "created<3d": Since(Field.CREATED, timedelta(days=3), False),
    "updated:2026-12-01": Day(Field.UPDATED, date(2026, 12, 1), "="),
    "created>=2026-12-01": Day(Field.CREATED, date(2026, 12, 1), ">="),
    "-ssl": Not(Words(("ssl",))),
    "10:30": Words(("10", "30")),
    "ssl level:2": All((Words(("ssl",)), OneOf(Field.LEVEL, (2,)))),
    "dns OR level:3": AnyOf((Words(("dns",)), OneOf(Field.LEVEL, (3,)))),
    "dns -(tag:a OR tag:b)": All((
        Words(("dns",)), Not(AnyOf((OneOf(Field.TAG, ("a",)), OneOf(Field.TAG, ("b",)))))
    )),
}  # fmt: skip

MISTAKES = {
    'a "ssl': (2, "not closed"),
    'from:"nikos': (5, "not closed"),
    "(ssl": (0, "not closed"),
    "ssl)": (3, "not opened"),
    "ssl OR": (5, "missing"),
    "( )": (2, "missing"),
    "--ssl": (0, "minus"),
    "fron:nikos": (0, "“from”"),
    "https://example.com": (0, "quotation marks"),
    "a level:4": (8, "1, 2, 3"),
    "level>3": (6, "nothing can match"),
    "level>1,2": (6, "one value"),
    "level:": (5, "missing"),
    "level:1,": (6, "comma"),
    "status:opened": (7, "pending"),
    "tag>x": (3, "compared"),
    "from>x": (4, "compared"),
    "ref:abc": (4, "no reference"),
    "waits:2h": (5, "waits>2h"),
    "waits>soon": (6, "2h"),
    "created>soon": (8, "2026-12-01"),
    "created>0001-01-01": (8, "year"),
    "a !!!": (2, "no letter"),
    "subject:!!!": (8, "no letter"),
    "a ab*": (2, "3 letters"),
}


@pytest.mark.parametrize("text", MEANS)
def test_a_line_means_what_it_says(text: str) -> None:
    """Each form of the language has its one meaning."""
    assert parse(text) == MEANS[text]


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_a_sentence_with_its_place(text: str) -> None:
    """What means nothing is refused with a sentence, and with the place where it begins."""
    place, part = MISTAKES[text]
    with pytest.raises(SearchError) as refused:
        parse(text)
    assert part in str(refused.value)
    assert refused.value.start == place
    assert refused.value.end > place


PIECES = st.sampled_from(
    ["*", '"', "(", ")", "-", " ", " OR ", ",", ":", ">", "<", "=", "ssl", "Ώρα", "2h", "9999w", "²", "½", "é", *NAMES]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join))
def test_any_line_is_understood_or_refused_with_a_place_in_it(text: str) -> None:
    """Nothing else is ever raised, and what was understood is the same when it is written down and read again."""
    try:
        node = parse(text)
    except SearchError as mistake:
        assert 0 <= mistake.start < mistake.end <= max(len(text), 1) + 1
        return
    assert parse(written(node)) == node


WORDS = st.builds(
    lambda word, where, longer: Words((word,), where, longer and len(word) >= 3),
    st.from_regex(r"[a-z0-9α]{1,8}", fullmatch=True), st.sampled_from(Where), st.booleans(),
)  # fmt: skip
LEAVES = WORDS | st.sampled_from([node for node in MEANS.values() if isinstance(node, OneOf | Since)])
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda nodes: All(tuple(nodes)), st.lists(inner, min_size=2, max_size=3))
        | st.builds(lambda nodes: AnyOf(tuple(nodes)), st.lists(inner, min_size=2, max_size=3))
        | inner.filter(lambda node: not isinstance(node, Not)).map(Not)
    ),
    max_leaves=8,
)


@given(TREES)
def test_a_tree_survives_being_written_down(tree: Node) -> None:
    """Writing a search and reading it again gives the same search."""
    assert parse(written(tree)) == tree


def test_too_much_is_refused() -> None:
    """A line that is too long, has too many terms or too many parentheses is refused with a place."""
    for text in ("a" * 1_001, "a " * 41, "(" * 13 + "a" + ")" * 13):
        with pytest.raises(SearchError, match=r"[Aa]t most"):
            parse(text)


def test_words_are_folded_like_everything_else() -> None:
    """Case, accents and the final sigma make no difference, and a word that falls apart is several."""
    assert index_words("ΛΟΓΑΡΙΑΣΜΌΣ λογαριασμός Café_ÉTÉ ½") == ["λογαριασμοσ"] * 2 + ["cafe", "ete", "1", "2"]
    assert index_words("x" * 100) == ["x" * 64]
