"""A place for files that need not survive: in memory where there is room, since a slow disk costs ten times as much."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOM = 2 * 1024**3


def memory() -> Path | None:
    """Return a directory in memory, None (the ordinary place) where there is none or too little room."""
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK) or shutil.disk_usage(place).free < ROOM:
        return None
    return place
