"""Attachments of a mail: their names and octets, and what is inside those that are containers."""

from __future__ import annotations

from intake.parsing.caps import Caps, Notes
from intake.parsing.mime import Part, read_tree
from intake.parsing.transfer import decode_transfer
from procedure.mail import ParsedAttachment

MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_EXTENSIONS = {
    "application/pdf": ".pdf", "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml",
    "application/pgp-signature": ".asc", "application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s",
    "application/pgp-keys": ".asc", "application/rtf": ".rtf", "application/msword": ".doc",
    "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m", "application/ms-tnef": ".dat",
    "application/gzip": ".gz", "application/x-gzip": ".gz", "application/ics": ".ics",
    "image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/gif": ".gif", "image/svg+xml": ".svg",
    "image/webp": ".webp", "image/bmp": ".bmp", "image/tiff": ".tif", "image/heic": ".heic",
    "audio/mpeg": ".mp3", "audio/wav": ".wav", "video/mp4": ".mp4",
    "text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "text/rfc822-headers": ".txt", "text/xml": ".xml", "text/rtf": ".rtf",
    "text/markdown": ".md", "message/rfc822": ".eml", "message/global": ".eml", "message/partial": ".eml",
    "message/delivery-status": ".txt", "message/disposition-notification": ".txt", "message/feedback-report": ".txt",
}  # fmt: skip


def read_attachment(part: Part, number: int, notes: Notes) -> ParsedAttachment:
    """Return an attached part. One that has no name is called after its mail's subject or its place."""
    content = decode_transfer(part.octets, part.encoding)
    return ParsedAttachment(attachment_name(part, content, number, notes), part.type, content)


def attachment_name(part: Part, content: bytes, number: int, notes: Notes) -> str:
    """Return what the sender called a part, else a name made for it."""
    if part.filename:
        return part.filename
    if part.type in MESSAGES:
        headers = read_tree(content[:65_536], Caps(parts=1), Notes([])).headers
        if subject := headers.text("subject", notes).strip():
            return f"{subject[:100]}.eml"
    return f"part-{number}{_EXTENSIONS.get(part.type, '.bin')}"


def extension(content_type: str) -> str:
    """Return the usual ending of a file of that type, ``.bin`` when there is none."""
    return _EXTENSIONS.get(content_type, ".bin")


def attached_mail(part: Part, caps: Caps, notes: Notes) -> Part:
    """Return the tree of a mail that is attached to another; its own attachments count against the same cap."""
    return read_tree(decode_transfer(part.octets, part.encoding), caps, notes)
