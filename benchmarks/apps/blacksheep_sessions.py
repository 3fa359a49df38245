"""BlackSheep with sessions, as its documentation writes them."""

from __future__ import annotations

from blacksheep import Application, Request, Response, text
from harness import App
from samples import KEY


async def greet(request: Request) -> Response:
    """The greeting as plain text."""
    return text("Hello, world!")


async def count(request: Request) -> Response:
    """The greeting, for one more time."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return text("Hello, world!")


def build() -> App:
    """The application."""
    app = Application()
    app.use_sessions(KEY)
    app.router.add_get("/text", greet)
    app.router.add_get("/count", count)
    return app
