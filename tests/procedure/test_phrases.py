from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure.phrases import Openings, WordIndex, read_phrase


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("ssl", "The SSL/TLS handshake", "SSL"),
        ("ssl", "openssl", None),
        ("κωδικ*", "Ξέχασα τους ΚΩΔΙΚΟΎΣ μου", "ΚΩΔΙΚΟΎΣ"),
        ("κωδικ*", "αποκωδικοποιώ", None),
        (".htaccess", "my .htaccess file", "htaccess"),
        ("cannot log in", "I cannot  log\nin.", "cannot log in"),
        ("cannot log in", "I cannot just log in", None),
        ("server ... down", "the server is really very much down", "server is really very much down"),
        ("server ... down", "the server is really very much more down", None),
        ("server ... down", "down goes the server", None),
        ("server ... cron-job", "server x cron x job", None),
        ("a ... b c", "a x b x b c", "a x b x b c"),
        ("site|shop* ... not", "our shops do not", "shops do not"),
        ("site|shop*", "sites", None),
        ("can't", "I can't", "can t"),
        ("cron-job", "a cron job", "cron job"),
        ("mail…arrive*", "mail never arrives", "mail never arrives"),
    ],
)
def test_find(phrase: str, text: str, found: str | None) -> None:
    """A phrase is found as whole words, stems, either-or and with a bounded gap, and shown as it was written."""
    assert WordIndex(text).find(read_phrase(phrase)) == found


def test_no_phrase_spans_two_texts() -> None:
    """A phrase does not begin in the subject and end in the text, gap or not."""
    index = WordIndex("server", "down")
    assert (index.find(read_phrase("server down")), index.find(read_phrase("server ... down"))) == (None, None)


@pytest.mark.parametrize("written", ["", "...", "*", "ab*", "a|b c|", "a-b|c", "a| b"])
def test_phrase_that_can_find_nothing_good(written: str) -> None:
    """A phrase without a word, with a stem of two letters or with half an alternative is refused."""
    with pytest.raises(ValueError, match="has "):
        read_phrase(written)


@given(text=st.text(), phrase=st.text(min_size=1))
def test_any_text_any_phrase(text: str, phrase: str) -> None:
    """Nothing that people write makes the matching fail."""
    try:
        read = read_phrase(phrase)
    except ValueError:
        return
    WordIndex(text, phrase).find(read)


@given(st.lists(st.sampled_from(["mail", "server", "σφάλμα", "DNS"]), min_size=1, max_size=5))
def test_words_in_a_row_are_found_in_themselves(written: list[str]) -> None:
    """A phrase without stems is found in its own text."""
    phrase = " ".join(written)
    assert WordIndex(phrase).find(read_phrase(phrase)) == phrase


@given(text=st.text(alphabet="ab κλ-."), written=st.lists(st.sampled_from(["a", "abb*", "κλ", "a|b", "λλλ* ... a"])))
def test_openings_leave_nothing_out(text: str, written: list[str]) -> None:
    """Whatever stands in a text is among the phrases that may stand in it."""
    phrases = [read_phrase(one) for one in written]
    index = WordIndex(text)
    may_stand = Openings(phrases).among(index.vocabulary)
    assert {id(phrase) for phrase in phrases if index.find(phrase)} <= may_stand


def test_openings_leave_out_what_cannot_stand() -> None:
    """Of the phrases of a policy only those stay whose first word is there, whole or as a stem."""
    phrases = [read_phrase(one) for one in ("ssl error", "κωδικ*", "mail|site down", "server")]
    may_stand = Openings(phrases).among(["ssl", "κωδικοσ", "down"])
    assert [id(phrase) in may_stand for phrase in phrases] == [True, True, False, False]
