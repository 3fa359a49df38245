"""docs/how-to/use-many-workers.md beside a server of Redis, where there is one."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from responder_core.testing import collect_sse


def names() -> dict[str, Any]:
    """None; a server of Redis for the page, where the machine has the program."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        return {}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "."]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    atexit.register(server.wait)
    atexit.register(server.terminate)
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
            return {}
        time.sleep(0.05)
    sys.exit("the server does not start")


def check(page: Any) -> None:
    if "REDIS_URL" in os.environ:
        asyncio.run(follow(page.news))
        asyncio.run(visit(page.api))


async def follow(news: Any) -> None:
    async def publish() -> None:
        # What is published before the stream and the channel are listened to reaches nobody.
        while True:
            answer = await client.post("/news", json={"tea": "green"})
            assert answer.status_code == 202
            await asyncio.sleep(0.05)

    async with news.async_client() as client, client.stream("GET", "/news") as stream:
        task = asyncio.create_task(publish())
        (event,) = await collect_sse(stream, 1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    assert event.json() == {"tea": "green"}


async def visit(api: Any) -> None:
    async with api.async_client(base_url="https://localhost") as client:
        first, second = await client.get("/"), await client.get("/")

    assert (first.text, second.text) == ("Visit 1.", "Visit 2.")
    assert second.headers["X-RateLimit-Remaining"] == "98"
