"""The realistic set: what comes to a support address of a hosting company, 37 KB a mail on average.

Six in ten are plain text of 2 to 6 KB, three HTML of 10 to 20 KB, one has an attachment of some 200 KB; three in ten
are replies. The same seed gives the same mails.
"""

from __future__ import annotations

import itertools
import random
from email.message import EmailMessage
from email.policy import SMTP

RECIPIENT = "support@example.org"
_ENGLISH = "the mailbox is full and webmail says quota since this morning we cannot send invoices please look"
_GREEK = "καλημέρα δεν λαμβάνω μηνύματα από χθες το απόγευμα ο ιστότοπος δεν ανοίγει ευχαριστώ"
_TOPIC = f"{_ENGLISH} {_GREEK}".split(" ")
_SYLLABLES = "ta re mi no su κα λο με νι ρα στη πο δε gri lan tor"
_OTHERS = ["".join(three) for three in itertools.product(_SYLLABLES.split(), repeat=3)]
"""Words that no rule knows, as most words are; the first ones are used far more often than the last."""


def realistic(count: int, seed: int = 1) -> list[tuple[str, bytes]]:
    """Return senders and mails, as octets that need no dot doubled."""
    chance = random.Random(seed)
    return [_mail(chance, number) for number in range(count)]


def plain(count: int, size: int = 4_000) -> list[tuple[str, bytes]]:
    """Return small plain mails of one size in octets, each different."""
    line = b"x" * 70 + b"\r\n"
    head = "From: a@example.net\r\nTo: {}\r\nSubject: load\r\nMessage-ID: <{}@bench.example.net>\r\n\r\n"
    return [
        ("a@example.net", head.format(RECIPIENT, number).encode() + line * (size // len(line)))
        for number in range(count)
    ]


def _mail(chance: random.Random, number: int) -> tuple[str, bytes]:
    sender = f"customer{chance.randrange(10_000)}@example.net"
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = f"Customer <{sender}>", RECIPIENT
    is_reply = chance.random() < 0.3
    mail["Subject"] = ("Re: " if is_reply else "") + _text(chance, 40).replace("\n", " ")
    mail["Message-ID"] = f"<{number}.{chance.getrandbits(64):x}@example.net>"
    if is_reply:
        mail["In-Reply-To"] = f"<{chance.getrandbits(64):x}@example.org>"
    kind = chance.random()
    if kind < 0.6:
        mail.set_content(_text(chance, chance.randint(2_000, 6_000)))
    elif kind < 0.9:
        mail.set_content(_html(chance, chance.randint(10_000, 20_000)), subtype="html", cte="quoted-printable")
    else:
        mail.set_content(_text(chance, 2_000))
        mail.add_attachment(chance.randbytes(215_000), maintype="image", subtype="png", filename="screen.png")
    octets = mail.as_bytes()
    return sender, octets.replace(b"\r\n.", b"\r\n ")


def _text(chance: random.Random, size: int) -> str:
    words, length = [], 0
    while length < size:
        told = chance.choice(_TOPIC) if chance.random() < 0.15 else _OTHERS[int(len(_OTHERS) * chance.random() ** 4)]
        word = told + ("\n" if chance.random() < 0.09 else "")
        words.append(word)
        length += len(word.encode()) + 1
    return " ".join(words)


def _html(chance: random.Random, size: int) -> str:
    rows: list[str] = []
    while sum(map(len, rows)) < size / 2:
        rows.append(
            f'<tr style="color:#333"><td class="a">{_text(chance, 60)}</td><td><b>{_text(chance, 20)}</b></td></tr>'
        )
    return f"<html><head><style>td {{ margin: 0 }}</style></head><body><table>{''.join(rows)}</table></body></html>"
