"""Octets to text: by declared charset, else strict UTF-8, else Greek or Western European; it never raises.

Python's codecs are asked for only by names on a list: ``idna``, ``punycode``, ``utf-7``, ``unicode_escape`` and the
like turn hostile octets into something else than text. Senders' labels that Python does not know are in a table.
"""

from __future__ import annotations

import codecs
import re

from intake.parsing.caps import Notes

_NONE = frozenset({"", "default", "defaultcharset", "unknown8bit", "xunknown", "unknown", "binary", "8bit", "7bit",
                   "autodetect", "xuserdefined", "none", "iso"})  # fmt: skip
_ALIASES = {
    # Greek: what public bodies, banks and shops really send
    "mswin1253": "cp1253", "el8mswin1253": "cp1253", "win1253": "cp1253", "xcp1253": "cp1253", "greekwindows": "cp1253",
    "el8iso8859p7": "iso8859-7", "suneugreek": "iso8859-7", "elot928": "iso8859-7", "88597": "iso8859-7",
    "ecma118": "iso8859-7", "greek8": "iso8859-7", "greek": "iso8859-7",
    # wider relatives of what is declared: the same text, and the letters that senders add
    "iso88591": "cp1252", "latin1": "cp1252", "l1": "cp1252", "88591": "cp1252", "mswin1252": "cp1252",
    "ansi": "cp1252", "win1252": "cp1252", "xcp1252": "cp1252", "ibm819": "cp1252",
    "iso885911": "cp874", "iso88599": "cp1254",
    "latin5": "cp1254", "iso885915": "iso8859-15", "win1251": "cp1251", "xcp1251": "cp1251", "mswin1251": "cp1251",
    "win1250": "cp1250", "xcp1250": "cp1250", "mswin1250": "cp1250", "win1254": "cp1254",
    "gb2312": "gb18030", "gbk": "gb18030", "gb231280": "gb18030", "euccn": "gb18030",
    "xgbk": "gb18030",
    "cp936": "gb18030",
    "ksc56011987": "cp949", "ksc5601": "cp949", "euckr": "cp949", "windows949": "cp949", "uhc": "cp949",
    "shiftjis": "cp932", "sjis": "cp932", "xsjis": "cp932", "windows31j": "cp932", "mskanji": "cp932",
    "big5": "big5hkscs", "xxbig5": "big5hkscs", "windows950": "cp950",
    "iso2022jp": "iso2022_jp_ext", "windows874": "cp874", "tis620": "cp874",
    "utf8mb4": "utf-8", "xutf8": "utf-8", "unicode11utf8": "utf-8", "utf": "utf-8",
    "macintosh": "mac_roman", "xmacroman": "mac_roman", "xmacgreek": "mac_greek", "usascii": "ascii", "ascii": "ascii",
    "ansix341968": "ascii", "ansix34": "ascii", "us": "ascii", "646": "ascii", "iso646us": "ascii",
    "iso88598i": "iso8859-8", "iso88596i": "iso8859-6", "koi8": "koi8-r", "xkoi8r": "koi8-r",
}  # fmt: skip
_SAFE = re.compile(
    r"ascii|utf-8|utf-16(?:-[lb]e)?|utf-32(?:-[lb]e)?|iso8859-\d+|cp\d{3,4}|koi8-[rtu]|mac-\w+|big5(?:hkscs)?|gbk|gb18030"
    r"|gb2312|euc_\w+|iso2022_\w+|shift_jis\w*|johab|hz|tis-620|ptcp154|kz1048"
)
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


def codec_for(label: str) -> str | None:
    """Return the name of Python's codec for a charset label, None when it names none that is safe."""
    label = label.strip(" \t\r\n\"'").split("*")[0].lower()[:60]
    key = re.sub(r"[^0-9a-z]", "", label)
    if key in _NONE:
        return None
    name = _ALIASES.get(key) or label
    try:
        name = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return name if _SAFE.fullmatch(name) else None


def decode(octets: bytes, label: str, notes: Notes) -> str:
    """Return the text of ``octets``. ``label`` is what the sender declared, '' when nothing."""
    for bom, codec in _BOMS:
        if octets.startswith(bom):
            return octets.decode(codec, "replace")
    if b"+" in octets and octets.isascii() and _UTF7.fullmatch(label.strip(" \"'").lower()):
        return _decode_utf7(octets)
    name = codec_for(label)
    if name is None and label and re.sub(r"[^0-9a-z]", "", label.lower()) not in _NONE:
        notes.add(f"The charset {label[:40]!r} is unknown; it was guessed.")
    if name is None or name == "ascii":
        return _guess(octets)
    if _is_single_byte(name) and _is_really_utf8(octets):
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
    """Return the text of a header field: ASCII or UTF-8, else in ``hint``, the charset of the mail's text."""
    if octets.isascii():
        return octets.decode("ascii")
    name = codec_for(hint) if hint else None
    if name and name != "ascii" and not name.startswith("utf-"):
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            return decode(octets, hint, notes)
    return decode(octets, "", notes)


def _decode_declared(octets: bytes, name: str, label: str, notes: Notes) -> str:
    try:
        return octets.decode(name)
    except (UnicodeError, ValueError):
        pass
    if name == "cp1252":
        return _decode_western(octets)
    try:
        text = octets.decode(name, "replace")
    except (UnicodeError, ValueError):
        return _guess(octets)
    # A few bad octets in much good text are damage; many are a wrong label.
    bad, good = text.count("\ufffd"), sum(map(str.isalpha, _beyond_ascii(text)))
    notes.add(f"The text is not all {label[:40]!r}; what does not fit was replaced.")
    return text if bad * 10 <= good else _guess(octets)


def _beyond_ascii(text: str) -> list[str]:
    return [char for char in text if char > "\x7f"]


def _is_single_byte(name: str) -> bool:
    return name not in _MULTI_BYTE_CP and bool(_SINGLE_BYTE.fullmatch(name))


def _is_really_utf8(octets: bytes) -> bool:
    """Say whether octets with a single-byte label are UTF-8: by chance that does not happen with three of them."""
    if len(_HIGH.findall(octets, 0, 4096)) < 3:
        return False
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > 20:
            return octets.decode("utf-8", "replace")
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


_CP1252 = [bytes([octet]).decode("cp1252", "ignore") or chr(octet) for octet in range(256)]
