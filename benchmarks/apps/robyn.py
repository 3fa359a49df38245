"""Robyn, as its documentation writes it, on its own server, in an environment of its own."""

from typing import Any

from robyn import (
    Request,
    Robyn,
    WebSocketDisconnect,
    serve_file,
)
from samples import FILE_NAME, HOOKS, KEY, ROUTES, ROWS, sample_path
from workloads import GREETING

from apps.orders import Order


def build() -> Robyn:
    """The greeting, the JSON and the typed path."""
    app = Robyn(__file__)

    @app.get("/text")
    async def text() -> str:
        return "Hello, world!"

    @app.get("/json")
    async def json() -> dict[str, Any]:
        return GREETING

    @app.get("/users/:id")
    async def user(id: int) -> dict[str, int]:  # noqa: A002
        return {"id": id}

    return app


def build_typed() -> Robyn:
    """The order, and a query with a header field."""
    app = Robyn(__file__)

    @app.post("/orders")
    async def create(order: Order) -> Order:
        return order

    @app.get("/search")
    async def search(request: Request, query: str, limit: int) -> dict[str, Any]:
        return {"query": query, "limit": limit, "token": request.headers.get("x-token")}

    return app


def build_routes() -> Robyn:
    """Many typed routes."""
    app = Robyn(__file__)

    def add(number: int) -> None:
        @app.get(f"/typed{number}/:id")
        async def show(id: int) -> dict[str, int]:  # noqa: A002
            return {"id": id}

    for number in range(ROUTES):
        add(number)
    return app


def build_hooks() -> Robyn:
    """Five functions before a request."""
    app = Robyn(__file__)

    def add() -> None:
        @app.before_request("/text")
        async def hook(request: Request) -> Request:
            return request

    for _ in range(HOOKS):
        add()

    @app.get("/text")
    async def text() -> str:
        return "Hello, world!"

    return app


def build_messages() -> Robyn:
    """The large list, and the file."""
    app = Robyn(__file__)

    @app.get("/list")
    async def show_list() -> list[dict[str, Any]]:
        return ROWS

    @app.get("/file")
    async def file() -> Any:
        return serve_file(sample_path(FILE_NAME))

    return app


def build_sync() -> Robyn:
    """The greeting, in a thread of its pool."""
    app = Robyn(__file__)

    @app.get("/def")
    def text() -> str:
        return "Hello, world!"

    return app


def build_websocket() -> Robyn:
    """An echo over a WebSocket."""
    app = Robyn(__file__)

    @app.websocket("/echo")
    async def echo(websocket: Any) -> None:
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            pass

    return app


def build_session() -> Robyn:
    """A count of visits in a signed cookie."""
    app = Robyn(__file__)
    app.configure_sessions(secret_key=KEY)

    @app.get("/count")
    async def count(request: Request) -> str:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return "Hello, world!"

    return app
