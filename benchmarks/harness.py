"""The harness: call ASGI applications by hand, without a server or an event loop.

It is as light as it can be, so that a figure is the application's own cost:
each request gets a copy of one scope with what uvicorn puts there, and one
``send(None)`` runs the application's coroutine to its end. An application that
really waits for something is refused, because its figure would be wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Every framework types the three arguments, and what it returns, a little differently.
App = Callable[[Any, Any, Any], Any]

T = TypeVar("T")


class Inside(Protocol):
    """Calls a function while an event loop runs, and gives what it gives."""

    def __call__(self, function: Callable[[], T], /) -> T:
        """Call it."""
        ...


# An application may refuse the lifespan by any exception (the ASGI specification, Lifespan).
Refusal = Exception


class SuspendedError(Exception):
    """Raised when an application waits for something instead of answering at once."""


@dataclass(slots=True)
class Answer:
    """What an application sent, put together again."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    async def send(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            for name, value in message.get("headers", ()):
                self.headers[bytes(name).decode().lower()] = bytes(value).decode()
        else:
            self.body += message.get("body", b"")


def http_scope(
    method: str, path: str, fields: Sequence[tuple[bytes, bytes]] = ()
) -> dict[str, Any]:
    """The scope of one request without a query, with the keys that uvicorn gives it.

    *fields* are those that it has beside the ones of every request.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"user-agent", b"benchmark"),
            (b"accept", b"*/*"),
            *fields,
        ],
        "state": {},
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
    }


async def receive() -> Message:
    """An empty request body."""
    return {"type": "http.request", "body": b"", "more_body": False}


def receiving(body: bytes) -> Receive:
    """What gives a request body in one message, as often as it is asked for."""

    async def receive_body() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_body


async def discard(message: Message) -> None:
    """Throw the message away."""


def drive(
    app: App,
    scope: dict[str, Any],
    count: int,
    send: Send = discard,
    receive: Receive = receive,
) -> None:
    """Send *count* requests with a fresh copy of *scope* each, one after the other.

    Raises:
        SuspendedError: the application waits for something.
    """
    for _ in range(count):
        try:
            app(dict(scope), receive, send).send(None)
        except StopIteration:
            continue
        raise SuspendedError(f"{app!r} waits for something at {scope['path']!r}.")


def ask(app: App, scope: dict[str, Any], receive: Receive = receive) -> Answer:
    """The whole answer of *app* to one request, driven as in the measurement."""
    answer = Answer()
    drive(app, scope, 1, answer.send, receive)
    return answer


@contextmanager
def started(app: App) -> Generator[Inside]:
    """Run the application's lifespan around a block; one without a lifespan is fine.

    The block gets what calls a function while the event loop runs, for applications that look
    for one though they do not wait.
    """
    loop = asyncio.new_event_loop()
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    outbox: asyncio.Queue[str] = asyncio.Queue()

    async def send(message: Message) -> None:
        await outbox.put(message["type"])

    async def run() -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        try:
            await app(scope, inbox.get, send)
        except Refusal:
            await outbox.put("lifespan.refused")
        else:
            await outbox.put("lifespan.ended")

    async def say(word: str) -> str:
        await inbox.put({"type": f"lifespan.{word}"})
        return await outbox.get()

    async def call(function: Callable[[], T]) -> T:
        return function()

    task = loop.create_task(run())
    try:
        if loop.run_until_complete(say("startup")) == "lifespan.startup.failed":
            raise RuntimeError(f"{app!r} does not start.")
        yield lambda function: loop.run_until_complete(call(function))
    finally:
        if not task.done():
            loop.run_until_complete(say("shutdown"))
        loop.run_until_complete(task)
        loop.close()
