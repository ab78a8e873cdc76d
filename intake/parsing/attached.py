"""Attachments of a mail: their octets, and the trees of mails that are attached to others."""

from __future__ import annotations

from intake.parsing.caps import Caps, Notes
from intake.parsing.mime import Part, read_tree
from intake.parsing.transfer import decode_transfer
from procedure.mail import ParsedAttachment


def read_attachment(part: Part, name: str) -> ParsedAttachment:
    """Return an attached part under its name, its transfer encoding undone."""
    return ParsedAttachment(name, part.type, decode_transfer(part.octets, part.encoding))


def attached_mail(part: Part, caps: Caps, notes: Notes) -> Part:
    """Return the tree of a mail that is attached to another; its own attachments count against the same cap."""
    return read_tree(decode_transfer(part.octets, part.encoding), caps, notes)
