"""Unlabelled octets are told where they can be, and nothing Greek or Western is ever taken for something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.parsing.caps import Notes
from intake.parsing.charset_guess import guess
from intake.parsing.charsets import decode

KOREAN = "안녕하세요. 어제부터 홈페이지가 열리지 않습니다. 확인 부탁드립니다. 감사합니다."
CHINESE = "您好，我们的网站从昨天开始打不开，请您帮忙看一下。谢谢！"
TAIWANESE = "您好，我們的網站從昨天開始打不開，請您幫忙看一下。謝謝！"
JAPANESE = "こんにちは。昨日からホームページが開きません。ご確認をお願いします。"
RUSSIAN = "Здравствуйте, со вчерашнего дня наш сайт не открывается. Посмотрите, пожалуйста."
TEXTS = [
    (KOREAN, "cp949"), (CHINESE, "gb18030"), (TAIWANESE, "big5"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"),
    (JAPANESE, "iso2022_jp"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "codec"), TEXTS)
def test_unlabelled_text_is_told(text: str, codec: str) -> None:
    """A sentence or two is enough, also between words of ASCII."""
    assert decode(text.encode(codec), "", Notes([])) == text
    mixed = f"From the form:\n{text}\n-- \nSent from a phone\n"
    assert decode(mixed.encode(codec), "", Notes([])) == mixed


GREEK = """
Καλημέρα σας από χθες το πρωί ο ιστότοπός μας δεν ανοίγει παρακαλώ ελέγξτε ΕΠΕΙΓΟΝ ΠΡΟΒΛΗΜΑ ΣΤΟΝ ΔΙΑΚΟΜΙΣΤΗ ΛΑΘΟΣ ΑΘΗΝΑ
ΕΛΛΑΔΑ λογαριασμό τιμολόγιο Ευχαριστώ ΕΥΧΑΡΙΣΤΩ Άννα Όλγα προΰπαρξη προϊόν παϊδάκια «ναι» 20£ · §4 ΝΑΙ ΟΧΙ ΤΟ SITE ΜΑΣ
"""
WESTERN = """
Größe für Straße über schön Köln Café déjà garçon naïve où ñandú señor ação não coração Malmö Åre Århus blåbær
fjäril ÄÖÜ
ÉTÉ ÉLÈVE 50€ “quoted” it’s là très façon
"""


@given(st.lists(st.sampled_from(GREEK.split()), min_size=1, unique=True), st.sampled_from(["iso8859-7", "cp1253"]))
def test_greek_is_greek(words: list[str], codec: str) -> None:
    """Whatever the words, in capitals or not, many or few: no other encoding is told."""
    assert guess(" ".join(words).encode(codec, "ignore")) is None


@given(st.lists(st.sampled_from(WESTERN.split()), min_size=1, max_size=40))
def test_western_is_western(words: list[str]) -> None:
    """Letters with accents among plain ones are no pairs of octets."""
    assert guess(" ".join(words).encode("cp1252")) is None


@given(st.binary(max_size=400))
def test_guess_never_raises(octets: bytes) -> None:
    """Any octets have an answer."""
    assert guess(octets) is None or decode(octets, "", Notes([])) is not None
