from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedure import quoting
from procedure.quoting import fold_ranges, quote, unquoted

AT = datetime(2026, 11, 22, 15, 24, tzinfo=timezone(timedelta(hours=2)))


def test_quote() -> None:
    """An answer quotes with an attribution in UTC and marks on every line, also on lines that have some."""
    assert quote("Hello\r\n\n> before\nBye\n\n", "Nikos Pappas", AT) == (
        "On 2026-11-22 13:24 UTC, Nikos Pappas wrote:\n> Hello\n>\n> > before\n> Bye"
    )


def test_quote_in_greek() -> None:
    """A Greek answer has a Greek attribution."""
    assert quote("Γεια", "Νίκος", AT, "el") == "Στις 2026-11-22 13:24 UTC, Νίκος έγραψε:\n> Γεια"


def test_long_lines_are_broken_between_words() -> None:
    """A long line is wrapped, each piece with the marks of the line; a link stays whole."""
    link = "https://shop.example/" + "a" * 100
    lines = quote("> " + "word " * 40 + link, "A", AT).split("\n")[1:]
    assert all(line.startswith("> > ") for line in lines)
    assert [line for line in lines if len(line) > quoting.WIDTH] == [f"> > {link}"]
    assert " ".join(line[4:] for line in lines).split() == ["word"] * 40 + [link]


def test_depth_and_length_are_capped() -> None:
    """Old quotes and endless mails are shortened, and it says so."""
    assert quote(">>>> a\n>>>> b\n>>> c", "A", AT).split("\n")[1:] == ["> > > > > […]", "> > > > c"]
    lines = quote("x\n" * 10_000, "A", AT).split("\n")
    assert len(lines) == quoting.MAX_LINES + 2
    assert lines[-1] == "> […]"


def test_author_cannot_add_lines() -> None:
    """A name with line breaks and controls stays in its line; without a name there is a word for it."""
    assert quote("x", "A\r\nB\x1b[31m\t", AT) == "On 2026-11-22 13:24 UTC, A B[31m wrote:\n> x"
    assert quote("x\x1b]52;c\x07", "", AT) == "On 2026-11-22 13:24 UTC, the sender wrote:\n> x]52;c"


ATTRIBUTIONS = [
    "On Sun, Nov 22, 2026 at 1:24 PM Nikos Pappas <nikos@x.example> wrote:",
    "On Sun, Nov 22, 2026 at 1:24 PM A Very Long Name Indeed <\nnikos@x.example> wrote:",
    "On 22/11/2026 13:24, Nikos wrote:",
    "Στις Κυρ, 22 Νοε 2026 στις 1:24 μ.μ., ο χρήστης Νίκος <nikos@x.example> έγραψε:",
    "Στις 22/11/2026 13:24, ο/η Νίκος έγραψε:",
    "Την Κυριακή, 22 Νοεμβρίου 2026 - 13:24 ο/η Νίκος\n<nikos@x.example> έγραψε:",
    "Am 22.11.2026 um 13:24 schrieb Nikos Pappas:",
    "Am So., 22. Nov. 2026 um 13:24 Uhr schrieb Nikos Pappas <\nnikos@x.example>:",
    "Le 22 nov. 2026 à 13:24, Nikos <nikos@x.example> a écrit\xa0:",
    "Il giorno dom 22 nov 2026 alle ore 13:24 Nikos <nikos@x.example> ha scritto:",
    "El dom, 22 nov 2026 a las 13:24, Nikos (<nikos@x.example>) escribió:",
    "Op 22-11-2026 13:24 schreef Nikos <nikos@x.example>:",
    "Op 22-nov.-2026, om 13:24 heeft Nikos <nikos@x.example> het volgende geschreven:",
    "Den 22 november, 2026 13:24, Nikos (nikos@x.example) skrev:",
    "W dniu 22 listopada 2026 13:24 użytkownik Nikos <nikos@x.example>\nnapisał:",
    "Em dom., 22 de nov. de 2026 às 13:24, Nikos <nikos@x.example> escreveu:",
    "su 22. marraskuuta 2026 klo 13.24 Nikos Pappas\n<nikos@x.example> kirjoitti:",
    "Στις Κυρ, 22 Νοε 2026 στις 1:24 μ.μ., ο χρήστης Νίκος <nikos@x.example\n> έγραψε:",
    "---- On Sun, 22 Nov 2026 13:24:00 +0200 Nikos <nikos@x.example> wrote ----",
    "---- Στις Κυρ, 22 Νοε 2026 13:24:00 +0200 Νίκος <nikos@x.example> έγραψε ----",
]
WEAK = ["Nikos Pappas wrote:", "вс, 22 нояб. 2026 г. в 13:24, Nikos <nikos@x.example>:",
        "2026年11月22日 週日 下午1:24 Nikos <nikos@x.example> 寫道：", "2026/11/22 Nikos <nikos@x.example>",
        "2026-11-22 13:24 GMT+02:00 Nikos <\nnikos@x.example>:", "Νίκος <n@x.example> έγραψε στις 22/11/2026 13:24:",
        "Nikos <nikos@x.example> schrieb am So., 22.\nNov. 2026, 13:24:",
        "Νίκος Παππάς <n@x.example> έγραψε στις Κυρ, 22\nΝοε 2026, 13:24:", "Nikos wrote on 22/11/2026 13:24:",
        "2026-11-22 13:24 GMT+02:00 Nikos <nikos@x.example>:", "Νίκος έγραψε:"]  # fmt: skip


@pytest.mark.parametrize("attribution", ATTRIBUTIONS + WEAK)
def test_attribution_and_its_quote(attribution: str) -> None:
    """An attribution in any of six languages folds with its quote, and what follows stays open."""
    height = attribution.count("\n") + 1
    text = f"Answer\n\n{attribution}\n\n> old\n>\n> old\n\nmore\n> older\nend"
    assert fold_ranges(text) == ((2, 6 + height), (8 + height, 9 + height))


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_attribution_without_marks(attribution: str) -> None:
    """Below a sure attribution without marks everything is earlier text."""
    text = f"Answer\n\n{attribution}\n\nold\nold"
    assert fold_ranges(text) == ((2, text.count("\n") + 1),)


@pytest.mark.parametrize(
    "line",
    [*WEAK, "On Monday my colleague wrote:", "Here is what the customer wrote:", "On the page:", "Please do this:",
     "Το μήνυμα έγραψε:", "At 13:24 we saw:"],
)  # fmt: skip
def test_ordinary_words_stay_open(line: str) -> None:
    """A line that only resembles an attribution hides nothing below it."""
    assert fold_ranges(f"Hello\n\n{line}\n\nnew words\nnew words") == ()


BLOCKS = [
    "From: N\nSent: Sunday\nTo: S\nSubject: x",
    "*From:* N\n*Date:* Sunday\n*To:* S\n*Subject:* x",
    "________________________________\nFrom: N\nSent: Sunday\nTo: S\nSubject: x",
    "Από: N\nΣτάλθηκε: Κυριακή\nΠρος: S\nΘέμα: x",
    "________________________________\n\nΑπό: N\nΑπεστάλη: Κυριακή\nΠρος: S\nΚοιν.: T\nΘέμα: x",
    "-----Original Message-----\nFrom: N\nSent: Sunday\nTo: S\nSubject: x",
    "-----Αρχικό μήνυμα-----\nΑπό: N\nΣτάλθηκε: Κυριακή\nΠρος: S\nΘέμα: x",
    "-------- Original Message --------\nSubject: x\nFrom: N",
    "Von: N\nGesendet: Sonntag\nAn: S\nBetreff: x",
    "De : N\nEnvoyé : dimanche\nÀ : S\nObjet : x",
    "Da: N\nInviato: domenica\nA: S\nOggetto: x",
    "De: N\nEnviado: domingo\nPara: S\nAsunto: x",
    "Fra: N\nSendt: søndag\nTil: S\nEmne: x",
    "Från: N\nSkickat: söndag\nTill: S\nÄmne: x",
    "Van: N\nVerzonden: zondag\nAan: S\nOnderwerp: x",
    "Od: N\nWysłano: niedziela\nDo: S\nTemat: x",
    "Date: Sunday\nFrom: N\nTo: S\nSubject: x",
    "Θέμα: x\nΗμερομηνία: Κυριακή\nΑπό: N\nΠρος: S",
    "-----Oprindelig meddelelse-----\nN",
    "-------- Oprindelig besked --------\nN",
    "-----Alkuperäinen viesti-----\nN",
    "------------------ 原始邮件 ------------------\nN",
]


def test_a_whole_sentence_is_no_attribution() -> None:
    """A sentence that ends like an attribution is the sender's own, also right above a quote."""
    assert fold_ranges("Below you can read again what your colleague wrote:\n> old") == ((1, 2),)


@pytest.mark.parametrize("block", BLOCKS)
def test_header_block(block: str) -> None:
    """What Outlook puts below its header block is earlier text, in any of six languages."""
    text = f"Answer\n\n{block}\n\nold\nold\n"
    assert fold_ranges(text) == ((2, text.count("\n") + 1),)


@pytest.mark.parametrize(
    "mark",
    ["---------- Forwarded message ---------", "Begin forwarded message:", "---------- Προωθημένο μήνυμα ---------"],
)
def test_forwarded_text_stays_open(mark: str) -> None:
    """What somebody forwards is what they want to show."""
    assert fold_ranges(f"Please look\n\n{mark}\n\nFrom: N\nDate: Sunday\nSubject: x\nTo: S\n\nhelp me") == ()


@pytest.mark.parametrize(
    "text",
    [
        "From: Athens\nTo: Patras\nwe drive",
        "From: me\nSubject: x\nhello",
        "Subject: x\nhello",
        "______\nhello",
        "__________\nhello",
    ],
)
def test_a_few_labels_are_no_header_block(text: str) -> None:
    """Two labels or a rule alone are ordinary words."""
    assert fold_ranges(f"Hello\n{text}\nbye") == ()


def test_answers_between_quotes_stay_open() -> None:
    """Nothing that stands between marked lines is in a range."""
    text = "On 2026-11-22 13:24, A wrote:\n> one\nanswer one\n\n> two\n\n> two\nanswer two"
    assert fold_ranges(text) == ((0, 2), (4, 7))
    assert unquoted(text) == "answer one\n\nanswer two"


@pytest.mark.parametrize("text", ["", "> a\n> b", "\n\nOn 2026-11-22 13:24, A wrote:\n> a\n", BLOCKS[0] + "\n\nold"])
def test_a_mail_of_nothing_but_quotes_is_open(text: str) -> None:
    """A message never folds to nothing."""
    assert fold_ranges(text) == ()


LINES = st.sampled_from(
    ["", ">", "> a", ">> b", "words", "On 2026-11-22 13:24, A wrote:", "On a", "b wrote:", "From: x", "To: y",
     "Subject: z", "-----Original Message-----", "__________", "---------- Forwarded message ---------",
     "Στις 2026 ο Α έγραψε:", "see below", "--> a", "[A B] c"]
)  # fmt: skip


@given(st.lists(LINES | st.text(max_size=5)).map("\n".join))
def test_ranges_are_in_order_and_within_the_text(text: str) -> None:
    """Ranges are not empty, stand in order, apart from each other, and never leave the text."""
    count = len(text.split("\n"))
    end = 0
    for start, stop in fold_ranges(text):
        assert end <= start < stop <= count
        end = stop


@given(st.text(), st.text())
def test_quote_of_anything_is_marked(text: str, author: str) -> None:
    """Every line of a quote but the attribution carries its mark, whatever was written."""
    lines = quote(text, author, AT).split("\n")
    assert all(line.startswith(">") for line in lines[1:])


@given(st.text(alphabet=st.characters(categories=["L", "N", "Zs"])))
def test_our_own_quote_folds(text: str) -> None:
    """What we write under an answer is found again in the customer's reply."""
    quoted = quote(text, "Nikos", AT, "el")
    assert fold_ranges(f"ok\n\n{quoted}")[:1] == ((2, 2 + len(quoted.split("\n"))),)


HOSTILE = ["On ", "On a\n", "From:\n", "_" * 12 + "\n", "> ", ">\n", "a:\n", "\n", "x wrote:\n\n",
           "\nOn 2026, a wrote:\n", "On 2026\nb\n\n", "-----Original Message-----\n",
           "From: a\nTo: b\nSubject: c\n> \n", "\u0345", "a wrote: "]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear(piece: str) -> None:
    """Ten times the text takes no more than about ten times as long, however hostile it is."""

    def seconds(size: int) -> float:
        text = "a\n" + piece * (size // len(piece))
        start = time.process_time()
        fold_ranges(text)
        quote(text, "A", datetime(2026, 1, 1, tzinfo=UTC))
        return time.process_time() - start

    seconds(20_000)
    small = max(seconds(20_000), 0.005)
    assert seconds(200_000) < 40 * small
