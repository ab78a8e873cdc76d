"""Rich Text Format to text, and the compressed form of it in which Outlook keeps a mail (MS-OXRTFCP, MS-OXRTFEX).

One pass over the tokens with a stack of its own. A page that Outlook wrapped into RTF comes out as the page it was.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace

from intake.parsing.caps import Caps, Notes
from intake.parsing.charset_labels import codec_for
from intake.parsing.charsets import decode

_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_PRESET = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What every dictionary begins with (MS-OXRTFCP §2.1.2.1)."""
_WINDOW = 4096
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\"
)
_SKIPPED = frozenset({b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"headerl", b"headerr",
                      b"footer", b"footerl", b"footerr", b"footnote", b"generator", b"listtable", b"themedata",
                      b"xmlnstbl", b"mhtmltag", b"filetbl", b"revtbl", b"fldinst"})  # fmt: skip
_BREAKS = frozenset({b"par", b"line", b"row", b"sect", b"page"})
_SIGNS = {
    b"tab": "\t", b"cell": "\t", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"~": "\xa0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n",
    b"\r": "\n", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_FONT_CHARSETS = {
    0: "cp1252", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
_ROW_END = re.compile(r"(?<!\t)\t+\n")
_MAX_DEPTH = 1000
_MAX_TOKENS = 200_000


def decompress(octets: bytes, caps: Caps) -> bytes:
    """Return RTF from its compressed form, as far as it can be read; b'' when it is none."""
    if len(octets) < 16:
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", octets)
    if kind == _PLAIN:
        return octets[16 : 16 + min(size, caps.text)]
    if kind != _COMPRESSED:
        return b""
    out = bytearray(_PRESET)
    limit = len(_PRESET) + min(size, caps.text)
    position = 16
    while position < len(octets) and len(out) < limit:
        flags = octets[position]
        position += 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += octets[position : position + 1]
                position += 1
                continue
            if position + 2 > len(octets):
                return bytes(out[len(_PRESET) : limit])
            word = int.from_bytes(octets[position : position + 2], "big")
            position += 2
            # The window is a ring: how far back the offset lies from where the next octet goes; 0 is the end.
            back = (len(out) - (word >> 4)) % _WINDOW
            if back == 0:
                return bytes(out[len(_PRESET) : limit])
            for _ in range((word & 15) + 2):
                out.append(out[-back] if back <= len(out) else 32)
    return bytes(out[len(_PRESET) : limit])


@dataclass(frozen=True)
class _Group:
    """What holds inside a pair of braces. ``is_tag`` is a piece of the wrapped page, ``is_rtf`` only its RTF form."""

    charset: str = "cp1252"
    is_skipped: bool = False
    is_fonts: bool = False
    is_tag: bool = False
    is_rtf: bool = False
    is_hidden: bool = False
    uc: int = 1


class _Reader:
    """Reads tokens to text."""

    def __init__(self, octets: bytes, caps: Caps, notes: Notes) -> None:
        self._octets, self._caps, self._notes = octets, caps, notes
        self._group = _Group()
        self._stack: list[_Group] = []
        self._out: list[str] = []
        self._run = bytearray()
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._default = "cp1252"
        self._left_out = 0
        self._is_star = False
        self.is_page = False

    def text(self) -> str:
        position = 0
        for _ in range(_MAX_TOKENS):
            token = _TOKEN.match(self._octets, position)
            if token is None:
                break
            position = token.end()
            word, number, code, sign, brace, words = token.groups()
            if brace:
                self._brace(brace)
            elif word:
                position += self._word(word.lower(), None if number is None else int(number))
            elif code:
                self._add(bytes.fromhex(code.decode()))
            elif sign == b"*":
                self._is_star = True
            elif sign:
                self._say(_SIGNS.get(sign, ""))
            elif words:
                self._add(words)
        else:
            self._notes.add("The RTF has too many words of command; the rest was not read.")
        self._flush()
        # Two halves of a pair are said one after another.
        return "".join(self._out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _brace(self, brace: bytes) -> None:
        self._flush()
        if brace == b"{" and len(self._stack) < _MAX_DEPTH:
            self._stack.append(self._group)
        elif brace == b"}" and self._stack:
            self._group = self._stack.pop()

    def _word(self, word: bytes, number: int | None) -> int:
        """Obey a control word. Return how many octets behind it are no text."""
        is_star, self._is_star = self._is_star, False
        if word == b"bin":
            return max(0, number or 0)
        if word == b"u" and number is not None:
            self._say(chr(number & 0xFFFF))
            self._left_out = self._group.uc
        elif word in _BREAKS:
            self._say("\n")
        elif word in _SIGNS:
            self._say(_SIGNS[word])
        elif word == b"htmltag" and is_star and self.is_page:
            self._change(is_tag=True)
        elif word in _SKIPPED or is_star:
            self._change(is_skipped=True)
        elif word == b"result":
            self._change(is_skipped=False)  # what an object that cannot be shown looked like
        else:
            self._set(word, number)
        return 0

    def _set(self, word: bytes, number: int | None) -> None:
        if word == b"fromhtml":
            self.is_page = True
        elif word == b"htmlrtf":
            self._change(is_rtf=number != 0)
        elif word == b"v":
            self._change(is_hidden=number != 0)
        elif word == b"uc":
            self._change(uc=min(max(number or 0, 0), 10))
        elif word == b"ansicpg":
            self._default = codec_for(f"cp{number}") or "cp1252"
            self._change(charset=self._default)
        elif word == b"fonttbl":
            self._change(is_fonts=True, is_skipped=True)
        elif word in (b"f", b"af") and number is not None:
            self._font = number
            self._change(charset=self._fonts.get(number, self._default))
        elif word == b"fcharset" and self._group.is_fonts and number in _FONT_CHARSETS and len(self._fonts) < 1000:
            self._fonts[self._font] = _FONT_CHARSETS[number] if number else self._default
        elif (
            word == b"cpg" and self._group.is_fonts and (codec := codec_for(f"cp{number}")) and len(self._fonts) < 1000
        ):
            self._fonts[self._font] = codec

    def _change(self, **what: object) -> None:
        self._flush()
        self._group = replace(self._group, **what)  # type: ignore[arg-type]  # the names are those of its fields

    def _is_silent(self) -> bool:
        return (
            self._group.is_skipped
            or self._group.is_hidden
            or (self.is_page and self._group.is_rtf and not self._group.is_tag)
        )

    def _add(self, octets: bytes) -> None:
        if self._left_out:
            # What stands behind \uN is the same letter for programs that do not know it.
            skipped = min(self._left_out, len(octets))
            self._left_out -= skipped
            octets = octets[skipped:]
        if octets and not self._is_silent():
            self._run += octets

    def _say(self, text: str) -> None:
        if self._left_out:
            self._left_out -= 1
        elif not self._is_silent():
            self._flush()
            self._out.append(text)

    def _flush(self) -> None:
        if self._run:
            self._out.append(decode(bytes(self._run), self._group.charset, self._notes))
            self._run.clear()


def read_rtf(octets: bytes, caps: Caps, notes: Notes) -> tuple[str, bool]:
    """Return what an RTF document says, and whether that is a page of HTML; '' when it is no RTF."""
    if not octets.lstrip()[:5].lower().startswith(b"{\\rtf"):
        return "", False
    reader = _Reader(octets, caps, notes)
    return _ROW_END.sub("\n", reader.text()), reader.is_page
