"""Falcon (ASGI), as its documentation writes it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import falcon
import falcon.asgi
from samples import DIRECTORY, EVENT, HOOKS, ROUTES, ROWS
from workloads import GREETING

from apps.fanout import Fanout

if TYPE_CHECKING:
    from falcon.asgi import Request, Response, WebSocket
    from harness import App


class Text:
    """The greeting as plain text."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer GET."""
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "Hello, world!"


class Json:
    """The greeting as JSON."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer GET."""
        resp.media = GREETING


class User:
    """The number of the path as JSON."""

    async def on_get(self, req: Request, resp: Response, id: int) -> None:  # noqa: A002
        """Answer GET."""
        resp.media = {"id": id}


def build() -> App:
    """The application."""
    app = falcon.asgi.App()
    app.add_route("/text", Text())
    app.add_route("/json", Json())
    app.add_route("/users/{id:int}", User())
    return app


class Rows:
    """The large list as JSON."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer GET."""
        resp.media = ROWS


def build_messages() -> App:
    """The large list, and the files of a directory."""
    app = falcon.asgi.App()
    if directory := os.environ.get(DIRECTORY):
        app.add_static_route("/files", directory)
    app.add_route("/list", Rows())
    return app


class Search:
    """Two parameters of the query and a header field."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer GET."""
        query = req.get_param("query", required=True)
        limit = req.get_param_as_int("limit", required=True)
        resp.media = {"query": query, "limit": limit, "token": req.get_header("X-Token")}


def build_typed() -> App:
    """The order, which pydantic validates for it, and a query with a header field."""
    from apps.falcon_typed import Orders

    app = falcon.asgi.App()
    app.add_route("/orders", Orders())
    app.add_route("/search", Search())
    return app


def build_routes() -> App:
    """Many typed routes."""
    app = falcon.asgi.App()
    user = User()
    for number in range(ROUTES):
        app.add_route(f"/typed{number}/{{id:int}}", user)
    return app


class Hook:
    """A middleware that does nothing before a view."""

    async def process_request(self, req: Request, resp: Response) -> None:
        """Do nothing."""


def build_hooks() -> App:
    """Five middlewares, which run before all views, as its hooks do for one."""
    app = falcon.asgi.App(middleware=[Hook() for _ in range(HOOKS)])
    app.add_route("/text", Text())
    return app


class Echo:
    """An echo over a WebSocket."""

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Send back what comes."""
        await ws.accept()
        try:
            while True:
                await ws.send_text(await ws.receive_text())
        except falcon.WebSocketDisconnected:
            pass


def build_websocket() -> App:
    """The echo."""
    app = falcon.asgi.App()
    app.add_route("/echo", Echo())
    return app


class Events:
    """The events of a fan-out."""

    def __init__(self, fanout: Fanout) -> None:
        self.fanout = fanout

    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer GET."""

        async def emit() -> AsyncIterator[falcon.asgi.SSEvent]:
            async for event in self.fanout.events():
                yield falcon.asgi.SSEvent(text=event)

        resp.sse = emit()

    async def on_post(self, req: Request, resp: Response) -> None:
        """Publish one."""
        self.fanout.publish(EVENT)
        resp.text = "Hello, world!"


def build_events() -> App:
    """The fan-out."""
    app = falcon.asgi.App()
    events = Events(Fanout())
    app.add_route("/events", events)
    app.add_route("/publish", events)
    return app
