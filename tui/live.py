"""How the console hears that the store changed: one thread that waits on the feed and posts messages.

It waits for the app to catch up before it listens again, so a burst of commits becomes one refresh after another and
never a queue of them.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from textual.message import Message

from desk.errors import DeskError

if TYPE_CHECKING:
    from textual.app import App

    from tui.gateway import Gateway

WAIT_SECONDS = 1.0
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0)


class StoreChanged(Message):
    """Something in the store is not as it was."""


class StoreAway(Message):
    """The store cannot be reached; what is on the screen is as of the last change. Tried again in ``seconds``."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__()
        self.sentence = sentence
        self.seconds = seconds


class LiveFeed:
    """The waiting thread; ``caught_up`` lets it listen again."""

    def __init__(self, app: App[Any], gateway: Gateway) -> None:
        self._app, self._gateway = app, gateway
        self._stopped = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live feed", daemon=True)

    def start(self) -> None:
        """Begin to listen; the first message comes at once, for what happened before."""
        self._thread.start()

    def caught_up(self) -> None:
        """Say that the screen shows the store as it is."""
        self._ready.set()

    def stop(self) -> None:
        """End the thread; it is gone within a second."""
        self._stopped.set()
        self._ready.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                self._listen()
            except Exception as error:
                # Whatever broke the feed, a console that no longer follows the store must say so and try again.
                sentence = str(error) if isinstance(error, DeskError) else f"The change feed broke: {error!r}."
                pause = BACK_OFF[min(failures, len(BACK_OFF) - 1)]
                failures += 1
                self._app.post_message(StoreAway(sentence, pause))
                self._stopped.wait(pause)

    def _listen(self) -> None:
        """Follow one feed until it breaks. Raises DeskError."""
        feed = self._gateway.follow()
        try:
            self._tell()
            while not self._stopped.is_set():
                if self._gateway.wait(feed, WAIT_SECONDS):
                    self._tell()
        finally:
            feed.close()

    def _tell(self) -> None:
        self._ready.clear()
        self._app.post_message(StoreChanged())
        self._ready.wait(30.0)
