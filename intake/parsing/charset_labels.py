"""What senders call a charset, to the name of Python's codec for it.

Python's codecs are asked for only by names on a list: ``idna``, ``punycode``, ``utf-7``, ``unicode_escape`` and the
like turn hostile octets into something else than text. Labels that Python does not know are in a table, numbers of
code pages (``win-1257``, ``cp-850``, ``x-windows-949``) and parts of ISO 8859 (``latin-2``, ``iso-8859-8-e``) by rule.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_NONE = frozenset({"", "default", "defaultcharset", "unknown8bit", "xunknown", "unknown", "binary", "8bit", "7bit",
                   "autodetect", "xuserdefined", "none", "iso", "cpacp"})  # fmt: skip
_ALIASES = {
    # Greek: what public bodies, banks and shops really send
    "greekwindows": "cp1253", "el8iso8859p7": "iso8859-7", "suneugreek": "iso8859-7", "elot928": "iso8859-7",
    "ecma118": "iso8859-7", "greek8": "iso8859-7", "greek": "iso8859-7",
    # wider relatives of what is declared: the same text, and the letters that senders add
    "iso88591": "cp1252", "latin1": "cp1252", "l1": "cp1252", "ansi": "cp1252",
    "iso885911": "cp874", "iso88599": "cp1254", "latin5": "cp1254", "tis620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb231280": "gb18030", "euccn": "gb18030", "xgbk": "gb18030",
    "xgb": "gb18030", "cngb": "gb18030", "gb": "gb18030", "chinesegb": "gb18030", "hzgb2312": "hz",
    "ksc56011987": "cp949", "ksc5601": "cp949", "5601": "cp949", "euckr": "cp949", "uhc": "cp949", "korean": "cp949",
    "shiftjis": "cp932", "sjis": "cp932", "windows31j": "cp932", "mskanji": "cp932", "xmscp932": "cp932",
    "big5": "big5hkscs", "xxbig5": "big5hkscs", "chinesebig5": "big5hkscs", "cnbig5": "big5hkscs",
    "big5eten": "big5hkscs",
    "iso2022jp": "iso2022_jp_ext", "iso2022jpms": "iso2022_jp_ext", "csiso2022jp": "iso2022_jp_ext",
    "utf8mb4": "utf-8", "unicode11utf8": "utf-8", "utf": "utf-8", "isoutf8": "utf-8",
    "unicode": "utf-16", "ucs2": "utf-16", "iso10646ucs2": "utf-16-be",
    "macintosh": "mac_roman", "usascii": "ascii", "ascii": "ascii",
    "ansix341968": "ascii", "ansix34": "ascii", "us": "ascii", "646": "ascii", "iso646us": "ascii",
    "koi8": "koi8-r", "koi8ru": "koi8-u", "isoir111": "koi8-r",
}  # fmt: skip
_SAFE = re.compile(
    r"ascii|utf-8|utf-16(?:-[lb]e)?|utf-32(?:-[lb]e)?|iso8859-\d+|cp\d{3,4}|koi8-[rtu]|mac-\w+|big5(?:hkscs)?|gbk|gb18030"
    r"|gb2312|euc_\w+|iso2022_\w+|shift_jis\w*|johab|hz|tis-620|ptcp154|kz1048"
)
_PAGE = re.compile(r"(?:x|el8)?(?:ms)?(?:windows|win|cp|ibm|dos|oem|pc)?(\d{3,5})")
_PAGES = {
    819: "cp1252", 936: "gb18030", 932: "cp932", 949: "cp949", 950: "cp950", 10000: "mac_roman", 10006: "mac_greek",
    10007: "mac_cyrillic", 20127: "ascii", 20866: "koi8-r", 21866: "koi8-u", 50220: "iso2022_jp_ext",
    50221: "iso2022_jp_ext", 50222: "iso2022_jp_ext", 51932: "euc_jp", 51949: "cp949", 52936: "hz", 54936: "gb18030",
    65001: "utf-8",
}  # fmt: skip
"""Code pages that Python has under another name, or has a wider relative of."""
_ISO_8859 = re.compile(r"(?:x[-_]?)?(?:iso[-_ ]?)?8859[-_ ]?(\d{1,2})(?!\d)")
_LATIN = re.compile(r"latin[-_ ]?(\d{1,2})")
_LATIN_PARTS = (1, 2, 3, 4, 9, 10, 13, 14, 15, 16)
_MAC = re.compile(r"x-?mac-?(\w+)")
_MAC_CODECS = {"ce": "mac_latin2", "centraleurroman": "mac_latin2", "ukrainian": "mac_cyrillic"}


def codec_for(label: str) -> str | None:
    """Return the name of Python's codec for a charset label, None when it names none that is safe."""
    return _codec(label.strip(" \t\r\n\"';,").split("*")[0].lower()[:60])


def names_nothing(label: str) -> bool:
    """Say whether a label is empty, or a word by which programs say that they do not know."""
    return _key(label.lower()) in _NONE


def _key(label: str) -> str:
    return re.sub(r"[^0-9a-z]", "", label)


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    key = _key(label)
    if key in _NONE:
        return None
    for name in (_ALIASES.get(key), _by_number(label, key), label, label.removeprefix("x-")):
        try:
            found = codecs.lookup(name).name if name else ""
        except (LookupError, ValueError, UnicodeError):
            continue
        if _SAFE.fullmatch(found):
            return found
    return None


def _by_number(label: str, key: str) -> str | None:
    """Return the codec of a code page or of a part of ISO 8859 that is named by its number."""
    if match := _ISO_8859.match(label):
        return _ALIASES.get(f"iso8859{match[1]}") or f"iso8859-{match[1]}"
    if (match := _LATIN.fullmatch(label)) and 1 <= int(match[1]) <= len(_LATIN_PARTS):
        return _by_number(f"8859-{_LATIN_PARTS[int(match[1]) - 1]}", "")
    if match := _MAC.fullmatch(label):
        return _MAC_CODECS.get(match[1], f"mac_{match[1]}")
    if not (match := _PAGE.fullmatch(key)):
        return None
    page = int(match[1])
    return _PAGES.get(page) or (f"iso8859-{page - 28590}" if 28590 < page < 28606 else f"cp{page}")
