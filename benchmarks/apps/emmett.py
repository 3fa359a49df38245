"""Emmett, as its documentation writes it, on granian by RSGI."""

from __future__ import annotations

from typing import Any

from emmett import App, Pipe, request, response, websocket
from emmett.sessions import SessionManager
from emmett.tools import service
from samples import FILE_NAME, HOOKS, KEY, ROUTES, ROWS, sample_path
from workloads import GREETING


def make_app() -> App:
    """An application without anything."""
    return App(__name__)


def add_text(app: App, path: str = "/text") -> None:
    """The greeting as plain text."""

    @app.route(path, methods="get", output="str")
    async def text() -> str:
        response.content_type = "text/plain; charset=utf-8"
        return "Hello, world!"


def build() -> App:
    """The greeting, the JSON and the typed path."""
    app = make_app()
    add_text(app)

    @app.route("/json", methods="get")
    @service.json
    async def json() -> dict[str, Any]:
        return GREETING

    @app.route("/users/<int:id>", methods="get")
    @service.json
    async def user(id: int) -> dict[str, int]:  # noqa: A002
        return {"id": id}

    return app


def build_typed() -> App:
    """A query with a header field."""
    app = make_app()

    @app.route("/search", methods="get")
    @service.json
    async def search() -> dict[str, Any]:
        query, limit = request.query_params.query, int(request.query_params.limit)
        return {"query": query, "limit": limit, "token": request.headers["x-token"]}

    return app


def build_routes() -> App:
    """Many typed routes."""
    app = make_app()

    def add(number: int) -> None:
        @app.route(f"/typed{number}/<int:id>", methods="get", name=f"show{number}")
        @service.json
        async def show(id: int) -> dict[str, int]:  # noqa: A002
            return {"id": id}

    for number in range(ROUTES):
        add(number)
    return app


class Hook(Pipe):
    """A pipe that does nothing before a route."""

    async def open(self) -> None:
        """Do nothing."""


def build_hooks() -> App:
    """Five pipes."""
    app = make_app()
    app.pipeline = [Hook() for _ in range(HOOKS)]
    add_text(app)
    return app


def build_messages() -> App:
    """The large list, and the file."""
    app = make_app()

    @app.route("/list", methods="get")
    @service.json
    async def show_list() -> list[dict[str, Any]]:
        return ROWS

    @app.route("/file", methods="get")
    async def file() -> Any:
        response.content_type = "application/octet-stream"
        return response.wrap_file(sample_path(FILE_NAME))

    return app


def build_session() -> App:
    """A count of visits in a cookie, which it encrypts."""
    from emmett import session

    app = make_app()
    app.pipeline = [SessionManager.cookies(KEY)]

    @app.route("/count", methods="get", output="str")
    async def count() -> str:
        session.visits = (session.visits or 0) + 1
        response.content_type = "text/plain; charset=utf-8"
        return "Hello, world!"

    return app


def build_websocket() -> App:
    """An echo over a WebSocket."""
    app = make_app()

    @app.websocket("/echo")
    async def echo() -> None:
        await websocket.accept()
        while True:
            await websocket.send(await websocket.receive())

    return app
