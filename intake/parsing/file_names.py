"""What an attached part is called: by its sender, else by what else is known of it, else by its kind.

Most programs name what they attach. Of what has no name, people know a forwarded mail by its subject, a report by its
description and a picture by the place where it stood; ``part-3.bin`` would tell them nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import unquote

from intake.parsing.caps import Caps, Notes
from intake.parsing.leaves import Leaf, Use
from intake.parsing.mime import Part, read_tree
from intake.parsing.transfer import decode_transfer

MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_EXTENSIONS = {
    "application/pdf": ".pdf", "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml",
    "application/pgp-keys": ".asc", "application/rtf": ".rtf", "application/msword": ".doc",
    "application/gzip": ".gz", "application/x-gzip": ".gz", "application/ics": ".ics",
    "image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/gif": ".gif", "image/svg+xml": ".svg",
    "image/webp": ".webp", "image/bmp": ".bmp", "image/tiff": ".tif", "image/heic": ".heic",
    "audio/mpeg": ".mp3", "audio/wav": ".wav", "video/mp4": ".mp4", "video/quicktime": ".mov",
    "text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "text/rfc822-headers": ".txt", "text/xml": ".xml", "text/rtf": ".rtf",
    "text/markdown": ".md", "message/rfc822": ".eml", "message/global": ".eml", "message/partial": ".eml",
    "message/delivery-status": ".txt", "message/disposition-notification": ".txt", "message/feedback-report": ".txt",
}  # fmt: skip
_USUAL = {
    "application/pgp-signature": "signature.asc", "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s", "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m", "application/ms-tnef": "winmail.dat", "text/calendar": "calendar.ics",
    "application/ics": "calendar.ics", "application/pgp-encrypted": "version.txt", "text/rfc822-headers": "headers.txt",
    "message/delivery-status": "delivery-status.txt", "message/disposition-notification": "receipt.txt",
    "message/feedback-report": "feedback-report.txt", "application/pgp-keys": "public-key.asc",
}  # fmt: skip
"""What programs call such a part when they do give it a name."""
_STEMS = {"text": "document", "image": "image", "audio": "audio", "video": "video", "message": "message"}
_FILE = re.compile(r"[^/\\?#:*\"<>|\x00-\x1f]{1,200}\.[A-Za-z0-9]{1,5}")
_MAX_FROM_WORDS = 100
_HEADER_READ = 65_536


def extension(content_type: str) -> str:
    """Return the usual ending of a file of that type, ``.bin`` when there is none and it is no text."""
    return _EXTENSIONS.get(content_type, ".txt" if content_type.startswith("text/") else ".bin")


def name_leaves(leaves: list[Leaf], notes: Notes) -> list[str]:
    """Return a name for each leaf; a name made here is counted up when it is taken, those that senders gave stay."""
    seen = Counter(part.filename for part, _ in leaves)
    names: list[str] = []
    for part, use in leaves:
        name = part.filename
        if not name and use is not Use.TEXT:
            name = _from_subject(part, notes) or _from_place(part) or _from_words(part, notes) or _from_kind(part.type)
            seen[name] += 1
            stem, dot, ending = name.rpartition(".")
            name = f"{stem}{seen[name] - 1}{dot}{ending}" if seen[name] > 1 else name
        names.append(name)
    return names


def _from_subject(part: Part, notes: Notes) -> str:
    if part.type not in MESSAGES:
        return ""
    octets = part.raw[part.start : min(part.end, part.start + _HEADER_READ)]
    headers = read_tree(decode_transfer(octets, part.encoding), Caps(parts=1), Notes([])).headers
    subject = headers.text("subject", notes).strip()
    return f"{subject[:_MAX_FROM_WORDS]}.eml" if subject else ""


def _from_place(part: Part) -> str:
    """Return the file that Content-Location or Content-ID name: ``http://…/logo.gif``, ``<image001.png@01D4…>``."""
    location = unquote(part.headers.raw("content-location").split("?")[0].rpartition("/")[2])
    if _FILE.fullmatch(location):
        return location
    identity = part.headers.raw("content-id").strip("<> ").partition("@")[0]
    return identity if _FILE.fullmatch(identity) and part.type.startswith("image/") else ""


def _from_words(part: Part, notes: Notes) -> str:
    """Return Content-Description as a name: ``Delivery report.txt``."""
    words = " ".join(part.headers.text("content-description", notes).split()).replace("/", "-")[:_MAX_FROM_WORDS]
    if not words:
        return ""
    return words if _FILE.fullmatch(words) else words + extension(part.type)


def _from_kind(kind: str) -> str:
    return _USUAL.get(kind) or _STEMS.get(kind.partition("/")[0], "file") + extension(kind)
