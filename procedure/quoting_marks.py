"""The lines that mail programs write above earlier text, in English, Greek, German, French and a dozen other languages.

Each test looks at a few lines of bounded length and uses no regular expression that can run away: mail is hostile.
"""

from __future__ import annotations

import re

from procedure.folding import fold

MAX_ATTRIBUTION_LINES = 4
MAX_ATTRIBUTION_LINE = 300
MAX_ATTRIBUTION = 500
MAX_NAME_ONLY_WORDS = 6
"""``Nikos Pappas wrote:`` without a date is an attribution; a whole sentence that ends so is somebody's words."""

_OPENERS = ("on ", "στις ", "στισ ", "την ", "τη ", "το ", "am ", "den ", "le ", "il ", "el ", "at ", "op ", "w dniu ",
            "pa ", "em ", "dne ", "в ", "ma ", "ti ", "ke ", "to ", "pe ", "la ", "su ")  # fmt: skip
_OPENER_LETTERS = 12
"""Letters of a line in which an opener stands: most lines have none, and are looked at no further."""

_VERBS = (
    "wrote", "writes", "εγραψε", "εγραψαν", "γραφει", "schrieb", "schrieben", "a ecrit", "ha scritto", "escribio",
    "schreef", "geschreven", "napisał", "napisał(a)", "napisała", "skrev", "escreveu", "napsal", "napsal(a)",
    "a scris", "написал", "написала", "пишет", "kirjoitti",
)  # fmt: skip
_VERBS_INSIDE = (
    " schrieb ", " schrieben ", " schreef ", " εγραψε στισ ", " εγραψε την ", " wrote on ", " a ecrit le ",
    " escribio el ", " ha scritto il ",
)  # fmt: skip
"""German and Dutch put the name after the verb, and many programs the moment: ``Nikos wrote on 19/11/2026, 15:12:``."""

_LABELS = {
    "from": ("from", "απο", "von", "de", "da", "fra", "fran", "van", "od", "от"),
    "date": ("sent", "date", "σταλθηκε", "απεσταλη", "ημερομηνια", "gesendet", "datum", "envoye", "date d'envoi",
             "inviato", "data", "enviado", "enviado el", "fecha", "sendt", "dato", "skickat", "verzonden", "wysłano",
             "enviada em", "odeslano", "отправлено", "дата"),
    "to": ("to", "προσ", "an", "a", "para", "cc", "κοιν.", "κοινοποιηση", "kopie", "copie", "copia", "reply-to",
           "til", "till", "aan", "do", "komu", "кому"),
    "subject": ("subject", "θεμα", "betreff", "objet", "oggetto", "asunto", "importance", "attachments", "emne",
                "amne", "onderwerp", "temat", "assunto", "predmet", "тема"),
}  # fmt: skip
_FIELD_OF_LABEL = {label: field for field, labels in _LABELS.items() for label in labels}
_HEADER_OF_LABEL = {
    label: field
    for label, field in _FIELD_OF_LABEL.items()
    if label not in {"cc", "κοιν.", "κοινοποιηση", "kopie", "copie", "copia", "reply-to", "importance", "attachments"}
}
MAX_HEADER_LINES = 12

_ORIGINAL = (
    "original message", "αρχικο μηνυμα", "αυθεντικο μηνυμα", "ursprungliche nachricht", "originalnachricht",
    "message d'origine", "message original", "messaggio originale", "mensaje original", "reply message",
    "antwort nachricht", "oprindelig meddelelse", "oprindelig besked", "alkuperainen viesti", "eredeti uzenet",
    "mesajul original", "mesaj original", "orijinal mesaj", "opprinnelig melding", "ursprungligt meddelande",
    "oorspronkelijk bericht", "wiadomosc oryginalna", "mensagem original", "puvodni zprava", "исходное сообщение",
    "原始邮件", "原始郵件",
)  # fmt: skip
_FORWARDED = (
    "forwarded message", "begin forwarded message", "προωθημενο μηνυμα", "προωθουμενο μηνυμα",
    "αρχη προωθημενου μηνυματοσ", "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht",
    "message transfere", "messaggio inoltrato", "inizio messaggio inoltrato", "mensaje reenviado",
)  # fmt: skip
_CLOCK_OR_YEAR = re.compile(r"[0-9]{1,2}[:.][0-9]{2}|[12][0-9]{3}")


def attribution_length(lines: list[str], index: int) -> int:
    """Return how many lines the attribution that begins at ``index`` takes; 0 when none begins there."""
    first = lines[index]
    if not first or len(first) > MAX_ATTRIBUTION_LINE:
        return 0
    if first.endswith((":", "：")) or _is_between_dashes(first):
        return int(_reads_as_attribution(first))
    if first.endswith(">") and first[0].isdigit() and _has_moment_and_address(first):
        return 1
    if not (
        fold(first[:_OPENER_LETTERS]).startswith(_OPENERS)
        or (first[0].isdigit() and _CLOCK_OR_YEAR.search(first))
        or (">" in first and "@" in first and _has_verb_inside(fold(first)))
    ):
        return 0
    for length in range(2, MAX_ATTRIBUTION_LINES + 1):
        following = lines[index + length - 1 : index + length]
        if not following or not following[0]:
            return 0
        # A quote's mark, unless the line above broke off inside an address: ``<nikos@x.example`` ``> wrote:``.
        if following[0].startswith(">") and "<" not in lines[index + length - 2].rpartition(">")[2]:
            return 0
        if following[0].endswith((":", "：")):
            joined = _joined(lines, index, length)
            return length if _reads_as_attribution(joined) and _has_moment_or_address(joined) else 0
    return 0


def is_certain_attribution(lines: list[str], index: int, length: int) -> bool:
    """Tell whether an attribution stands for itself, without marked lines below it: opener, verb, and moment."""
    text = _joined(lines, index, length).strip("- ")
    folded = fold(text)
    return folded.startswith(_OPENERS) and _has_verb(folded) and bool(_CLOCK_OR_YEAR.search(text))


def is_separator(line: str) -> bool:
    """Tell whether a line is ``-----Original Message-----`` or its like."""
    return line.startswith("--") and line.endswith("--") and len(line) <= 120 and fold(line.strip("- ")) in _ORIGINAL


def begins_header_block(lines: list[str], index: int) -> bool:
    """Tell whether ``From:``, a subject and one more header line begin here, an underscore rule above them or not."""
    start = _after_rule(lines, index)
    if start >= len(lines) or not _field(lines[start]):
        return False
    fields = {_field(line) for line in lines[start : start + MAX_HEADER_LINES // 2]}
    return {"from", "subject"} <= fields and len(fields - {""}) >= 3


def header_block_end(lines: list[str], index: int) -> int:
    """Return the first line after a separator, a rule and the header lines that begin at ``index``."""
    end = _after_rule(lines, index + is_separator(lines[index]))
    limit = min(len(lines), end + MAX_HEADER_LINES)
    while end < limit and _field(lines[end]):
        end += 1
    return end


def header_fields(lines: list[str]) -> dict[str, str]:
    """Return the first value of each header line of a quoted mail, by the English name of its field."""
    found: dict[str, str] = {}
    for line in lines:
        label, _, value = line.replace("*", "").partition(":")
        if field := _HEADER_OF_LABEL.get(fold(label.strip())):
            found.setdefault(field, value.strip())
    return found


def follows_forward_mark(lines: list[str], index: int) -> bool:
    """Tell whether the nearest line above (three empty ones at most between) announces a forwarded mail."""
    for line in reversed(lines[max(0, index - 4) : index]):
        if line:
            return len(line) <= 120 and fold(line.strip("- :>")) in _FORWARDED
    return False


def _after_rule(lines: list[str], index: int) -> int:
    if index < len(lines) and len(lines[index]) >= 10 and not lines[index].strip("_"):
        index += 1
        if index < len(lines) and not lines[index]:
            index += 1
    return index


def _field(line: str) -> str:
    """Return which field a header line of a quoted mail is, in any language; '' when it is none."""
    label, colon, _ = line[:40].replace("*", "").partition(":")
    return _FIELD_OF_LABEL.get(fold(label.strip()), "") if colon else ""


def _reads_as_attribution(text: str) -> bool:
    if not _has_verb(fold(text)):
        # In whatever language: a moment and an address with a colon behind them.
        return _has_moment_and_address(text)
    return _has_moment_or_address(text) or len(text.split()) <= MAX_NAME_ONLY_WORDS


def _is_between_dashes(line: str) -> bool:
    """Tell a line that is drawn out with dashes: ``---- On … wrote ----``."""
    return line.startswith("--") and line.endswith("--") and _has_verb(fold(line))


def _has_moment_and_address(text: str) -> bool:
    return "@" in text and bool(_CLOCK_OR_YEAR.search(text))


def _has_verb(folded: str) -> bool:
    return folded.rstrip(":：- ").endswith(_VERBS) or _has_verb_inside(folded)


def _has_verb_inside(folded: str) -> bool:
    return any(verb in folded for verb in _VERBS_INSIDE)


def _has_moment_or_address(text: str) -> bool:
    return "@" in text or bool(_CLOCK_OR_YEAR.search(text))


def _joined(lines: list[str], index: int, length: int) -> str:
    return " ".join(lines[index : index + length])[:MAX_ATTRIBUTION]
