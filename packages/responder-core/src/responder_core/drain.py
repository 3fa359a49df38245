"""Drain: how open event streams learn that the server is about to stop."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from responder_core.threads import find_waker

if TYPE_CHECKING:
    from collections.abc import Callable


class Drain:
    """Ends the open event streams of an app, and those that are opened later.

    Servers wait for open connections before they send ``lifespan.shutdown``, and an event
    stream never ends by itself. So ``api.run()`` starts the drain as soon as the server is told
    to stop; a program that runs its server otherwise calls ``api.drain.start()`` then.
    """

    __slots__ = ("_lock", "_started", "_waiting")

    def __init__(self) -> None:
        self._lock = Lock()
        self._started = False
        self._waiting: set[Callable[[], object]] = set()

    def start(self) -> None:
        """Let every event stream end after the event it is sending, on whatever event loop."""
        with self._lock:
            self._started = True
            waiting = [*self._waiting]
        for wake in waiting:
            with suppress(RuntimeError):  # Its event loop has ended.
                wake()

    def reset(self) -> None:
        """Begin anew: what an app does that starts again, as in tests."""
        self._started = False

    def is_set(self) -> bool:
        """Whether it has started."""
        return self._started

    async def wait(self) -> None:
        """Wait until it starts."""
        # One for each that waits: an app that is served on two event loops has no event of both.
        from anyio import Event

        event = Event()
        wake = partial(find_waker(), event.set)
        with self._lock:
            if self._started:
                return
            self._waiting.add(wake)
        try:
            await event.wait()
        finally:
            with self._lock:
                self._waiting.discard(wake)
