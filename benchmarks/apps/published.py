"""The published Responder, as its documentation writes it, in an environment of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from samples import EVENT, FILE_NAME, HOOKS, KEY, ROUTES, ROWS, sample_path
from workloads import GREETING

import responder
from apps.fanout import Fanout
from apps.orders import Order
from responder import Depends, Header, Query
from responder.ext.sessions import MemorySessionBackend


async def text(req: Any, resp: Any) -> None:
    """The greeting as plain text."""
    resp.text = "Hello, world!"


async def user(req: Any, resp: Any, *, id: int) -> None:  # noqa: A002
    """The number of the path as JSON."""
    resp.media = {"id": id}


async def rows(req: Any, resp: Any) -> None:
    """The large list."""
    resp.media = ROWS


def build(**options: Any) -> Any:
    """The greeting, the JSON and the typed path."""
    api = responder.API(sessions=False, static_dir=None, **options)
    api.get("/text")(text)

    @api.get("/json")
    async def json(req: Any, resp: Any) -> None:
        resp.media = GREETING

    api.get("/users/{id:int}")(user)
    return api


async def first() -> int:
    """The first number."""
    return 1


async def second(before: int = Depends(first)) -> int:
    """The second number."""
    return before + 1


async def third(before: int = Depends(second)) -> int:
    """The third number."""
    return before + 1


def build_typed() -> Any:
    """The order, a query with a header field, and the dependencies."""
    api = responder.API(sessions=False, static_dir=None)

    @api.post("/orders")
    async def create(req: Any, resp: Any, *, order: Order) -> Order:
        return order

    @api.get("/search")
    async def search(
        req: Any,
        resp: Any,
        *,
        query: str = Query(),
        limit: int = Query(),
        x_token: str = Header(),
    ) -> None:
        resp.media = {"query": query, "limit": limit, "token": x_token}

    @api.get("/chain")
    async def chain(req: Any, resp: Any, *, number: int = Depends(third)) -> None:
        resp.media = {"number": number}

    return api


def build_routes() -> Any:
    """Many typed routes."""
    api = responder.API(sessions=False, static_dir=None)
    for number in range(ROUTES):
        api.add_route(f"/typed{number}/{{id:int}}", user, methods=["GET"], name=f"show{number}")
    return api


def build_hooks() -> Any:
    """Five hooks."""
    api = responder.API(sessions=False, static_dir=None)

    async def hook(req: Any, resp: Any) -> None: ...

    for _ in range(HOOKS):
        api.before_request()(hook)
    api.get("/text")(text)
    return api


def build_messages() -> Any:
    """The large list, and the file."""
    api = responder.API(sessions=False, static_dir=None)
    api.get("/list")(rows)

    @api.get("/file")
    async def file(req: Any, resp: Any) -> None:
        resp.file(sample_path(FILE_NAME))

    return api


def build_gzip() -> Any:
    """The large list, which it compresses at level 9: it takes none."""
    return build_messages()


def build_session(**options: Any) -> Any:
    """A count of visits in a signed cookie."""
    api = responder.API(secret_key=KEY, static_dir=None, session_https_only=False, **options)

    @api.get("/count")
    async def count(req: Any, resp: Any) -> None:
        req.session["visits"] = req.session.get("visits", 0) + 1
        resp.text = "Hello, world!"

    return api


def build_store() -> Any:
    """A count of visits in memory."""
    return build_session(session_backend=MemorySessionBackend())


def build_sync() -> Any:
    """The greeting, in a worker thread."""
    api = responder.API(sessions=False, static_dir=None)

    @api.get("/def")
    def show(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    return api


def build_websocket() -> Any:
    """An echo over a WebSocket."""
    api = responder.API(sessions=False, static_dir=None)

    @api.websocket_route("/echo")
    async def echo(ws: Any) -> None:
        await ws.accept()
        async for message in ws.iter_text():
            await ws.send_text(message)

    return api


def build_events() -> Any:
    """The events of a fan-out."""
    api = responder.API(sessions=False, static_dir=None)
    fanout = Fanout()

    @api.get("/events")
    async def events(req: Any, resp: Any) -> None:
        @resp.sse
        async def stream() -> AsyncIterator[str]:
            async for event in fanout.events():
                yield event

    @api.post("/publish")
    async def publish(req: Any, resp: Any) -> None:
        fanout.publish(EVENT)
        resp.text = "Hello, world!"

    return api


def build_observed() -> Any:
    """The plain application with ids, an access log and metrics."""
    return build(request_id=True, enable_logging=True, metrics_route="/metrics")
