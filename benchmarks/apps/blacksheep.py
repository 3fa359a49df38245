"""BlackSheep, as its documentation writes it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable

from blacksheep import (
    Application,
    FromHeader,
    FromJSON,
    Request,
    Response,
    WebSocket,
    WebSocketDisconnectError,
    json,
    text,
)
from blacksheep.server.compression import GzipMiddleware
from blacksheep.server.sse import (
    ServerSentEvent,
    ServerSentEventsResponse,
    TextServerSentEvent,
)
from blacksheep.sessions.memory import InMemorySessionStore
from harness import App
from samples import DIRECTORY, EVENT, GZIP_LEVEL, HOOKS, ROUTES, ROWS
from workloads import GREETING

from apps.fanout import Fanout
from apps.orders import Order


async def greet_text(request: Request) -> Response:
    """The greeting as plain text."""
    return text("Hello, world!")


async def greet_json(request: Request) -> Response:
    """The greeting as JSON."""
    return json(GREETING)


async def show_user(id: int) -> Response:  # noqa: A002
    """The number of the path as JSON."""
    return json({"id": id})


def build() -> App:
    """The application."""
    app = Application()
    app.router.add_get("/text", greet_text)
    app.router.add_get("/json", greet_json)
    app.router.add_get("/users/{int:id}", show_user)
    return app


def build_messages() -> Application:
    """The large list, and the files of a directory."""
    app = Application()
    if directory := os.environ.get(DIRECTORY):
        app.serve_files(directory, root_path="files", extensions={".bin"})

    async def show_list(request: Request) -> Response:
        return json(ROWS)

    app.router.add_get("/list", show_list)
    return app


class First:
    """The first number."""

    def __init__(self) -> None:
        self.number = 1


class Second:
    """The second number, from the first."""

    def __init__(self, before: First) -> None:
        self.number = before.number + 1


class FromTokenHeader(FromHeader[str]):
    """The header field of the search."""

    name = "X-Token"


class Third:
    """The third number, from the second."""

    def __init__(self, before: Second) -> None:
        self.number = before.number + 1


def build_typed() -> App:
    """The order, a query with a header field, and three services in a chain."""
    app = Application()
    for service in (First, Second, Third):
        app.services.add_transient(service)

    async def create(data: FromJSON[Order]) -> Response:
        return json(data.value.model_dump(mode="json"))

    async def search(query: str, limit: int, token: FromTokenHeader) -> Response:
        return json({"query": query, "limit": limit, "token": token.value})

    async def chain(third: Third) -> Response:
        return json({"number": third.number})

    app.router.add_post("/orders", create)
    app.router.add_get("/search", search)
    app.router.add_get("/chain", chain)
    return app


def build_routes() -> App:
    """Many typed routes."""
    app = Application()
    for number in range(ROUTES):
        app.router.add_get(f"/typed{number}/{{int:id}}", show_user)
    return app


def build_hooks() -> App:
    """Five middlewares: there are no hooks."""
    app = Application()

    async def hook(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        return await handler(request)

    for _ in range(HOOKS):
        app.middlewares.append(hook)
    app.router.add_get("/text", greet_text)
    return app


def build_gzip() -> App:
    """The large list, compressed."""
    app = build_messages()
    app.middlewares.append(GzipMiddleware(min_size=500, comp_level=GZIP_LEVEL))
    return app


def build_store() -> App:
    """A count of visits in memory."""
    app = Application()
    app.use_sessions(InMemorySessionStore())

    async def count(request: Request) -> Response:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return text("Hello, world!")

    app.router.add_get("/count", count)
    return app


def build_websocket() -> App:
    """An echo over a WebSocket."""
    app = Application()

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnectError:
            pass

    app.router.add_ws("/echo", echo)
    return app


def build_events() -> App:
    """The events of a fan-out."""
    app = Application()
    fanout = Fanout()

    async def events() -> AsyncIterator[ServerSentEvent]:
        async for event in fanout.events():
            yield TextServerSentEvent(event)

    async def publish() -> Response:
        fanout.publish(EVENT)
        return text("Hello, world!")

    app.router.add_get("/events", lambda: ServerSentEventsResponse(events))
    app.router.add_post("/publish", publish)
    return app
