"""The service: an application that a real process serves by ``api.run()``, to be stopped.

``python service.py PORT WORKERS SERVER`` listens on 127.0.0.1 until it is told to stop.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from responder_core import API, Request, Response

WORK = 0.002
"""Seconds that an answer waits, so that requests are open whenever the server is told to stop."""
TICK = 0.1
"""Seconds between two events of a stream that is not silent."""

api = API(request_id=True, static_dir=None)


@api.get("/text")
async def text(req: Request, resp: Response) -> None:
    """The greeting as plain text, after a moment."""
    await asyncio.sleep(WORK)
    resp.text = "Hello, world!"


@api.get("/ticks")
async def ticks(req: Request, resp: Response) -> None:
    """An event ten times a second, without an end."""

    @resp.sse
    async def events() -> AsyncIterator[dict[str, int]]:
        count = 0
        while True:
            yield {"data": count}
            count += 1
            await asyncio.sleep(TICK)


@api.get("/silence")
async def silence(req: Request, resp: Response) -> None:
    """One event, and then nothing, without an end."""

    @resp.sse
    async def events() -> AsyncIterator[dict[str, int]]:
        yield {"data": 0}
        await asyncio.Event().wait()


if __name__ == "__main__":
    api.run(
        port=int(sys.argv[1]),
        workers=int(sys.argv[2]),
        server="granian" if sys.argv[3] == "granian" else "uvicorn",
        log_level="warning",
    )
