"""Falcon (ASGI): the order, which pydantic validates and writes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import falcon
import falcon.asgi

from apps.orders import Order

if TYPE_CHECKING:
    from falcon.asgi import Request, Response
    from harness import App


class Orders:
    """The orders."""

    async def on_post(self, req: Request, resp: Response) -> None:
        """Answer POST."""
        order = Order.model_validate_json(await req.stream.read())
        resp.content_type = falcon.MEDIA_JSON
        resp.data = order.model_dump_json().encode()


def build() -> App:
    """The application."""
    app = falcon.asgi.App()
    app.add_route("/orders", Orders())
    return app
