"""Starlette: the greeting, the JSON and the typed path, as its documentation writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples import EVENT, FILE_NAME, GZIP_LEVEL, HOOKS, ROUTES, ROWS, sample_path
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route, WebSocketRoute
from workloads import GREETING

from apps.fanout import Fanout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness import App
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.websockets import WebSocket


async def text(request: Request) -> Response:
    """The greeting as plain text."""
    return PlainTextResponse("Hello, world!")


async def json(request: Request) -> Response:
    """The greeting as JSON."""
    return JSONResponse(GREETING)


async def user(request: Request) -> Response:
    """The number of the path as JSON."""
    return JSONResponse({"id": request.path_params["id"]})


def build() -> App:
    """The application."""
    return Starlette(
        routes=[Route("/text", text), Route("/json", json), Route("/users/{id:int}", user)]
    )


async def rows(request: Request) -> Response:
    """The large list as JSON."""
    return JSONResponse(ROWS)


async def file(request: Request) -> Response:
    """The file."""
    return FileResponse(sample_path(FILE_NAME))


def build_messages() -> App:
    """The large list and the file."""
    return Starlette(routes=[Route("/list", rows), Route("/file", file)])


def blocking_text(request: Request) -> Response:
    """The greeting as plain text, by a sync endpoint."""
    return PlainTextResponse("Hello, world!")


def build_views() -> App:
    """The greeting by an async endpoint, and by a sync one in a worker thread."""
    return Starlette(routes=[Route("/async", text), Route("/def", blocking_text)])


async def echo(websocket: WebSocket) -> None:
    """Send back what comes."""
    await websocket.accept()
    async for message in websocket.iter_text():
        await websocket.send_text(message)


def build_socket() -> App:
    """An echo over a WebSocket."""
    return Starlette(routes=[WebSocketRoute("/echo", echo)])


def build_typed() -> App:
    """A query with a header field."""

    async def search(request: Request) -> Response:
        query, limit = request.query_params["query"], int(request.query_params["limit"])
        token = request.headers["x-token"]
        return JSONResponse({"query": query, "limit": limit, "token": token})

    return Starlette(routes=[Route("/search", search)])


def build_routes() -> App:
    """Many typed routes."""
    paths = [f"/typed{number}/{{id:int}}" for number in range(ROUTES)]
    return Starlette(routes=[Route(path, user) for path in paths])


class Hook:
    """A pure ASGI middleware that does nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self.app(scope, receive, send)


def build_hooks() -> App:
    """Five middlewares: there are no hooks."""
    return Starlette(routes=[Route("/text", text)], middleware=[Middleware(Hook)] * HOOKS)


def build_gzip() -> App:
    """The large list, compressed."""
    middleware = [Middleware(GZipMiddleware, minimum_size=500, compresslevel=GZIP_LEVEL)]
    return Starlette(routes=[Route("/list", rows)], middleware=middleware)


def build_stream() -> App:
    """The events of a fan-out."""
    fanout = Fanout()

    async def events(request: Request) -> Response:
        async def frames() -> AsyncIterator[str]:
            async for event in fanout.events():
                yield f"data: {event}\n\n"

        return StreamingResponse(frames(), media_type="text/event-stream")

    async def publish(request: Request) -> Response:
        fanout.publish(EVENT)
        return PlainTextResponse("Hello, world!")

    return Starlette(
        routes=[Route("/events", events), Route("/publish", publish, methods=["POST"])]
    )
