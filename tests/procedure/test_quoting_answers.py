"""New words inside a quote that has no marks stay open, and are known as such."""

from __future__ import annotations

import pytest

from procedure.quoting import answers_inside, fold_ranges, unquoted

HEADER = "From: Help <help@shop.example>\nSent: Tuesday, 10 November 2026 10:00\nTo: Nikos\nSubject: Re: x"
OURS = "Hello Nikos,\n\nwhich domain is it?\nWhen did it begin to fail?\n\nRegards,\nMaria from the help desk"
OLDER = "From: Nikos\nSent: Monday\nTo: Help\nSubject: x\n\nMy site is down."


def open_lines(text: str, earlier: tuple[str, ...] = ()) -> list[str]:
    """Return the lines with words that no range folds."""
    folded = {number for begin, end in fold_ranges(text, earlier) for number in range(begin, end)}
    return [line for number, line in enumerate(text.split("\n")) if line and number not in folded]


@pytest.mark.parametrize(
    "word",
    [
        "See my answers inline.", "Please see below", "My comments in red", "I answered between your lines",
        "Answers below:", "Απαντώ παρακάτω.", "Δείτε τις απαντήσεις μου με κόκκινο", "Σας απαντώ ενδιάμεσα",
        "Antworten unten", "Siehe unten", "Meine Kommentare in rot", "Voir ci-dessous", "Mes réponses en rouge",
        "Rispondo qui sotto", "Ver abajo",
    ],
)  # fmt: skip
def test_announced_answers_are_open(word: str) -> None:
    """Who says that the answers stand in the mail below is read there; what is older than that mail stays folded."""
    block = "which domain is it?\nshop.example\nwhen?\nyesterday"
    assert open_lines(f"{word}\n\n{HEADER}\n\n{block}\n\n{OLDER}") == [word, *block.split("\n")]


def test_announced_below_an_attribution() -> None:
    """The same holds for a quote that only an attribution begins."""
    text = "Απαντώ παρακάτω\n\nOn 10 Nov 2026, at 10:00, Help <\nhelp@shop.example> wrote:\n\nwhich?\nshop.example"
    assert open_lines(text) == ["Απαντώ παρακάτω", "which?", "shop.example"]


@pytest.mark.parametrize(
    "answer",
    [
        "[Nikos Pappas] shop.example", "[Νίκος Παππάς]: shop.example", "--> shop.example", "=> shop.example",
        "→ shop.example", "## shop.example", "@@ shop.example", "// shop.example", "*** shop.example",
        "Answer: shop.example", "Απάντηση: shop.example", "Απ: το shop.example", "A: shop.example",
    ],
)  # fmt: skip
def test_signed_answers_are_open(answer: str) -> None:
    """A line with a sign of its own in an unmarked quote is an answer, to the next empty line."""
    text = f"Hi\n\n{HEADER}\n\nwhich domain is it?\n{answer}\nand one more\n\nWhen did it fail?\nRegards"
    assert open_lines(text) == ["Hi", answer, "and one more"]


@pytest.mark.parametrize(
    "line",
    ["[cid:image001.png@01D]", "[https://shop.example]", "[1] shop.example", "- shop.example", "-- ", "https://a.example",
     "A word", "Answers", "**********", "############"],
)  # fmt: skip
def test_ordinary_lines_of_a_quote_are_folded(line: str) -> None:
    """Pictures, lists, links, rules and signatures of the earlier mail are no answers."""
    assert open_lines(f"Hi\n\n{HEADER}\n\nwhich domain?\n{line}\nbye") == ["Hi"]


def test_lines_that_were_never_said_are_open() -> None:
    """Where the conversation is known, a line in the quote that nobody wrote before is new, signs or none."""
    body = (
        "Hello Nikos,\n\nwhich domain is it? When did it\nbegin to fail?\nshop.example, και από χθες\n\n"
        f"Regards,\nMaria from the help desk\n\n{OLDER}"
    )
    assert open_lines(f"Hi\n\n{HEADER}\n\n{body}", (OURS, "My site is down.")) == ["Hi", "shop.example, και από χθες"]


def test_an_unknown_conversation_proves_nothing() -> None:
    """A quote of mails that are not here folds whole: half of its lines must be known."""
    text = f"Hi\n\n{HEADER}\n\nsomething else\nthat was said\nelsewhere\nbye now"
    assert open_lines(text, (OURS,)) == ["Hi"]
    assert open_lines(text, ()) == ["Hi"]


def test_answers_are_told_from_other_open_words() -> None:
    """Only what stands between two quotes was written inside one."""
    text = "Top\n> one\nanswer\n> two\n\n> three\nbottom"
    assert answers_inside(text, fold_ranges(text)) == ((2, 3),)
    assert answers_inside("a\n> b\n\n> c", fold_ranges("a\n> b\n\n> c")) == ()


def test_a_rule_takes_nothing_from_a_quote() -> None:
    """What is sent on leaves without the mail below it, whatever the screen shows of that."""
    assert unquoted(f"See below\n\n{HEADER}\n\nsecret\n--> secret") == "See below\n"


def test_time_is_linear_in_what_was_said() -> None:
    """A long conversation under a long quote costs its length, not its square."""
    words = "word " * 40_000
    text = f"Hi\n\n{HEADER}\n\n" + "another word here\n" * 20_000
    assert open_lines(text, (words,)) == ["Hi"]
