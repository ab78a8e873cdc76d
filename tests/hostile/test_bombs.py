"""Mails made to cost far more than their size: each is answered within its limit, and ordinary mail beside it is read.

They go through the parser's child as mail does. CPU time is read from the kernel, so that a busy machine fails nothing.
"""

from __future__ import annotations

import base64
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from intake.parser import Failed, Parsed, ParserProcess

CPU_SECONDS = 2.0
ORDINARY = b"From: Eleni <eleni@customer.example>\r\nSubject: webmail\r\n\r\nI cannot log in.\r\n"
_TICKS = os.sysconf("SC_CLK_TCK")
_HEAD = b"From: a@b.example\nMIME-Version: 1.0\n"


def html(body: bytes) -> bytes:
    return _HEAD + b"Content-Type: text/html; charset=utf-8\n\n" + body


def mixed(body: bytes) -> bytes:
    return _HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + body


def alternative(plain: bytes, page: bytes) -> bytes:
    parts = b"--b\nContent-Type: text/plain\n\n" + plain + b"\n--b\nContent-Type: text/html\n\n" + page + b"\n--b--\n"
    return _HEAD + b"Content-Type: multipart/alternative; boundary=b\n\n" + parts


def tnef(attributes: bytes) -> bytes:
    stream = base64.encodebytes(b"\x78\x9f\x3e\x22\x01\x00" + attributes)
    return _HEAD + b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n" + stream


def smime(octets: bytes) -> bytes:
    body = base64.encodebytes(bytes.fromhex("308006092a864886f70d010702") + octets)
    return _HEAD + b"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n" + body


BOMBS: dict[str, Callable[[], bytes]] = {
    # structure
    "multiparts, one in the other": lambda: b"".join(
        b"Content-Type: multipart/x; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(20_000)
    ),
    "multiparts of one boundary": lambda: mixed(b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 20_000),
    "mails, one in the other": lambda: b"Content-Type: message/rfc822\n\n" * 50_000,
    "mails side by side": lambda: mixed(b"--b\nContent-Type: message/rfc822\n\nSubject: x\n\nwords\n" * 30_000),
    "mails of mails": lambda: mixed(
        (b"--b\nContent-Type: message/rfc822\n\n" + b"Content-Type: message/rfc822\n\n" * 500) * 100
    ),
    "100,000 empty parts": lambda: mixed(b"--b\n\n" * 100_000),
    "a million line ends as parts": lambda: mixed(b"--b\n" * 500_000),
    "lines like delimiters": lambda: mixed(b"--b\n\n" + b"\n--" * 700_000),
    "delimiters almost right": lambda: mixed(b"--b\n\n" + b"--bb\n" * 400_000),
    "a boundary that never comes": lambda: _HEAD
    + b"Content-Type: multipart/mixed; boundary=zzz\n\n"
    + b"--abcdefgh%\n" * 200_000,
    "part headers without end": lambda: mixed((b"--b\n" + b"X-A: b\n" * 8_000) * 60),
    # header
    "100,000 header fields": lambda: b"X: y\n" * 100_000 + b"\nwords",
    "100,000 fields of one name": lambda: b"To: a@b.example\n" * 100_000 + b"\nwords",
    "200,000 lines without a colon": lambda: b"From: a@b.example\n" + b"garbage\n" * 200_000 + b"Subject: y\n\nwords",
    "one field folded 200,000 times": lambda: b"Subject: x\n" + b" y\n" * 200_000 + b"\nwords",
    "one field of 8 MB": lambda: b"Subject: " + b"x" * (8 << 20) + b"\n\nwords",
    "a subject of encoded words": lambda: b"Subject: " + b"=?utf-8?q?=CE?= =?utf-8?q?=B1?= " * 16_000 + b"\n\nwords",
    "encoded words without end": lambda: b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\n\nwords",
    "encoded words of 500 charsets": lambda: b"Subject: "
    + b" ".join(b"=?x-%d?q?=CE?=" % i for i in range(5_000))
    + b"\n\nwords",
    "20,000 addresses": lambda: b"To: " + b"Nikos <nikos@b.example>,\n " * 20_000 + b"\n\nwords",
    "open brackets in From": lambda: b"From: " + b"(" * 60_000 + b"\n\nwords",
    "open angles and quotes in From": lambda: b"From: " + b'<"' * 60_000 + b"\n\nwords",
    "commas in From": lambda: b"From: " + b"," * 60_000 + b" a@b.example\n\nwords",
    "groups in To": lambda: b"To: " + b"a:b;" * 16_000 + b"\n\nwords",
    "20,000 continued parameters": lambda: _HEAD
    + b"Content-Type: text/plain"
    + b"".join(b"; name*%d*=%%41" % i for i in range(20_000))
    + b"\n\nwords",
    "20,000 parameters": lambda: _HEAD + b"Content-Type: a/b" + b"; a=b" * 20_000 + b"\n\nwords",
    "an open quote in a parameter": lambda: _HEAD + b'Content-Type: a/b; name="' + b"\\" * 60_000 + b"\n\nwords",
    "200,000 references": lambda: b"References: " + b"<a@b> " * 200_000 + b"\n\nwords",
    "a Message-ID of brackets": lambda: b"Message-ID: " + b"<" * 60_000 + b"\n\nwords",
    # pages
    "<a without end": lambda: html(b"<a " * 600_000),
    "comments without end": lambda: html(b"<!--" * 400_000),
    "declarations without end": lambda: html(b"<![if " * 300_000),
    "blocks, one in the other": lambda: html(b"<div>" * 300_000),
    "blocks with words": lambda: html(b"<div>x" * 100_000),
    "quotes, one in the other": lambda: html(b"<blockquote>x<br>" * 60_000),
    "lists, one in the other": lambda: html(b"<ul><li>x" * 60_000),
    "tables, one in the other": lambda: html(b"<table><tr><td>x<td>" * 40_000),
    "a table of 100,000 rows": lambda: html(b"<table>" + b"<tr><td>a<td>b" * 100_000),
    "a row of 300,000 cells": lambda: html(b"<table><tr>" + b"<td>a" * 300_000),
    "rows of breaks": lambda: html(b"<table><tr><td>a" + b"<br>" * 300_000 + b"b"),
    "hidden, one in the other": lambda: html(b"<div style='display:none'>x" * 60_000),
    "100,000 attributes": lambda: html(b"<a " + b" ".join(b"x%d=1" % i for i in range(150_000)) + b">x</a>"),
    "tags of 199 attributes": lambda: html((b"<a " + b" ".join(b"x%d=1" % i for i in range(199)) + b">") * 1_500),
    "style of 1 MB": lambda: html(b'<p style="' + b"display:" * 130_000 + b'">x'),
    "entities": lambda: html(b"&amp" * 500_000),
    "open links": lambda: html(b"<a href=http://x.example>y" * 40_000),
    "links in links": lambda: html(b"<a href=http://x.example/1><b>y" * 30_000),
    "pre in pre": lambda: html(b"<pre>x\n" * 100_000),
    "pictures written into the page": lambda: html(b"<img src='data:image/png;base64,AAAA'>" * 50_000),
    "a stub beside a hostile page": lambda: alternative(b"see the page", b"<style " * 200_000),
    "a stub beside comments": lambda: alternative(b"see the page", b"<!--" * 300_000),
    "enriched without end": lambda: _HEAD + b"Content-Type: text/enriched\n\n" + b"<param>" * 300_000,
    # text and its encodings
    "32 MB of empty lines": lambda: _HEAD + b"\n" * (32 << 20),
    "8 MB of quote marks": lambda: _HEAD + b"Content-Type: text/plain; format=flowed\n\n" + b"> " * (4 << 20),
    "a million flowed lines": lambda: _HEAD + b"Content-Type: text/plain; format=flowed\n\n" + b"x \n" * 1_000_000,
    "uuencode without end": lambda: _HEAD + b"\n" + b"begin 644 x\n" * 100_000 + b"M\n",
    "uuencode, files without data": lambda: _HEAD + b"\n" + b"begin 644 x\nend\n" * 100_000,
    "base64 in pieces": lambda: _HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"QQ==\n" * 400_000,
    "base64 of nothing but padding": lambda: _HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"=" * 4_000_000,
    "quoted-printable of signs": lambda: _HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"= " * 1_000_000,
    "packed 1000 to 1": lambda: _HEAD
    + b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(zlib.compress(b"\x00" * (64 << 20))),
    "a charset that is none": lambda: _HEAD + b"Content-Type: text/plain; charset=" + b"x" * 60_000 + b"\n\n\xff",
    "UTF-7 without end": lambda: _HEAD + b"Content-Type: text/plain; charset=utf-7\n\n" + b"+" + b"A" * (4 << 20),
    "brackets of pictures": lambda: _HEAD + b"\n" + b"[cid:" * 500_000,
    # containers
    "winmail.dat of empty files": lambda: tnef(b"\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00" * 100_000),
    "winmail.dat of values": lambda: tnef(
        b"\x01\x03\x90\x06\x00\x08\x00\x00\x00" + b"\xff\xff\xff\xff\x1e\x10\x00\x10\x00\x00\x00\x00"
    ),
    "a signature of pieces": lambda: smime(b"\xa0\x80\x30\x80" + b"\x24\x80" * 200_000),
    "a signature of sets": lambda: smime(b"\xa0\x80\x30\x80\x02\x01\x01" + b"\x31\x80" * 200_000),
    "a calendar without end": lambda: _HEAD + b"Content-Type: text/calendar\n\n" + b"BEGIN:VEVENT\nX;A=B:" * 60_000,
    "reports": lambda: _HEAD
    + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    + b"--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n" * 2_000,
    "100,000 signed texts": lambda: _HEAD + b"\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n" * 100_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserProcess]:
    process = ParserProcess()
    yield process
    process.close()


def cpu_seconds(process: ParserProcess) -> float:
    """Return what the child has used so far."""
    assert process._process is not None
    fields = Path(f"/proc/{process._process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@pytest.mark.parametrize("name", BOMBS)
def test_bomb(name: str, parser: ParserProcess) -> None:
    """A bomb costs at most two seconds of CPU, is read or refused with a reason, and the mail after it is read."""
    raw = BOMBS[name]()
    assert isinstance(parser.parse(ORDINARY), Parsed)
    starts, before = parser.starts, cpu_seconds(parser)
    result = parser.parse(raw)
    if isinstance(result, Failed):
        assert result.reason == "it needs too much memory"
    else:
        assert cpu_seconds(parser) - before < CPU_SECONDS
    after = parser.parse(ORDINARY)
    assert isinstance(after, Parsed)
    assert (after.mail.subject, after.mail.text) == ("webmail", "I cannot log in.")
    assert parser.starts == starts + isinstance(result, Failed)


def test_there_are_bombs() -> None:
    """Every kind of thing that a mail is made of has been made hostile."""
    assert len(BOMBS) >= 60
