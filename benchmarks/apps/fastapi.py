"""FastAPI, as its documentation writes it: models, dependencies and the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response, WebSocket
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, PlainTextResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from harness import App
from samples import EVENT, FILE_NAME, GZIP_LEVEL, HOOKS, KEY, ROUTES, ROWS, sample_path
from starlette.middleware.sessions import SessionMiddleware
from workloads import GREETING

from apps.fanout import Fanout
from apps.orders import Order


def build_orders() -> App:
    """The order."""
    app = FastAPI()

    @app.post("/orders")
    async def create(order: Order) -> Order:
        return order

    return app


async def first() -> int:
    """The first number."""
    return 1


async def second(before: Annotated[int, Depends(first)]) -> int:
    """The second number."""
    return before + 1


async def third(before: Annotated[int, Depends(second)]) -> int:
    """The third number."""
    return before + 1


def build_chains() -> App:
    """A number from nothing and from three dependencies, and a header field beside it."""
    app = FastAPI()

    @app.get("/none")
    async def none() -> dict[str, int]:
        return {"number": 3}

    @app.get("/chain")
    async def chain(number: Annotated[int, Depends(third)]) -> dict[str, int]:
        return {"number": number}

    @app.get("/header")
    async def header(
        number: Annotated[int, Depends(third)], x_token: Annotated[str, Header()]
    ) -> dict[str, int | str]:
        return {"number": number, "token": x_token}

    return app


def build() -> App:
    """The greeting, the JSON and the typed path."""
    app = FastAPI()

    @app.get("/text", response_class=PlainTextResponse)
    async def text() -> str:
        return "Hello, world!"

    @app.get("/json")
    async def json() -> dict[str, str | int | bool]:
        return GREETING

    @app.get("/users/{id}")
    async def user(id: int) -> dict[str, int]:  # noqa: A002
        return {"id": id}

    return app


def build_typed() -> App:
    """The order, a query with a header field, and the dependencies."""
    app = FastAPI()

    @app.post("/orders")
    async def create(order: Order) -> Order:
        return order

    @app.get("/search")
    async def search(
        query: str, limit: int, x_token: Annotated[str, Header()]
    ) -> dict[str, str | int]:
        return {"query": query, "limit": limit, "token": x_token}

    @app.get("/chain")
    async def chain(number: Annotated[int, Depends(third)]) -> dict[str, int]:
        return {"number": number}

    return app


def build_routes() -> App:
    """Many typed routes."""
    app = FastAPI()

    async def user(id: int) -> dict[str, int]:  # noqa: A002
        return {"id": id}

    for number in range(ROUTES):
        app.get(f"/typed{number}/{{id}}")(user)
    return app


def build_hooks() -> App:
    """Five middlewares: there are no hooks."""
    app = FastAPI()

    async def hook(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        return await call_next(request)

    for _ in range(HOOKS):
        app.middleware("http")(hook)

    @app.get("/text", response_class=PlainTextResponse)
    async def text() -> str:
        return "Hello, world!"

    return app


def build_messages() -> App:
    """The large list and the file."""
    app = FastAPI()

    @app.get("/list")
    async def rows() -> list[dict[str, Any]]:
        return ROWS

    @app.get("/file", response_class=FileResponse)
    async def file() -> str:
        return sample_path(FILE_NAME)

    return app


def build_gzip() -> App:
    """The large list, compressed."""
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=GZIP_LEVEL)

    @app.get("/list")
    async def rows() -> list[dict[str, Any]]:
        return ROWS

    return app


def build_session() -> App:
    """A count of visits, with Starlette's sessions."""
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=KEY)

    @app.get("/count", response_class=PlainTextResponse)
    async def count(request: Request) -> str:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return "Hello, world!"

    return app


def build_sync() -> App:
    """The greeting, in a worker thread."""
    app = FastAPI()

    @app.get("/def", response_class=PlainTextResponse)
    def text() -> str:
        return "Hello, world!"

    return app


def build_websocket() -> App:
    """An echo over a WebSocket."""
    app = FastAPI()

    @app.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for message in websocket.iter_text():
            await websocket.send_text(message)

    return app


def build_events() -> App:
    """The events of a fan-out."""
    app = FastAPI()
    fanout = Fanout()

    @app.get("/events", response_class=EventSourceResponse)
    async def events() -> AsyncIterator[ServerSentEvent]:
        async for event in fanout.events():
            yield ServerSentEvent(raw_data=event)

    @app.post("/publish", response_class=PlainTextResponse)
    async def publish() -> str:
        fanout.publish(EVENT)
        return "Hello, world!"

    return app
