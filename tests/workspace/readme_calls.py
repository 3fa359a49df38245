"""Calls the app of the older README, with nothing but the standard library.

It is put before the program, and run where nothing else may be installed.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any


async def ask(
    api: Any, path: str, method: str = "GET", body: object = None, accept: str = "*/*"
) -> tuple[int, bytes]:
    """What an app answers: the status and the body."""
    content = b"" if body is None else json.dumps(body).encode()
    headers = [
        (b"host", b"localhost"),
        (b"accept", accept.encode()),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    received = [{"type": "http.request", "body": content, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if received:
            return received.pop()
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await api(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def talk(api: Any, path: str, words: list[str]) -> list[str]:
    """What a WebSocket answers to each of some words."""
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "subprotocols": [],
    }
    messages: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    messages += [{"type": "websocket.receive", "text": word} for word in words]
    messages += [{"type": "websocket.disconnect", "code": 1000}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await api(scope, receive, send)
    return [message["text"] for message in sent if message["type"] == "websocket.send"]


async def call(api: Any, *, has_graphql: bool) -> list[str]:
    """Ask for everything that the README has; give what was done."""
    done: list[str] = []
    assert await ask(api, "/hello") == (200, b"hello, world!")
    done.append("greeted")
    assert await ask(api, "/items", "POST", {"a": 1}) == (200, b'{"created":{"a":1}}')
    done.append("created")
    if has_graphql:
        status, body = await ask(api, "/items", "POST", {"a": 1}, "application/yaml")
        assert (status, body) == (200, b"created:\n  a: 1\n")
        query = {"query": "{ hello }"}
        assert await ask(api, "/graphql", "POST", query) == (200, b'{"data":{"hello":"hello"}}')
        done.append("queried")
    assert await talk(api, "/ws", ["Ada", "Eve"]) == ["Hello Ada!", "Hello Eve!"]
    done.append("talked")
    assert await ask(api, "/work") == (200, b'{"status":"processing"}')
    assert api.background.pending == 1
    over.set()
    assert await api.drain_background() is None
    assert api.background.pending == 0
    done.append("worked")
    return done


def check(api: Any, *, has_graphql: bool) -> None:
    """Print what was done."""
    print(*asyncio.run(call(api, has_graphql=has_graphql)))  # noqa: T201 - what is looked at


# The work takes as long as we say.
over = threading.Event()


def wait(seconds: float) -> None:
    """In place of ``time.sleep``."""
    assert seconds == 10
    assert over.wait(60)


setattr(time, "sleep", wait)  # noqa: B010 - it takes less than what it stands for
