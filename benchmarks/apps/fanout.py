"""A fan-out: what is published goes to all who listen; each framework frames the events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class Fanout:
    """Those who listen, each with a queue of its own."""

    def __init__(self) -> None:
        self.queues: set[asyncio.Queue[str]] = set()

    async def events(self) -> AsyncIterator[str]:
        """A greeting, and then what is published."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.queues.add(queue)
        try:
            yield "hello"
            while True:
                yield await queue.get()
        finally:
            self.queues.discard(queue)

    def publish(self, event: str) -> None:
        """Send an event to all."""
        for queue in self.queues:
            queue.put_nowait(event)
