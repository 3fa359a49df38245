"""Factories that the tests share: clients and raw ASGI calls, on asyncio and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from responder_core import API

Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What an app sent over ASGI for one HTTP request."""

    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode("latin-1") for name, value in self.fields}


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """The event loop that the app runs on."""
    return request.param


@pytest.fixture
def client_factory(backend: str) -> Callable[..., TestClient]:
    """Make a client that sees what a user sees: a failure is a 500, a redirect is not followed."""

    def make(api: API, **options: Any) -> TestClient:
        settings = {"raise_server_exceptions": False, "follow_redirects": False, **options}
        return api.test_client(backend=backend, **settings)

    return make


@pytest.fixture
def run(backend: str) -> Callable[..., Any]:
    """Run a coroutine function on the event loop, within a minute."""

    def run_within(main: Callable[[], Awaitable[Any]]) -> Any:
        async def limited() -> Any:
            with anyio.fail_after(60):
                return await main()

        return anyio.run(limited, backend=backend)

    return run_within


@pytest.fixture
def http_scope() -> Callable[..., dict[str, Any]]:
    """Make the scope of an HTTP request as a server would."""

    def make(method: str = "GET", path: str = "/", **changes: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"example.org")],
            "client": ("192.0.2.1", 40000),
            "server": ("192.0.2.2", 80),
            **changes,
        }

    return make


@pytest.fixture
def talk(backend: str) -> Callable[..., list[Message]]:
    """Call an ASGI app with a scope and the messages of a client; give what it sent."""

    def run(app: Any, scope: dict[str, Any], *messages: Message) -> list[Message]:
        waiting = list(messages)
        sent: list[Message] = []

        async def receive() -> Message:
            if not waiting:
                assert scope["type"] == "http", "the app asked for more messages than there are"
                # What streams listens meanwhile, to a client that says no more.
                await anyio.sleep_forever()
            return waiting.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        async def main() -> None:
            await app(scope, receive, send)

        anyio.run(main, backend=backend)
        return sent

    return run


@pytest.fixture
def ask(talk: Callable[..., list[Message]]) -> Callable[..., Answer]:
    """Call an ASGI app with the scope of an HTTP request; give the answer it sent."""

    def run(app: Any, scope: dict[str, Any]) -> Answer:
        start, body = talk(app, scope, {"type": "http.request", "body": b"", "more_body": False})
        assert start["type"] == "http.response.start"
        assert body["type"] == "http.response.body"
        return Answer(start["status"], start["headers"], body["body"])

    return run
