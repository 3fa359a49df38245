"""Sanic, as its documentation writes it, on its own server."""

from __future__ import annotations

from samples import EVENT, FILE_NAME, HOOKS, ROUTES, ROWS, sample_path
from sanic import Request, Sanic, Websocket
from sanic.response import HTTPResponse, json, text
from workloads import GREETING

from apps.fanout import Fanout


def build() -> Sanic:
    """The greeting, the JSON and the typed path."""
    app = Sanic("benchmark")

    @app.get("/text")
    async def show_text(request: Request) -> HTTPResponse:
        return text("Hello, world!")

    @app.get("/json")
    async def show_json(request: Request) -> HTTPResponse:
        return json(GREETING)

    @app.get("/users/<id:int>")
    async def show_user(request: Request, id: int) -> HTTPResponse:  # noqa: A002
        return json({"id": id})

    return app


def build_typed() -> Sanic:
    """A query with a header field."""
    app = Sanic("benchmark")

    @app.get("/search")
    async def search(request: Request) -> HTTPResponse:
        query, limit = request.args.get("query"), int(request.args.get("limit"))
        return json({"query": query, "limit": limit, "token": request.headers["x-token"]})

    return app


def build_routes() -> Sanic:
    """Many typed routes."""
    app = Sanic("benchmark")

    async def show(request: Request, id: int) -> HTTPResponse:  # noqa: A002
        return json({"id": id})

    for number in range(ROUTES):
        app.add_route(show, f"/typed{number}/<id:int>", name=f"show{number}")
    return app


def build_hooks() -> Sanic:
    """Five middlewares of requests."""
    app = Sanic("benchmark")

    def add() -> None:
        @app.on_request
        async def hook(request: Request) -> None: ...

    for _ in range(HOOKS):
        add()

    @app.get("/text")
    async def show_text(request: Request) -> HTTPResponse:
        return text("Hello, world!")

    return app


def build_messages() -> Sanic:
    """The large list, and the file."""
    app = Sanic("benchmark")
    app.static("/file", sample_path(FILE_NAME), use_content_range=True)

    @app.get("/list")
    async def show_list(request: Request) -> HTTPResponse:
        return json(ROWS)

    return app


def build_websocket() -> Sanic:
    """An echo over a WebSocket."""
    app = Sanic("benchmark")

    @app.websocket("/echo")
    async def echo(request: Request, ws: Websocket) -> None:
        async for message in ws:
            await ws.send(message)

    return app


def build_events() -> Sanic:
    """The events of a fan-out."""
    app = Sanic("benchmark")
    fanout = Fanout()

    @app.get("/events")
    async def events(request: Request) -> None:
        response = await request.respond(content_type="text/event-stream")
        async for event in fanout.events():
            await response.send(f"data: {event}\n\n")

    @app.post("/publish")
    async def publish(request: Request) -> HTTPResponse:
        fanout.publish(EVENT)
        return text("Hello, world!")

    app.config.RESPONSE_TIMEOUT = 3600
    return app
