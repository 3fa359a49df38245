"""Starlette with sessions, as its documentation writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples import KEY
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from harness import App
    from starlette.requests import Request


async def text(request: Request) -> Response:
    """The greeting as plain text."""
    return PlainTextResponse("Hello, world!")


async def count(request: Request) -> Response:
    """The greeting, for one more time."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return PlainTextResponse("Hello, world!")


def build() -> App:
    """The application."""
    return Starlette(
        routes=[Route("/text", text), Route("/count", count)],
        middleware=[Middleware(SessionMiddleware, secret_key=KEY)],
    )
