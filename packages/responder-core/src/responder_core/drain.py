"""Drain: how open event streams learn that the server is about to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anyio


class Drain:
    """Ends the open event streams of an app, and those that are opened later.

    Servers wait for open connections before they send ``lifespan.shutdown``, and an event
    stream never ends by itself. So ``api.run()`` starts the drain as soon as the server is told
    to stop; a program that runs its server otherwise calls ``api.drain.start()`` then.
    """

    __slots__ = ("_started", "_waiting")

    def __init__(self) -> None:
        self._started = False
        self._waiting: set[anyio.Event] = set()

    def start(self) -> None:
        """Let every event stream end after the event it is sending; call it on the event loop."""
        self._started = True
        for event in self._waiting:
            event.set()

    def reset(self) -> None:
        """Begin anew: what an app does that starts again, as in tests."""
        self._started = False

    def is_set(self) -> bool:
        """Whether it has started."""
        return self._started

    async def wait(self) -> None:
        """Wait until it starts."""
        if self._started:
            return
        # One for each that waits: an app that is served on two event loops has no event of both.
        from anyio import Event

        event = Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)
