"""A text to write in: a paste is cleaned, or refused."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from tui.safe import safe

LARGE_PASTE = 64 * 1024
"""Characters of a paste that is surely a mistake; it is refused with a word about attachments."""


class Writing(TextArea):
    """The text itself; a paste is cleaned of what a terminal would act on, and a huge one refused."""

    class PasteRefused(Message):
        """Somebody pasted more than an answer can hold."""

        def __init__(self, letters: int) -> None:
            super().__init__()
            self.letters = letters

    async def _on_paste(self, event: events.Paste) -> None:
        if len(event.text) > LARGE_PASTE:
            event.stop()
            event.prevent_default()
            self.post_message(self.PasteRefused(len(event.text)))
            return
        cleaned = events.Paste(safe(event.text.replace("\r\n", "\n").replace("\r", "\n"), multiline=True))
        event.stop()
        event.prevent_default()
        await super()._on_paste(cleaned)
