"""aiohttp, as its documentation writes it, on its own server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from samples import EVENT, FILE_NAME, HOOKS, ROUTES, ROWS, sample_path
from workloads import GREETING

from apps.fanout import Fanout


async def show_text(request: web.Request) -> web.Response:
    """The greeting as plain text."""
    return web.Response(text="Hello, world!")


async def show_json(request: web.Request) -> web.Response:
    """The greeting as JSON."""
    return web.json_response(GREETING)


async def show_user(request: web.Request) -> web.Response:
    """The number of the path as JSON."""
    return web.json_response({"id": int(request.match_info["id"])})


async def show_list(request: web.Request) -> web.Response:
    """The large list."""
    return web.json_response(ROWS)


def build() -> web.Application:
    """The greeting, the JSON and the typed path."""
    app = web.Application()
    app.router.add_get("/text", show_text)
    app.router.add_get("/json", show_json)
    app.router.add_get(r"/users/{id:\d+}", show_user)
    return app


def build_typed() -> web.Application:
    """A query with a header field."""
    app = web.Application()

    async def search(request: web.Request) -> web.Response:
        query, limit = request.query["query"], int(request.query["limit"])
        token = request.headers["X-Token"]
        return web.json_response({"query": query, "limit": limit, "token": token})

    app.router.add_get("/search", search)
    return app


def build_routes() -> web.Application:
    """Many typed routes."""
    app = web.Application()
    for number in range(ROUTES):
        app.router.add_get(rf"/typed{number}/{{id:\d+}}", show_user)
    return app


def build_hooks() -> web.Application:
    """Five middlewares: there are no hooks."""

    @web.middleware
    async def hook(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        return await handler(request)

    app = web.Application(middlewares=[hook] * HOOKS)
    app.router.add_get("/text", show_text)
    return app


def build_messages() -> web.Application:
    """The large list, and the file."""
    app = web.Application()

    async def show_file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(sample_path(FILE_NAME))

    app.router.add_get("/file", show_file)
    app.router.add_get("/list", show_list)
    return app


def build_gzip() -> web.Application:
    """The large list, compressed, at zlib's own level, which is 6: it takes none."""
    app = web.Application()

    async def show_compressed(request: web.Request) -> web.Response:
        response = web.json_response(ROWS)
        response.enable_compression()
        return response

    app.router.add_get("/list", show_compressed)
    return app


def build_websocket() -> web.Application:
    """An echo over a WebSocket."""
    app = web.Application()

    async def echo(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            await ws.send_str(message.data)
        return ws

    app.router.add_get("/echo", echo)
    return app


def build_events() -> web.Application:
    """The events of a fan-out."""
    app = web.Application()
    fanout = Fanout()

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for event in fanout.events():
            await response.write(f"data: {event}\n\n".encode())
        return response

    async def publish(request: web.Request) -> web.Response:
        fanout.publish(EVENT)
        return web.Response(text="Hello, world!")

    app.router.add_get("/events", events)
    app.router.add_post("/publish", publish)
    return app
