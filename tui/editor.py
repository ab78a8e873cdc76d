"""Writing in one's own editor: the words go through a private file, and come back cleaned."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.safe import safe

if TYPE_CHECKING:
    from textual.app import App

MAX_BYTES = 1_000_000


class EditorTrouble(Exception):
    """The editor could not be used."""


def command(wanted: str) -> list[str]:
    """Return the editor's command line: the setting, else ``$VISUAL``, ``$EDITOR``, else what is installed.

    Raises EditorTrouble when there is none, or its command line cannot be read.
    """
    line = wanted or os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    if not line:
        found = next((name for name in ("nano", "vim", "vi") if shutil.which(name)), None)
        if found is None:
            raise EditorTrouble("There is no editor: set console.editor or $EDITOR.")
        return [found]
    try:
        words = shlex.split(line)
    except ValueError:
        raise EditorTrouble(f"The editor's command line cannot be read: {line!r}.") from None
    if not words or shutil.which(words[0]) is None:
        raise EditorTrouble(f"The editor {line!r} is not on this machine.")
    return words


async def edit(app: App[Any], text: str, wanted: str) -> str:
    """Let the person edit ``text`` while the console steps aside, and return what they left.

    The event loop goes on, so that drafts and the feed live meanwhile. Raises EditorTrouble.
    """
    words = command(wanted)
    with tempfile.TemporaryDirectory(prefix="tierdesk-") as folder:
        path = Path(folder) / "answer.txt"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(safe(text, multiline=True))
        with app.suspend():
            process = await asyncio.create_subprocess_exec(*words, str(path))
            status = await process.wait()
        if status != 0:
            raise EditorTrouble(f"The editor ended with status {status}; the text is as it was.")
        if path.stat().st_size > MAX_BYTES:
            raise EditorTrouble("The editor left more than a megabyte; the text is as it was.")
        return safe(path.read_text(encoding="utf-8", errors="replace"), multiline=True)
