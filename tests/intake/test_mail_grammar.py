"""Grammars of mail: what is written by the rules, in any of the ways that programs choose, is read back whole.

Header fields, trees of parts and pages are drawn by Hypothesis together with what a reader must find in them.
"""

from __future__ import annotations

import base64
import binascii
import quopri
from dataclasses import dataclass, field
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from intake.parsing.mail import parse

CHARSETS = ("utf-8", "iso-8859-7", "windows-1253", "utf-16")
LETTERS = "αβγδέώΑΩabcXYZ019"
WORD = st.text(alphabet=LETTERS, min_size=1, max_size=8)
LINE = st.lists(WORD, min_size=1, max_size=6).map(" ".join)
TEXT = st.lists(LINE, min_size=1, max_size=4).map("\n".join)
NAME = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
BREAKS = st.sampled_from(["\r\n", "\n"])


# --- header fields


def encoded_word(octets: bytes, charset: str, kind: str) -> str:
    if kind == "B":
        return f"=?{charset}?B?{base64.b64encode(octets).decode()}?="
    return f"=?{charset}?{kind}?" + "".join(f"={octet:02X}" for octet in octets) + "?="


@st.composite
def subjects(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a subject and the field that says it in encoded words cut anywhere, inside characters too."""
    text = draw(
        st.text(alphabet=LETTERS + "  _?=,.😀é日", min_size=1, max_size=40).filter(lambda one: one.strip() == one)
    )
    octets = text.encode()
    words = []
    while octets:
        size = draw(st.integers(1, 30))
        words.append(encoded_word(octets[:size], "UTF-8", draw(st.sampled_from("BQq"))))
        octets = octets[size:]
    return text, draw(st.sampled_from([" ", "\n ", "\r\n\t", "  "])).join(words)


@given(subjects())
@settings(max_examples=120, deadline=None)
def test_a_subject_in_encoded_words_comes_back(drawn: tuple[str, str]) -> None:
    """However a sender cuts a subject into encoded words, it is one text again."""
    text, field_value = drawn
    assert parse(f"Subject: {field_value}\n\nx".encode()).subject == text


@st.composite
def people(draw: st.DrawFn) -> tuple[list[str], str]:
    """Draw a name and address, and one of the ways to write them."""
    name = draw(NAME)
    local = draw(st.text(alphabet="abcXYZ019.+_-", min_size=1, max_size=10).filter(lambda one: one.strip(".") == one))
    address = f"{local}@{draw(st.sampled_from(['customer.example', 'a-b.example', 'x.y.example']))}"
    word = encoded_word(name.encode(), "utf-8", draw(st.sampled_from("BQ")))
    way = draw(st.sampled_from(["{name} <{a}>", '"{name}" <{a}>', "{word} <{a}>", '"{word}" <{a}>', "{a} ({name})"]))
    return [name, address], way.format(name=name, a=address, word=word)


@given(st.lists(people(), min_size=1, max_size=6), st.sampled_from([", ", ",\n ", " ,\r\n\t", ",", "; "]))
@settings(max_examples=120, deadline=None)
def test_people_come_back(drawn: list[tuple[list[str], str]], between: str) -> None:
    """Names and addresses come back in order, however they are quoted, encoded and folded."""
    mail = parse(("To: " + between.join(way for _, way in drawn) + "\n\nx").encode())
    assert [[one.name, one.address] for one in mail.recipients] == [person for person, _ in drawn]


# --- trees of parts


@dataclass
class Node:
    """A part as it is written, and what of it a reader must find."""

    written: bytes
    texts: list[str] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)


def transfer(octets: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(octets)
    if encoding == "quoted-printable":
        return quopri.encodestring(octets)
    return octets


@st.composite
def text_parts(draw: st.DrawFn) -> Node:
    text, charset = draw(TEXT), draw(st.sampled_from(CHARSETS))
    encoding = "base64" if charset == "utf-16" else draw(st.sampled_from(["8bit", "base64", "quoted-printable"]))
    octets = transfer(text.encode(charset), encoding)
    label = draw(st.sampled_from([charset, charset.upper(), f'"{charset}"']))
    head = f"Content-Type: text/plain; charset={label}\nContent-Transfer-Encoding: {encoding}\n\n"
    return Node(head.encode() + octets, [text])


def written_name(name: str, way: str) -> str:
    """Write a file name in one of the ways of RFC 2231, RFC 2047, or none."""
    if way == "2231":
        return f"attachment; filename*=UTF-8''{quote(name)}"
    if way == "pieces":
        coded = quote(name)
        pieces = [coded[start : start + 7] for start in range(0, len(coded), 7)]
        lines = [
            f"filename*{number}*={'' if number else 'utf-8' + 2 * chr(39)}{one}" for number, one in enumerate(pieces)
        ]
        return "attachment;\n " + ";\n ".join(lines)
    if way == "2047":
        return f'attachment; filename="{encoded_word(name.encode(), "utf-8", "B")}"'
    return f'attachment; filename="{name}"'


@st.composite
def file_parts(draw: st.DrawFn) -> Node:
    name = draw(NAME) + draw(st.sampled_from(["", ".pdf", ".tar.gz"]))
    content = draw(st.binary(max_size=60))
    kind = draw(st.sampled_from(["application/pdf", "image/png", "text/csv", "application/octet-stream"]))
    head = f"Content-Type: {kind}\nContent-Disposition: {written_name(name, draw(st.sampled_from(WAYS)))}\n"
    return Node(
        head.encode() + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content), [], [(name, content)]
    )


WAYS = ("2231", "pieces", "2047", "raw")


@st.composite
def multiparts(draw: st.DrawFn, children: st.SearchStrategy[Node]) -> Node:
    parts = draw(st.lists(children, min_size=1, max_size=4))
    digest = binascii.crc32(b"".join(part.written for part in parts))
    boundary = f"{draw(st.sampled_from(['=_', '----', 'b', '(x)/']))}{digest:08x}"
    preamble = draw(st.sampled_from([b"", b"This has parts.\n", b"\n"]))
    end = draw(st.sampled_from([b"--\n", b"--", b"-- \nthe end\n", b""]))
    body = b"".join(b"--%s\n%s\n" % (boundary.encode(), part.written) for part in parts)
    last = b"--%s%s" % (boundary.encode(), end) if end else b""
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n'.encode()
    texts = [text for part in parts for text in part.texts]
    return Node(head + preamble + body + last, texts, [file for part in parts for file in part.files])


@st.composite
def alternatives(draw: st.DrawFn) -> Node:
    """Draw a text beside a page of the same words: only one of them is the text."""
    plain = draw(text_parts())
    page = b"Content-Type: text/html\n\n<p>page</p>"
    forms = [plain.written, page] if draw(st.booleans()) else [page, plain.written]
    boundary = b"alt%08x" % binascii.crc32(plain.written)
    body = b"".join(b"--%s\n%s\n" % (boundary, form) for form in forms)
    return Node(
        b"Content-Type: multipart/alternative; boundary=%s\n\n%s--%s--\n" % (boundary, body, boundary), plain.texts
    )


TREES = st.recursive(text_parts() | file_parts() | alternatives(), lambda inner: multiparts(inner), max_leaves=8)


@given(TREES, BREAKS)
@settings(max_examples=120, deadline=None)
def test_a_tree_of_parts_comes_back(tree: Node, line_end: str) -> None:
    """Whatever the tree, its texts come back in order and each file with its name and octets."""
    raw = b"From: a@b.example\nMIME-Version: 1.0\n" + tree.written
    mail = parse(raw.replace(b"\n", line_end.encode()) if b"8bit" not in raw else raw)
    assert mail.text == "\n\n".join(tree.texts)
    assert [(one.filename, one.content) for one in mail.attachments] == tree.files


# --- pages


BLOCKS = ("p", "div", "li", "blockquote", "h2", "td", "tr", "table", "ul", "pre", "center")
INLINE = ("b", "span", "font", "a href='https://x.example/y'", "o:p", "i class=x", "img alt='' src=x")


@st.composite
def pages(draw: st.DrawFn, depth: int = 4) -> tuple[str, list[str]]:
    """Draw markup and the words in it; tags nest as they like, and some are left open."""
    words: list[str] = []
    out: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 3)) if depth else 0
        if kind == 0:
            word = draw(WORD)
            words.append(word)
            out.append(f" {word} ")
            continue
        tag = draw(st.sampled_from(BLOCKS + INLINE))
        inner, inner_words = draw(pages(depth - 1))
        closing = f"</{tag.split()[0]}>" if draw(st.integers(0, 9)) else ""
        out.append(f"<{tag}>{inner}{closing}" if kind < 3 else f"<!-- no -->{inner}<br>")
        words.extend(inner_words)
    return "".join(out), words


@given(pages())
@settings(max_examples=120, deadline=None)
def test_every_word_of_a_page_is_read_once_and_in_order(drawn: tuple[str, list[str]]) -> None:
    """Whatever the markup, no word that a reader sees is lost, doubled or moved."""
    markup, words = drawn
    text = parse(f"Content-Type: text/html; charset=utf-8\n\n<body>{markup}</body>".encode()).text
    marks = {"-", ">", "<https://x.example/y>"}
    assert [one for one in text.split() if one not in marks] == words


@given(WORD, st.sampled_from(["display:none", "DISPLAY : none;", "font-size:0", "visibility:hidden", "mso-hide:all"]))
@settings(max_examples=60, deadline=None)
def test_hidden_words_are_marked(word: str, style: str) -> None:
    """What a page hides is shown as hidden."""
    text = parse(f"Content-Type: text/html; charset=utf-8\n\n<p>seen</p><p style='{style}'>{word}".encode()).text
    assert text.split("\n")[-1] == f"[hidden: {word}]"
