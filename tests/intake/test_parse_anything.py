"""The parser and wild input: it never raises, what it returns can be stored, and bombs end in time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.content import Content
from intake.frames import ANSWER, BadAnswer, decode_answer, encode_answer
from intake.parsing.addresses import read_addresses
from intake.parsing.caps import Caps, Notes
from intake.parsing.charset_labels import codec_for
from intake.parsing.charsets import decode
from intake.parsing.mail import parse
from intake.parsing.words import decode_words
from intake.paths import read_path
from procedure.mail import Address, ForwardedMail, ParsedMail

PIECES = [
    b"From: ", b"To: ", b"Subject: ", b"Message-ID: ", b"References: ", b"Content-Type: multipart/mixed; boundary=b",
    b"Content-Type: text/html", b"Content-Type: message/rfc822", b"; charset=", b"; name*0*=", b"; name*1=", b"utf-8''",
    b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable", b"x-uuencode", b"\r\n",
    b"\n", b"\r", b"\r\n\r\n", b"--b", b"--b--", b" ", b"\t", b"=?utf-8?B?", b"=?utf-16?Q?", b"?=", b"=CE", b"zrE=",
    b"\xce\xb1", b"\xff\xfe", b"\xef\xbb\xbf", b"<", b">", b"@", b",", b";", b":", b'"', b"(", b")", b"\\", b"\x00",
    b"\x1b", b"<p>", b"<a href=", b"<table><td>", b"<blockquote>", b"</", b"<!--", b"&#xD800;", b"&#0;", b"> ", b"-- ",
    b"multipart/report; report-type=delivery-status", b"message/delivery-status", b"Status: 5.1.1", b"begin 644 x",
]  # fmt: skip
MAILS = st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=60).map(b"".join) | st.binary(max_size=300)


def round_trip(mail: ParsedMail) -> ParsedMail | str:
    frame = b"".join(encode_answer(mail))
    sizes = ANSWER.unpack(frame[: ANSWER.size])
    rest = frame[ANSWER.size :]
    return decode_answer(rest[: sizes[0]], rest[sizes[0] :])


@given(MAILS)
@settings(max_examples=400, deadline=None)
def test_parse_never_raises(raw: bytes) -> None:
    """Whatever the octets, there is a mail; it survives the way from child to parent, so all its text can be stored."""
    mail = parse(raw)
    assert round_trip(mail) == mail
    assert "\x00" not in mail.text + mail.subject


def test_two_letters_of_asia_are_no_utf8() -> None:
    """Two letters in an Asian encoding can be UTF-8 by accident; only many are UTF-8 with a wrong label."""
    thanks = "谢谢".encode("gb18030")
    assert thanks.decode("utf-8") != "谢谢"
    assert decode(thanks, "gb2312", Notes([])) == "谢谢"
    assert decode("你好世界".encode(), "gb2312", Notes([])) == "你好世界"


def test_a_forwarded_mail_reaches_the_parent() -> None:
    """What the parser found of an attached mail is there after the way from child to parent."""
    raw = b"Content-Type: message/rfc822\n\nFrom: E <e@c.example>\nSubject: x\nMessage-ID: <7@c.example>\n\nhi\n"
    found = round_trip(parse(raw))
    assert isinstance(found, ParsedMail)
    assert found.forwarded == ForwardedMail(Address("E", "e@c.example"), "x", "hi", "<7@c.example>")


@given(st.text(alphabet='=?utfbBqQ8-_ \t"<>@,;:()\\aé.', max_size=80))
@settings(max_examples=400, deadline=None)
def test_fields_never_raise(value: str) -> None:
    """Neither encoded words nor addresses nor paths raise, and an address is usable or empty."""
    decode_words(value, Notes([]))
    read_path(value, "FROM", "553")
    for one in read_addresses([value], Caps(), Notes([])):
        assert one.address == "" or one.address.count("@") >= 1


@given(st.binary(max_size=60), st.sampled_from(["", "utf-8", "iso-8859-7", "cp1253", "gb2312", "utf-16", "idna", "hz"]))
@settings(max_examples=300, deadline=None)
def test_decode_never_raises(octets: bytes, label: str) -> None:
    """Every octet string is some text under every label."""
    assert isinstance(decode(octets, label, Notes([])), str)


@pytest.mark.parametrize("label", ["idna", "punycode", "utf-7", "unicode_escape", "raw_unicode_escape", "zlib", "hex",
                                   "rot13", "base64", "undefined", "mbcs", "oem", "bz2", "uu"])  # fmt: skip
def test_codecs_that_are_no_charsets_are_not_asked(label: str) -> None:
    """A label reaches only codecs that turn text octets into text."""
    assert codec_for(label) is None


@given(st.binary(max_size=40).map(lambda raw: raw.replace(b"\xaa", b"\r\n.").replace(b"\xbb", b"\r\n")), st.data())
@settings(max_examples=300, deadline=None)
def test_content_comes_back_whole(mail: bytes, data: st.DataObject) -> None:
    """What a sender stuffed as RFC 5321 §4.5.2 says comes back octet for octet, wherever the network cuts it."""
    body = mail + b"\r\n"
    stuffed = (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\nREST"
    content = Content(10_000, 10_000, 10_000)
    rest = None
    while rest is None:
        size = data.draw(st.integers(1, 10))
        chunk, stuffed = stuffed[:size], stuffed[size:]
        rest = content.feed(chunk)
    assert (content.take(), rest + stuffed) == (body, b"REST")


BOMBS = {
    "nested multiparts": b"".join(b"Content-Type: multipart/x; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(9000)),
    "nested messages": b"Content-Type: message/rfc822\n\n" * 9000,
    "empty parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 200_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?=CE?= =?utf-8?q?=B1?= " * 30_000 + b"\n\n",
    "unclosed words": b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\n\n",
    "addresses": b"To: " + b"abc <a@b.example>, " * 50_000 + b"\n\n",
    "brackets": b"From: " + b"(" * 100_000 + b"<" * 100_000 + b'"' * 99_999 + b"\n\n",
    "continuations": b"Content-Type: text/plain" + b"".join(b"; a*%d=x" % i for i in range(50_000)) + b"\n\n",
    "header lines": b"X: y\n" * 200_000 + b"\n",
    "garbage lines": b"From: a\n" + b"garbage\n" * 100_000 + b"Subject: y\n\n",
    "references": b"References: " + b"<a@b> " * 200_000 + b"\n\n",
    "tags": b"Content-Type: text/html\n\n" + b"<a " * 600_000,
    "attributes": b"Content-Type: text/html\n\n<a " + b" ".join(b"x%d=1" % i for i in range(150_000)) + b">x</a>",
    "comments": b"Content-Type: text/html\n\n" + b"<!--" * 400_000,
    "deep blocks": b"Content-Type: text/html\n\n" + b"<div>" * 400_000,
    "deep quotes": b"Content-Type: text/html\n\n" + b"<blockquote>x<br>" * 100_000,
    "deep hidden": b"Content-Type: text/html\n\n" + b"<div style='display:none'>x" * 60_000,
    "dashes": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + b"\n--" * 500_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_time(name: str) -> None:
    """Input made to cost the square of its size costs no more than a few seconds of CPU."""
    before = time.process_time()
    parse(BOMBS[name])
    assert time.process_time() - before < 6


def test_nesting_has_its_depth() -> None:
    """Parts below the cap stay together as one attachment, and that is said."""
    nested = [b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(4)]
    mail = parse(b"".join(nested) + b"\nwords\n", Caps(depth=3))
    assert [(one.filename, one.content) for one in mail.attachments] == [("file.bin", b"--b3\n\nwords\n")]
    assert "Parts are nested deeper than 3; what is deeper was not opened." in mail.defects
    assert parse(b"".join(nested) + b"\nwords\n", Caps(depth=4)).text == "words"


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b"[" * 100_000, b'{"parsed": {}}', b'{"failed": 1}', b"\xff",
                                      b'{"failed": "\\ud800"}'])  # fmt: skip
def test_a_childs_nonsense_is_refused(document: bytes) -> None:
    """The parent believes nothing that the child says without looking."""
    with pytest.raises(BadAnswer):
        decode_answer(document, b"")


CAPPED = {
    "elements": (b"Content-Type: text/html\n\n<p>a<p>b<p>c<p>d<p>e<p>f", Caps(html_elements=4), "a\n\nb\n\nc",
                 "The HTML has too many elements; the rest was not read."),
    "lines": (b"From: a@b.example\nX: 1\nX: 2\nSubject: x\n\nwords", Caps(header_lines=3), "words",
              "The header has more than 3 lines; the rest of it was not read."),
    "text": (b"From: a@b.example\n\nmany words", Caps(text=4), "many",
             "The text is longer than 4 characters; the rest is in the raw mail."),
}  # fmt: skip


@pytest.mark.parametrize("name", CAPPED)
def test_what_lies_beyond_a_cap_is_said(name: str) -> None:
    """A mail is read up to each cap, and the mail says that there is more."""
    raw, caps, text, sentence = CAPPED[name]
    mail = parse(raw, caps)
    assert (mail.text, mail.subject) == (text, "")
    assert sentence in mail.defects
