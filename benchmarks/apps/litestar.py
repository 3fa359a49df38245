"""Litestar, as its documentation writes it."""

from __future__ import annotations

from typing import Annotated, Any

from harness import App
from litestar import Litestar, MediaType, Request, get, post, websocket_listener
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.params import Parameter
from litestar.response import File, ServerSentEvent
from samples import EVENT, FILE_NAME, GZIP_LEVEL, HOOKS, KEY, ROUTES, ROWS, sample_path
from workloads import GREETING

from apps.fanout import Fanout
from apps.orders import Order
from apps.structs import Order as StructOrder


@get("/text", media_type=MediaType.TEXT)
async def text() -> str:
    """The greeting as plain text."""
    return "Hello, world!"


@get("/json")
async def json() -> dict[str, str | int | bool]:
    """The greeting as JSON."""
    return GREETING


@get("/users/{id:int}")
async def user(id: int) -> dict[str, int]:  # noqa: A002
    """The number of the path as JSON."""
    return {"id": id}


def build() -> App:
    """The application."""
    return Litestar([text, json, user])


async def first() -> int:
    """The first number."""
    return 1


async def second(before: int) -> int:
    """The second number."""
    return before + 1


async def third(between: int) -> int:
    """The third number."""
    return between + 1


def build_typed() -> App:
    """The orders of both kinds, a query with a header field, and the dependencies."""

    @post("/orders", status_code=200)
    async def create(data: Order) -> Order:
        return data

    @post("/structs", status_code=200)
    async def create_struct(data: StructOrder) -> StructOrder:
        return data

    @get("/search")
    async def search(
        # A parameter that is called query is the whole query.
        text: Annotated[str, Parameter(query="query")],
        limit: int,
        token: Annotated[str, Parameter(header="X-Token")],
    ) -> dict[str, str | int]:
        return {"query": text, "limit": limit, "token": token}

    @get(
        "/chain",
        dependencies={
            "before": Provide(first),
            "between": Provide(second),
            "number": Provide(third),
        },
    )
    async def chain(number: int) -> dict[str, int]:
        return {"number": number}

    return Litestar([create, create_struct, search, chain])


def build_routes() -> App:
    """Many typed routes."""

    def add(number: int) -> Any:
        @get(f"/typed{number}/{{id:int}}")
        async def show(id: int) -> dict[str, int]:  # noqa: A002
            return {"id": id}

        return show

    return Litestar([add(number) for number in range(ROUTES)])


async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Do nothing, before the handler."""


def build_hooks() -> App:
    """Five guards: of the hook before a request, there is one."""
    return Litestar([text], guards=[guard] * HOOKS)


@get("/list")
async def rows() -> list[dict[str, Any]]:
    """The large list."""
    return ROWS


def build_messages() -> App:
    """The large list and the file."""

    @get("/file")
    async def file() -> File:
        return File(sample_path(FILE_NAME))

    return Litestar([rows, file])


def build_gzip() -> App:
    """The large list, compressed."""
    config = CompressionConfig(backend="gzip", gzip_compress_level=GZIP_LEVEL)
    return Litestar([rows], compression_config=config)


@get("/count", media_type=MediaType.TEXT)
async def count(request: Request[Any, Any, Any]) -> str:
    """The greeting, for one more time."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return "Hello, world!"


def build_session() -> App:
    """A count of visits in a cookie, which it encrypts."""
    return Litestar([count], middleware=[CookieBackendConfig(secret=KEY.encode()[:32]).middleware])


def build_store() -> App:
    """A count of visits in memory."""
    return Litestar([count], middleware=[ServerSideSessionConfig().middleware])


def build_sync() -> App:
    """The greeting, in a worker thread."""

    @get("/def", media_type=MediaType.TEXT, sync_to_thread=True)
    def show() -> str:
        return "Hello, world!"

    return Litestar([show])


def build_websocket() -> App:
    """An echo over a WebSocket."""

    @websocket_listener("/echo")
    async def echo(data: str) -> str:
        return data

    return Litestar([echo])


def build_events() -> App:
    """The events of a fan-out."""
    fanout = Fanout()

    @get("/events", sync_to_thread=False)
    def events() -> ServerSentEvent:
        return ServerSentEvent(fanout.events())

    @post("/publish", status_code=200, media_type=MediaType.TEXT)
    async def publish() -> str:
        fanout.publish(EVENT)
        return "Hello, world!"

    return Litestar([events, publish])
