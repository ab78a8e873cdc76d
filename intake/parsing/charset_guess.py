"""Which encoding unlabelled octets are in that are no UTF-8, where that can be told: Asian ones and Cyrillic.

Greek comes first: what could be Greek is never taken for anything else. Told apart by what each encoding does to its
own letters (pairs of octets, the letters that are most frequent) and by octets that no Greek text has.
"""

from __future__ import annotations

import re

_SAMPLE = 65_536
_MIN_OCTETS = 12
_RUN = re.compile(rb"[\x80-\xff]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_NO_GREEK = re.compile(rb"[\x80-\xa0\xa3-\xaa\xac-\xb5\xbd\xd2\xe0\xff]")
"""Neither letters nor quotes of ISO 8859-7 or windows-1253."""
_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u30fe]")
_COMMON_GB = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")
_COMMON_BIG5 = re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")
_RUSSIAN = {"cp1251": "оеаинтсрвл".encode("cp1251"), "koi8-r": "оеаинтсрвл".encode("koi8-r")}
_NEVER_GREEK = {"cp1251": b"\xe0", "koi8-r": b"\xd2"}
"""The Russian letters а and р, and in Greek encodings letters that hardly occur."""


def guess(octets: bytes) -> str | None:
    """Return the codec of Asian or Cyrillic octets, None when they may well be Greek or Western."""
    sample = octets[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    if high < _MIN_OCTETS:
        return None
    runs = _RUN.findall(sample)
    is_paired = all(len(run) % 2 == 0 for run in runs[:-1])  # the last one may be cut
    alien = len(_NO_GREEK.findall(sample)) / high
    if is_paired and (alien > 0.08 or len(runs) > 12):
        return _paired(sample, high)
    if alien > 0.08 and (found := _with_low_octets(sample, high)):
        return found
    return _cyrillic(sample, high)


def _paired(sample: bytes, high: int) -> str | None:
    """Tell the encodings whose letters are two high octets."""
    if _share(sample, "euc_jp", _KANA) > 0.25:
        return "euc_jp"
    if _share(sample, "cp949", _HANGUL) > 0.9:
        return "cp949"
    return "gb18030" if len(_COMMON_GB.findall(sample)) * 2 > 0.7 * high and _share(sample, "gb18030", None) else None


def _with_low_octets(sample: bytes, high: int) -> str | None:
    """Tell the encodings in which the second octet of a letter may be ASCII."""
    if _share(sample, "cp932", _KANA) > 0.25:
        return "cp932"
    common = len(_COMMON_BIG5.findall(sample))
    return "big5hkscs" if common > 0.5 * high and _share(sample, "big5hkscs", None) else None


def _share(sample: bytes, codec: str, wanted: re.Pattern[str] | None) -> float:
    """Return how much of the letters is what is wanted, 0 when the octets are not in that encoding at all."""
    try:
        text = sample[: len(sample) - 1].decode(codec) if len(sample) == _SAMPLE else sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4:
            return 0.0
        text = sample[: error.start].decode(codec, "ignore")
    foreign = sum(letter > "\x7f" for letter in text)
    if wanted is None:
        return float(foreign > 0)
    return len(wanted.findall(text)) / foreign if foreign else 0.0


def _cyrillic(sample: bytes, high: int) -> str | None:
    for codec, frequent in _RUSSIAN.items():
        counted = sum(sample.count(bytes([octet])) for octet in frequent)
        sure = sample.count(_NEVER_GREEK[codec])
        if counted > 0.55 * high and sure > 0.015 * high and sure >= 2:
            return codec
    return None
