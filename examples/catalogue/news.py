"""News of the library, as they happen: an event stream."""

import asyncio
from collections.abc import AsyncGenerator

import responder


class News:
    """Who listens, and the latest news for those who were away."""

    def __init__(self) -> None:
        self.recent = responder.ReplayBuffer(100)
        self.listeners: set[asyncio.Queue[responder.SSE[object]]] = set()

    def publish(self, book: object) -> None:
        """Tell everyone of a book."""
        event = self.recent.append({"event": "book", "data": book})
        for listener in self.listeners:
            listener.put_nowait(event)

    async def follow(self) -> AsyncGenerator[responder.SSE[object], None]:
        """The news from now on."""
        listener: asyncio.Queue[responder.SSE[object]] = asyncio.Queue()
        self.listeners.add(listener)
        try:
            while True:
                yield await listener.get()
        finally:
            self.listeners.discard(listener)


router = responder.Router("/news", tags=["news"])


@router.get("")
async def show_news(req: responder.Request, resp: responder.Response, *, news: News) -> None:
    """Follow the news."""
    resp.sse(news.follow, heartbeat=15, replay=news.recent)
