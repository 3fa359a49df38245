"""BlackSheep: the greeting, the JSON and the typed path, as its documentation writes them."""

from __future__ import annotations

from blacksheep import Application, Request, Response, json, text
from harness import App
from samples import ROWS
from workloads import GREETING


async def greet_text(request: Request) -> Response:
    """The greeting as plain text."""
    return text("Hello, world!")


async def greet_json(request: Request) -> Response:
    """The greeting as JSON."""
    return json(GREETING)


async def show_user(id: int) -> Response:  # noqa: A002
    """The number of the path as JSON."""
    return json({"id": id})


def build() -> App:
    """The application."""
    app = Application()
    app.router.add_get("/text", greet_text)
    app.router.add_get("/json", greet_json)
    app.router.add_get("/users/{int:id}", show_user)
    return app


def build_messages() -> App:
    """The large list."""
    app = Application()

    async def show_list(request: Request) -> Response:
        return json(ROWS)

    app.router.add_get("/list", show_list)
    return app
