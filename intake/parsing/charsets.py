"""Octets to text: by declared charset, else strict UTF-8, else Greek or Western European; it never raises."""

from __future__ import annotations

import codecs
import re

from intake.parsing.caps import Notes
from intake.parsing.charset_guess import guess
from intake.parsing.charset_labels import codec_for, names_nothing

_SINGLE_BYTE = re.compile(r"ascii|iso8859-\d+|cp1?\d{3}|koi8-[rtu]|mac-\w+|kz1048|ptcp154|tis-620")
_MULTI_BYTE_CP = frozenset({"cp932", "cp949", "cp950", "cp936"})
_GREEK = frozenset({"cp1253", "iso8859-7"})
_UTF7 = re.compile(r"(?:x-)?(?:unicode-1-1-|unicode-2-0-)?utf-?7")
"""Harmless here, where text becomes text; a page is read for its words and never shown as one."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_HIGH = re.compile(rb"[\x80-\xff]")
_GREEK_RUN = re.compile(rb"[\xb6\xb8-\xba\xbc\xbe-\xfe\xa2]{2,}")
_LONE_LETTER = re.compile(rb"(?<![\x80-\xff])[\xc0-\xff](?![\x80-\xff])")
_ALPHA_1253 = re.compile(rb"(?<![\xb6-\xfe])\xa2(?=[\xdc-\xfe])")
_ALPHA_8859 = re.compile(rb"(?<![\xb8-\xfe])\xb6(?=[\xdc-\xfe])")
_C1 = re.compile(rb"[\x80-\x9f]")
_THREE_OCTETS = re.compile(rb"[\xe0-\xef][\x80-\xbf][\x80-\xbf]")
_JIS_TEXT = re.compile(rb"\x1b\$[@B](?:[\x21-\x7e]{2}|[\r\n])*")
_JIS_HALF_WIDTH = re.compile(rb"\x1b\(I([^\x1b]*)")


def decode(octets: bytes, label: str, notes: Notes) -> str:
    """Return the text of ``octets``. ``label`` is what the sender declared, '' when nothing."""
    for bom, codec in _BOMS:
        if octets.startswith(bom):
            return octets.decode(codec, "replace")
    if b"+" in octets and octets.isascii() and _UTF7.fullmatch(label.strip(" \"'").lower()):
        return _decode_utf7(octets)
    name = codec_for(label)
    if name is None and not names_nothing(label):
        notes.add(f"The charset {label[:40]!r} is unknown; it was guessed.")
    if name is None or name == "ascii":
        return _guess(octets)
    if not name.startswith("utf-") and _is_really_utf8(octets, letters=1 if _is_single_byte(name) else 3):
        notes.add(f"The text says {label[:40]!r} but is UTF-8.")
        return octets.decode("utf-8")
    if name in _GREEK:
        return _decode_greek(octets, name)
    return _decode_declared(octets, name, label, notes)


def _decode_utf7(octets: bytes) -> str:
    try:
        return octets.decode("utf-7")
    except (UnicodeError, ValueError):
        return octets.decode("ascii")


def decode_field(octets: bytes, hint: str, notes: Notes) -> str:
    """Return text that names no charset: ASCII or UTF-8, else in ``hint``, the charset of the rest of the mail."""
    if octets.isascii():
        return decode(octets, "", notes) if b"\x1b" in octets else octets.decode("ascii")
    name = codec_for(hint) if hint else None
    if name and name != "ascii" and not name.startswith("utf-"):
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            return decode(octets, hint, notes)
    return decode(octets, "", notes)


def _decode_declared(octets: bytes, name: str, label: str, notes: Notes) -> str:
    try:
        text = octets.decode(name)
        return text.translate(_C1_OF_WINDOWS) if name.startswith("iso8859") and _C1.search(octets) else text
    except UnicodeDecodeError as error:
        if name == "utf-8" and error.reason == "unexpected end of data" and error.end - error.start > 1:
            return octets.decode("utf-8", "replace")  # cut inside a letter
    except (UnicodeError, ValueError):
        pass
    if name == "cp1252":
        return _decode_western(octets)
    if name == "iso2022_jp_ext" and (text := _decode_jis(octets)):
        return text
    try:
        text = octets.decode(name, "replace")
    except (UnicodeError, ValueError):
        return _guess(octets)
    # A few bad octets in much good text are damage; many are a wrong label. What is UTF-8 is so by no accident.
    bad, good = text.count("\ufffd"), sum(map(str.isalpha, _beyond_ascii(text)))
    notes.add(f"The text is not all {label[:40]!r}; what does not fit was replaced.")
    return text if bad * (1 if name == "utf-8" else 10) <= good else _guess(octets)


def _decode_jis(octets: bytes) -> str:
    """Decode ISO-2022-JP with the letters that vendors added: as Shift JIS, of which Python knows them."""

    def shift(match: re.Match[bytes]) -> bytes:
        out = bytearray()
        for row, cell in zip(*[iter(match[0][3:].replace(b"\r", b"").replace(b"\n", b""))] * 2, strict=False):
            lead = (row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1)
            trail = cell + (0x7E if row % 2 == 0 else 0x20 if cell > 0x5F else 0x1F)
            out += bytes((lead, trail))
        return bytes(out)

    half = _JIS_HALF_WIDTH.sub(lambda match: bytes(o | 0x80 if 0x20 < o < 0x60 else o for o in match[1]), octets)
    shifted = re.sub(rb"\x1b\([BJ]", b"", _JIS_TEXT.sub(shift, half))
    try:
        return shifted.decode("cp932") if b"\x1b" not in shifted else ""
    except UnicodeDecodeError:
        return ""


def _beyond_ascii(text: str) -> list[str]:
    return [char for char in text if char > "\x7f"]


def _is_single_byte(name: str) -> bool:
    return name not in _MULTI_BYTE_CP and bool(_SINGLE_BYTE.fullmatch(name))


def _is_really_utf8(octets: bytes, *, letters: int) -> bool:
    """Say whether octets with another label are UTF-8: by chance that does not happen with three high octets.

    In the encodings of Asia it does happen with two letters, and hardly with ``letters`` of three octets each.
    """
    if len(_HIGH.findall(octets, 0, 4096)) < 3 or (letters > 1 and len(_THREE_OCTETS.findall(octets)) < letters):
        return False
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess(octets: bytes) -> str:
    if b"\x1b$" in octets and octets.isascii() and (text := _decode_jis(octets)):
        return text
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > 20:
            return octets.decode("utf-8", "replace")
    if found := guess(octets):
        return octets.decode(found, "replace")
    if _looks_greek(octets):
        return _decode_greek(octets, "")
    text = octets.decode("utf-8", "replace")
    if text.count("\ufffd") * 10 < len(_beyond_ascii(text)):
        return text
    return _decode_western(octets)


def _looks_greek(octets: bytes) -> bool:
    """Greek words are runs of high octets; in Western languages a high octet stands alone among ASCII letters."""
    sample = octets[:65_536]
    in_runs = sum(map(len, _GREEK_RUN.findall(sample)))
    return in_runs > 2 * len(_LONE_LETTER.findall(sample))


def _decode_greek(octets: bytes, declared: str) -> str:
    """Choose between ISO 8859-7 and windows-1253, which differ where capital alpha with tonos is."""
    if _C1.search(octets):
        name = "cp1253"
    else:
        windows, iso = len(_ALPHA_1253.findall(octets)), len(_ALPHA_8859.findall(octets))
        name = "cp1253" if windows > iso else "iso8859-7" if iso > windows else declared or "cp1253"
    return octets.decode(name, "replace")


def _decode_western(octets: bytes) -> str:
    """Decode windows-1252; its five undefined octets are kept as the C1 controls that they are in ISO 8859-1."""
    try:
        return octets.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(_CP1252[octet] for octet in octets)


_C1_OF_WINDOWS = {octet: bytes([octet]).decode("cp1252", "ignore") or chr(octet) for octet in range(0x80, 0xA0)}
"""ISO 8859 has controls there, which no mail means; senders add the dashes, quotes and the euro of Windows."""
_CP1252 = [bytes([octet]).decode("cp1252", "ignore") or chr(octet) for octet in range(256)]
