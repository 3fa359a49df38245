"""Starlette: many routes, middleware, header fields and long bodies, for scale.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from harness import App
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send


class PassThrough:
    """ASGI middleware that does nothing: what is nearest to a hook."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        await self.app(scope, receive, send)


async def text(request: Request) -> Response:
    """An endpoint that reads nothing."""
    return PlainTextResponse("Hello, world!")


async def user(request: Request) -> Response:
    """The number of the path as JSON."""
    return JSONResponse({"id": request.path_params["id"]})


async def one(request: Request) -> Response:
    """A header field."""
    return PlainTextResponse(request.headers["x-wanted"])


async def raw(request: Request) -> Response:
    """The length of a body as bytes."""
    return PlainTextResponse(str(len(await request.body())))


def build_routes(kind: str, count: int) -> App:
    """*count* routes, ``/static0`` and so on, or ``/typed0/{id:int}`` and so on."""
    path, view = ("", text) if kind == "static" else ("/{id:int}", user)
    return Starlette(routes=[Route(f"/{kind}{number}{path}", view) for number in range(count)])


def build_hooks(count: int) -> App:
    """A greeting behind *count* middleware."""
    return Starlette(routes=[Route("/text", text)], middleware=[Middleware(PassThrough)] * count)


def build_headers() -> App:
    """An endpoint that reads no header field, and one that reads one."""
    return Starlette(routes=[Route("/none", text), Route("/one", one)])


def build_bodies() -> App:
    """The length of a body, as bytes and as a list of pydantic's items."""
    # Here, so that an app that has no models starts without it.
    from pydantic import TypeAdapter, create_model

    item = create_model("Item", id=int, name=str, price=float, tags=list[str])
    validate = TypeAdapter(list[item]).validate_json

    async def validated(request: Request) -> Response:
        return PlainTextResponse(str(len(validate(await request.body()))))

    routes = [Route("/raw", raw, methods=["POST"]), Route("/json", validated, methods=["POST"])]
    return Starlette(routes=routes)
