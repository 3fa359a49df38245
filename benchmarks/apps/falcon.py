"""Falcon (ASGI): the greeting, the JSON and the typed path, as its documentation writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import falcon
import falcon.asgi
from samples import ROWS
from workloads import GREETING

if TYPE_CHECKING:
    from falcon.asgi import Request, Response
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
    """The large list."""
    app = falcon.asgi.App()
    app.add_route("/list", Rows())
    return app
